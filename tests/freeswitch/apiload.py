# SPDX-License-Identifier: MPL-2.0
"""Clients that send all kinds of requests to an API socket until they are stopped, whatever happens to it."""

import json
import threading

import zmq

PATIENCE_MS = 500  # without a reply the next request follows, as from a client whose switch was restarted
REQUESTS = [
    ("server.hello", {}),
    ("api", {"command": "echo", "arg": "x" * 2000}),
    ("api", {"command": "show", "arg": "channels as json"}),
    ("api", {"command": "msleep", "arg": "30"}),
    ("api", {"command": "msleep", "arg": "300", "timeout_ms": 20}),  # outlives its deadline
    ("api", {"command": "no_such_command"}),
    ("bgapi", {"command": "msleep", "arg": "40"}),
    ("json_api", {"command": "status", "data": {}}),
    ("event.send", {"event": {"Event-Name": "CUSTOM", "Event-Subclass": "acme::load", "list": ["a", "b"]}}),
    ("api", {"command": "originate", "arg": "loopback/short/default &park()"}),
    ("call.execute", {"call": "{call}", "app": "set", "arg": "acme_x=${uuid}", "wait": True, "names": ["acme_x"]}),
    ("call.execute", {"call": "{call}", "app": "sleep", "arg": "60000", "wait": True, "timeout_ms": 30}),
    ("call.get", {"call": "{call}"}),
    ("call.set", {"call": "{call}", "variables": {"acme_y": "1"}}),
    ("call.hangup", {"call": "{call}"}),
    ("no.such.method", {}),
]


class ApiLoad:
    """`answers` and `errors` count the replies so far."""

    def __init__(self, endpoint, clients=4):
        self.endpoint, self.answers, self.errors, self.ending = endpoint, 0, 0, threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        context, call, number = zmq.Context(), "none", 0
        while not self.ending.is_set():
            with context.socket(zmq.DEALER) as sock:
                sock.linger, sock.rcvtimeo = 0, PATIENCE_MS
                sock.connect(self.endpoint)
                for method, params in REQUESTS:  # then it leaves, with replies outstanding
                    number += 1
                    filled = {name: value.replace("{call}", call) if isinstance(value, str) else value
                              for name, value in params.items()}
                    sock.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": filled})
                    answer = self._receive(sock, number)
                    if answer.get("result", {}).get("output", "").startswith("+OK ") and method == "api":
                        call = answer["result"]["output"].split()[1]
                    if self.ending.is_set():
                        break
        context.term()

    def _receive(self, sock, number):
        while True:
            try:
                answer = json.loads(sock.recv_multipart()[-1])
            except zmq.Again:
                return {}
            if answer.get("id") == number:
                self.answers += "result" in answer
                self.errors += "error" in answer
                return answer

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
