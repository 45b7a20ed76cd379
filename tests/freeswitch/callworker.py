# SPDX-License-Identifier: MPL-2.0
"""A program that takes calls: a client of an API socket that has registered for a service.

It replies to the switch's pings whenever it reads; to keep it silent, a test does not read."""

import time

import zmq

from apiclient import ApiClient
from switch import PATIENCE_S


class CallWorker(ApiClient):
    def __init__(self, context, endpoint, service="ivr", capacity=100):
        super().__init__(context, endpoint, timeout_s=PATIENCE_S)
        self.offers = []
        if service is not None:
            self.call("service.register", service=service, capacity=capacity)

    def _take(self, message):
        if message.get("method") == "service.ping":
            self.reply(message["id"], {})
        elif message.get("method") == "call.offer":
            self.offers.append(message)
        else:
            super()._take(message)

    def reply(self, number, result):
        self.socket.send_json({"jsonrpc": "2.0", "id": number, "result": result})

    # ---- offers ----

    def next_offer(self):
        """The next call.offer message."""
        while not self.offers:
            self._read()
        return self.offers.pop(0)

    def take(self, offer=None, **result):
        """Accepts the offer, or the next one; returns the call with its lease."""
        offer = offer or self.next_offer()
        self.reply(offer["id"], {"accept": True, **result})
        return Controlled(self, offer)

    def refuse(self, offer=None, **result):
        offer = offer or self.next_offer()
        self.reply(offer["id"], {"accept": False, **result})
        return offer

    # ---- notifications ----

    def next_of(self, method, **params):
        """The params of the next notification of that method with these params; others stay queued."""
        def found():
            return next((each for each in self.notifications if each["method"] == method and
                         all(each["params"].get(name) == value for name, value in params.items())), None)

        while found() is None:
            self._read()
        message = found()
        self.notifications.remove(message)
        return message["params"]

    def listen(self, seconds):
        """Reads messages for that time."""
        until = time.monotonic() + seconds
        while self.socket.poll(max(0, int((until - time.monotonic()) * 1000)), zmq.POLLIN):
            self._read()


class Controlled:
    """A call that a worker has accepted."""

    def __init__(self, worker, offer):
        self.worker, self.lease, self.params = worker, offer["id"], offer["params"]
        self.call = self.params["call"]

    def do(self, method, **params):
        return self.worker.call(f"call.{method}", call=self.call, lease=self.lease, **params)

    def execute(self, app, arg=None, **params):
        return self.do("execute", app=app, **({} if arg is None else {"arg": arg}), **params)

    def get(self, name):
        return self.do("get", names=[name])["variables"][name]

    def event(self, name):
        """The event of the next call.event with that name."""
        while True:
            event = self.worker.next_of("call.event", call=self.call)["event"]
            if event["Event-Name"] == name:
                return event

    def end(self):
        """The params of call.end; checks that it does not come twice."""
        end = self.worker.next_of("call.end", call=self.call, lease=self.lease)
        self.worker.listen(0.2)
        late = [each for each in self.worker.notifications
                if each["params"].get("call") == self.call and each["params"].get("lease") == self.lease
                and each["method"] == "call.end"]
        assert not late, late
        return end
