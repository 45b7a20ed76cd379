# SPDX-License-Identifier: MPL-2.0
"""Helper for attack tests: a well-behaved client that must be served throughout."""

import json
import threading

import zmq

from conftest import PATIENCE_S

class Behaved:
    """A client that sends one request after another from its own thread until the test ends. Each one must get the
    right reply."""

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
        """Returns the result. Any thread may call this."""
        with self.lock:
            self.answered += 1
            request = {"jsonrpc": "2.0", "id": self.answered, "method": method, "params": params}
            self.socket.send_json(request)
            reply = json.loads(self.socket.recv_multipart()[-1])
        assert reply["id"] == request["id"] and "result" in reply, reply
        return reply["result"]

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
        """True if it gets replies; fails if one of them was wrong."""
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
