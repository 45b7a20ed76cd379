# SPDX-License-Identifier: MPL-2.0
"""A minimal Event Socket client: commands, events as JSON."""

import socket


class EventSocket:
    """One authenticated connection. Blocking; for one thread at a time."""

    def __init__(self, port, password, timeout_s=60):
        self.connection = socket.create_connection(("127.0.0.1", port), timeout_s)
        self.stream = self.connection.makefile("rb")
        self.events = []  # what came while an answer was waited for
        self._read_message()  # auth/request
        answer = self.command(f"auth {password}")
        if not answer.startswith("+OK"):
            raise ConnectionError(answer)

    def close(self):
        self.stream.close()
        self.connection.close()

    def _read_message(self):
        """(headers, body) of the next message."""
        headers = {}
        while True:
            line = self.stream.readline()
            if not line:
                raise ConnectionError("the switch closed the Event Socket")
            if line == b"\n":
                break
            name, _, value = line.decode(errors="replace").partition(":")
            headers[name] = value.strip()
        return headers, self.stream.read(int(headers.get("Content-Length", 0)))

    def command(self, text, body=b""):
        """Sends a command, with header lines if it has any; returns Reply-Text or the output."""
        text = text if isinstance(text, bytes) else text.encode()
        length = f"\nContent-Length: {len(body)}".encode() if body else b""
        self.connection.sendall(text + length + b"\n\n" + body)
        while True:
            headers, answer = self._read_message()
            if headers["Content-Type"] == "text/event-json":
                self.events.append(answer)
            elif headers["Content-Type"] == "command/reply":
                return headers["Reply-Text"]
            elif headers["Content-Type"] == "api/response":
                return answer.decode(errors="replace")

    def api(self, line):
        return self.command(f"api {line}")

    def next_event(self):
        """The bytes of the next event after `event json …`."""
        while not self.events:
            headers, body = self._read_message()
            if headers["Content-Type"] == "text/event-json":
                self.events.append(body)
        return self.events.pop(0)
