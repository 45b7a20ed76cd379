# SPDX-License-Identifier: MPL-2.0
"""A SIP address that declines each call and records the called numbers."""

import re
import socket
import threading

DATAGRAM_BYTES = 65536


class SipAnswer:
    """Runs in its own thread until closed."""

    def __init__(self):
        self.numbers = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            data, peer = self.socket.recvfrom(DATAGRAM_BYTES)
            if not data:
                return
            lines = data.decode(errors="replace").split("\r\n")
            invite = re.match(r"INVITE sips?:([^@;]+)", lines[0])
            if invite:
                self.numbers.add(invite.group(1))
                kept = [line for line in lines if re.match(r"(?i)(via|from|call-id|cseq):", line)]
                to = next(line for line in lines if line.lower().startswith("to:"))
                answer = ["SIP/2.0 603 Decline", *kept, to + ";tag=declined", "Content-Length: 0", "", ""]
                self.socket.sendto("\r\n".join(answer).encode(), peer)

    def close(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()
