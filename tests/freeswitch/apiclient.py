# SPDX-License-Identifier: MPL-2.0
"""A minimal client of an API socket: JSON-RPC over a DEALER."""

import itertools
import json

import zmq


class ApiError(Exception):
    """The error of a reply."""

    def __init__(self, error):
        super().__init__(f"{error['code']} {error['message']}")
        self.code, self.message, self.data = error["code"], error["message"], error.get("data")


class ApiClient:
    """One connection. Blocking; for one thread at a time."""

    def __init__(self, context, endpoint, timeout_s=60, curve=None):
        """curve: the switch's public key, the client's public key, and its secret key."""
        self.socket = context.socket(zmq.DEALER)
        if curve:
            self.socket.curve_serverkey, self.socket.curve_publickey, self.socket.curve_secretkey = curve
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, timeout_s * 1000)
        self.socket.connect(endpoint)
        self.ids, self.answers, self.order, self.notifications = itertools.count(1), {}, [], []

    def close(self):
        self.socket.close()

    def send(self, method, **params):
        """Sends a request; returns its id, for wait()."""
        number = next(self.ids)
        self.socket.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def _read(self):
        self._take(json.loads(self.socket.recv_multipart()[-1]))

    def _take(self, message):
        if "method" in message:
            self.notifications.append(message)
        else:
            self.answers[message["id"]] = message
            self.order.append(message["id"])

    def wait(self, number):
        """The result of that request; raises ApiError."""
        while number not in self.answers:
            self._read()
        answer = self.answers.pop(number)
        if "error" in answer:
            raise ApiError(answer["error"])
        return answer["result"]

    def call(self, method, **params):
        return self.wait(self.send(method, **params))

    def next_notification(self):
        while not self.notifications:
            self._read()
        return self.notifications.pop(0)
