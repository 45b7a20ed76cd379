"""What the attack tests share: a well-behaved client that is served throughout, and peers made by hand (ZMTP 3.0,
RFC 23), which do what libzmq's own would not."""

import contextlib
import json
import socket
import struct
import threading

import zmq

from conftest import PATIENCE_S

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00"


def frame(body, flags=0):
    """flags: 1 more frames follow, 4 a command."""
    if len(body) > 255:
        return bytes([flags | 2]) + struct.pack(">Q", len(body)) + body
    return bytes([flags, len(body)]) + body


def command(name, data=b""):
    return frame(bytes([len(name)]) + name + data, 4)


def prop(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


def connect(endpoint, mechanism=b"NULL", source="127.0.0.1"):
    """A TCP connection that has sent and got a greeting. Other addresses of 127.0.0.0/8 are this host's too."""
    host, port = endpoint.removeprefix("tcp://").split(":")
    peer = socket.create_connection((host, int(port)), PATIENCE_S, (source, 0))
    peer.sendall(GREETING + mechanism.ljust(20, b"\0") + bytes(32))
    got = b""
    while len(got) < 64:
        part = peer.recv(64 - len(got))
        if not part:
            raise EOFError("closed in the greeting")
        got += part
    return peer


def dealer(endpoint, *properties, source="127.0.0.1"):
    """A DEALER with mechanism NULL and further properties, ready to send."""
    peer = connect(endpoint, source=source)
    peer.sendall(command(b"READY", prop(b"Socket-Type", b"DEALER") + b"".join(properties)))
    assert peer.recv(4096)[2:8] == b"\x05READY"
    return peer


def is_cut(peer):
    """Waits until the other side ends the connection."""
    with contextlib.suppress(ConnectionError):
        while peer.recv(65536):
            pass
    peer.close()
    return True


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


class Behaved:
    """A client that asks one thing after the other, on a thread of its own, until the test ends; every question must
    be answered, and rightly."""

    def __init__(self, endpoint, **options):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvtimeo = PATIENCE_S * 1000
        for name, value in options.items():
            setattr(self.socket, name, value)
        self.socket.connect(endpoint)
        self.lock, self.answered, self.wrong, self.ending = threading.Lock(), 0, None, threading.Event()
        self.ask("server.ping")
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def ask(self, method, **params):
        """The result, from any thread."""
        with self.lock:
            self.answered += 1
            question = {"jsonrpc": "2.0", "id": self.answered, "method": method, "params": params}
            self.socket.send_json(question)
            answer = json.loads(self.socket.recv_multipart()[-1])
        assert answer["id"] == question["id"] and "result" in answer, answer
        return answer["result"]

    def _run(self):
        while not self.ending.wait(0.005):
            try:
                text = str(self.answered)
                assert self.ask("api", command="echo", arg=text)["output"].strip() == text
            except (AssertionError, zmq.Again) as wrong:
                self.wrong = wrong
                return

    def stats(self):
        return self.ask("server.stats")

    def served(self):
        """It has been, since the start or the last time it was looked at."""
        assert self.wrong is None, self.wrong
        before = self.answered
        for _ in range(10):
            self.ask("server.ping")
        return self.answered > before

    def close(self):
        self.ending.set()
        self.thread.join(PATIENCE_S)
        self.socket.close()
        self.context.term()
        assert self.wrong is None, self.wrong
