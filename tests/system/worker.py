# SPDX-License-Identifier: MPL-2.0
"""A worker as a process: registers, takes every call, and prints each message that it receives as a line of JSON.

    worker.py ENDPOINT SERVICE CAPACITY [control | APP=ARG ...]

With `control`, it keeps control of each call. Otherwise it runs the applications, one after another, and releases the
call. It sends each line of standard input as a request. At the end of input it unregisters, finishes its calls and
ends."""

import json
import os
import sys

import zmq


class Worker:
    def __init__(self, endpoint, service, capacity, steps):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 5000
        self.socket.connect(endpoint)
        self.service, self.steps, self.keeps = service, steps, steps == ["control"]
        self.number, self.waiting, self.calls, self.draining = 0, {}, set(), False
        self.ask("service.register", service=service, capacity=capacity)

    def write(self, message):
        self.socket.send_json({"jsonrpc": "2.0", **message})

    def ask(self, method, then=None, **params):
        self.number += 1
        self.waiting[f"w{self.number}"] = (method, then)
        self.write({"id": f"w{self.number}", "method": method, "params": params})

    @staticmethod
    def report(method, params):
        print(json.dumps({"method": method, "params": params}), flush=True)

    def take(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method is None:
            requested, then = self.waiting.pop(message["id"])
            self.report(f"reply {requested}", message.get("result") or message.get("error") or {})
            if then and "result" in message:
                then()
            return
        if method == "service.ping":
            self.write({"id": message["id"], "result": {}})
            return
        self.report(method, params if method != "call.offer" else {"call": params["call"], "lease": message["id"],
                                                                   "resumed": params["resumed"]})
        if method == "call.offer":
            self.calls.add(message["id"])
            self.write({"id": message["id"], "result": {"accept": True, "then": "control"}})
            if not self.keeps:
                self.run(params["call"], message["id"], list(self.steps))
        elif method in ("call.end", "call.cancel"):
            self.calls.discard(params["lease"])

    def run(self, call, lease, steps):
        if not steps:
            self.ask("call.release", call=call, lease=lease)
            return
        app, _, arg = steps[0].partition("=")
        self.ask("call.execute", lambda: self.run(call, lease, steps[1:]), call=call, app=app, arg=arg, wait=True,
                 lock=True, lease=lease)

    def leave(self):
        self.draining = True
        self.ask("service.unregister", service=self.service)

    def done(self):
        return self.draining and not self.calls and not self.waiting

    def serve(self):
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        poller.register(sys.stdin.fileno(), zmq.POLLIN)
        rest = b""
        while not self.done():
            ready = dict(poller.poll())
            if sys.stdin.fileno() in ready:
                text = os.read(sys.stdin.fileno(), 65536)
                *lines, rest = (rest + text).split(b"\n")
                for line in map(json.loads, lines):
                    self.ask(line["method"], **line["params"])
                if not text:
                    poller.unregister(sys.stdin.fileno())
                    self.leave()
            if self.socket in ready:
                self.take(json.loads(self.socket.recv()))


Worker(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]).serve()
