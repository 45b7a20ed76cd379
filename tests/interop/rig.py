# SPDX-License-Identifier: MPL-2.0
"""The programs that the tests start: zmtp_host, and peers of every implementation."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import peers

sys.path.append(str(peers.ROOT / "tests"))

from testports import Ports  # noqa: E402

BUILD = pathlib.Path(os.environ.get("FSZ_BUILD_DIR") or peers.ROOT / "build" / "dev")
PATIENCE_S = 60  # limit of every wait, also on a loaded machine

# Key pairs in Z85, used only by these tests: public, secret.
SERVER = (b"8h:4Z($@:0a-A=o3${SLz7n*z9zbUNTD/TFD8EP<", b"UR>5lv2^PKID>:.[{x4JYrnlNYGNSkk]K$@S7O$I")
CLIENT = (b"VmqPKjc@i=<Wuq5U/NY.k41}DVM7Z7Tp=Dnla%D!", b"BsT8Q-Nq9?R34%x6=ced:4H&E>K@z={WeeCTi655")
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
USER, PASSWORD = "someone", "a-good-password"


def z85_to_hex(text):
    """Decodes Z85 (RFC 32); zmtp_host takes keys in hexadecimal."""
    numbers = [Z85.index(chr(byte)) for byte in text]
    words = (sum(digit * 85 ** (4 - place) for place, digit in enumerate(numbers[at:at + 5]))
             for at in range(0, len(numbers), 5))
    return b"".join(word.to_bytes(4, "big") for word in words).hex()


def pattern_bytes(size):
    """The body of a large message, as every program here builds it."""
    return bytes(i % 251 for i in range(size))


def shown(frame):
    """A large frame as every program here prints it."""
    return f"#{len(frame)}:{zlib.crc32(frame):08x}"


free_port = Ports().free


def free_endpoint():
    return f"tcp://127.0.0.1:{free_port()}"


class Program:
    """A running program; `lines` is what it has printed so far, `errors` is its stderr."""

    def __init__(self, argv, cwd=None):
        self.argv, self.lines, self._fresh = argv, [], threading.Condition()
        self._errors = tempfile.TemporaryFile()
        orphan_ends = ["setpriv", "--pdeathsig", "KILL"]
        self.process = subprocess.Popen([*orphan_ends, *argv], cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self._errors)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            if not line.endswith(b"\n"):
                break  # killed while it was writing
            with self._fresh:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._fresh.notify_all()
        with self._fresh:
            self._fresh.notify_all()

    @property
    def errors(self):
        return os.pread(self._errors.fileno(), 1 << 16, 0).decode(errors="replace")

    def wait(self, condition, what, seconds=PATIENCE_S):
        """Returns the first true value of condition(), which is called after each line."""
        deadline = time.monotonic() + seconds
        with self._fresh:
            while True:
                value = condition()
                if value:
                    return value
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    break
                self._fresh.wait(min(left, 0.5))
        raise AssertionError(f"waited {seconds} s for {what}; {self.describe()}")

    def describe(self):
        state = "runs" if self.process.poll() is None else f"ended with {self.process.returncode}"
        return f"{self.argv} {state}; its last lines: {self.lines[-12:]}; stderr: {self.errors[-2000:]}"

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self._join()

    def finish(self):
        """Closes its stdin and returns its exit code."""
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        return self._join()

    def _join(self):
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        self.process.stdout.close()
        return code


class Host(Program):
    """A running zmtp_host; a restart uses the same options."""

    def __init__(self, **options):
        words = [f"{key.replace('_', '-')}={value}" for key, values in options.items()
                 for value in (values if isinstance(values, (list, tuple)) else [values])]
        super().__init__([str(BUILD / "tests" / "zmtp_host"), *words])
        self.wait_event("started")

    def events(self, event_type):
        """All events of a type so far; ignores an incomplete line."""
        found = (json.loads(line) for line in list(self.lines) if f'"event":"{event_type}"' in line)
        return list(found)

    def wait_event(self, event_type, wanted=lambda event: True, count=1):
        """Waits for `count` matching events of a type; returns the last of them."""
        def found():
            events = [event for event in self.events(event_type) if wanted(event)]
            return events[count - 1] if len(events) >= count else None
        return self.wait(found, f"{count} {event_type}")

    def had_mute_peer(self):
        """A peer that connected and sent nothing until the handshake timed out or it gave up."""
        return any(event["ending"] in ("handshake-timeout", "closed") and event["version"] == ""
                   for event in self.events("failed"))

    def figures(self, name):
        seen = len(self.events("figures"))
        self.say("figures")
        return self.wait(lambda: [event for event in self.events("figures")[seen:] if event["socket"] == name],
                         "figures")[0]

    def round_trips(self):
        """Round-trip time of each connection's last heartbeat in microseconds; -1: none."""
        seen = len(self.events("peers"))
        self.say("peers")
        return self.wait(lambda: self.events("peers")[seen:], "peers")[0]["round_trip_us"]

    def wait_round_trip(self):
        """Waits until the only connection has a reply to a heartbeat."""
        deadline = time.monotonic() + PATIENCE_S
        while not (trips := self.round_trips()) or trips[0] < 0:
            assert time.monotonic() < deadline, f"no reply to a heartbeat: {trips}; {self.describe()}"
            time.sleep(0.05)
        assert len(trips) == 1, trips


class Client(Program):
    """A running peer."""

    def __init__(self, name, pattern, endpoint, **options):
        if pattern not in peers.SUBSCRIBING:
            options.pop("subscribe", None)
        words = [f"{key.replace('_', '-')}={value}" for key, values in options.items()
                 for value in (values if isinstance(values, (list, tuple)) else [values])]
        super().__init__([*peers.expand(name, peers.PEERS[name].run), pattern, endpoint, *words], cwd=peers.HERE)

    def messages(self, since=0):
        """The messages received, starting with line `since`, as lists of frames."""
        return [line.split(" ")[1:] for line in self.lines[since:] if line.startswith("message ")]

    def wait_messages(self, count, since=0):
        self.wait(lambda: len(self.messages(since)) >= count, f"{count} messages")
        return self.messages(since)

    def mark(self):
        """The number of lines so far, for `since`."""
        return len(self.lines)


def host_security(mechanism):
    """Options of a host that serves peers."""
    return {
        "NULL": {},
        "PLAIN": {"mechanism": "PLAIN", "user": USER, "password": PASSWORD},
        "CURVE": {"mechanism": "CURVE", "public": z85_to_hex(SERVER[0]), "secret": z85_to_hex(SERVER[1]),
                  "admit": z85_to_hex(CLIENT[0])},
    }[mechanism]


def client_security(mechanism):
    """Options of a peer that connects to such a host."""
    return {
        "NULL": {},
        "PLAIN": {"mechanism": "PLAIN", "user": USER, "password": PASSWORD},
        "CURVE": {"mechanism": "CURVE", "public": CLIENT[0].decode(), "secret": CLIENT[1].decode(),
                  "server": SERVER[0].decode()},
    }[mechanism]


def asking_security(mechanism):
    """Options of a host that is a client of peers, and options of those peers."""
    if mechanism != "CURVE":
        return host_security(mechanism), client_security(mechanism)
    host = {"mechanism": "CURVE", "public": z85_to_hex(CLIENT[0]), "secret": z85_to_hex(CLIENT[1]),
            "server": z85_to_hex(SERVER[0])}
    return host, {"mechanism": "CURVE", "public": SERVER[0].decode(), "secret": SERVER[1].decode()}
