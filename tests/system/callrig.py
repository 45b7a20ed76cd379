# SPDX-License-Identifier: MPL-2.0
"""Helpers for tests of calls: a simulated switch with services, workers that take its calls, callers."""

import collections
import json
import pathlib
import subprocess
import sys
import threading
import time

import zmq

from conftest import (PATIENCE_S, api_socket_xml, config_xml, free_endpoint, group_xml, service_xml, stream_xml,
                      wait_until)

EVERYTHING = [(right, "*") for right in ("streams", "events", "methods", "api", "applications", "services", "variables",
                                         "send-events", "controlled-calls")]
LONG = "silence_stream://-1"  # plays until it is stopped
STAND_BY = 600_000  # milliseconds: longer than any test, so that no timeout occurs
QUICK = {"lease_ms": 300}
PATIENT = {"lease_ms": STAND_BY, "deadline_ms": STAND_BY, "attempt_ms": STAND_BY}


def ivr_xml(connect=(), **keys):
    return service_xml("ivr", connect, **keys)


def switch_xml(events, api, services, groups=None, settings=None):
    groups = [group_xml("default", *EVERYTHING)] if groups is None else groups
    return config_xml([stream_xml(binds=[events])], settings, api_sockets=[api_socket_xml(binds=[api])], groups=groups,
                      services=services)


class Peer:
    """A socket connected to the switch. While it waits for a message, it keeps other messages for later and replies to
    service.ping."""

    def __init__(self, socket):
        self.socket, self.backlog, self.last = socket, collections.deque(), 0
        socket.linger, socket.rcvtimeo, socket.reconnect_ivl = 0, PATIENCE_S * 1000, 50
        self.route = []

    def _send(self, message):
        self.socket.send_multipart([*self.route, json.dumps({"jsonrpc": "2.0", **message}).encode()])

    def read(self):
        *route, text = self.socket.recv_multipart()
        self.route = route or self.route
        return json.loads(text)

    def _next(self, wanted):
        for message in self.backlog:
            if wanted(message):
                self.backlog.remove(message)
                return message
        deadline = time.monotonic() + PATIENCE_S  # pings alone must not extend the wait
        while True:
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s, and only other messages arrived"
            message = self.read()
            if message.get("method") == "service.ping" and "id" in message:
                self._send({"id": message["id"], "result": {}})
            elif wanted(message):
                return message
            else:
                self.backlog.append(message)

    def receive(self, method):
        """The next request or notification of that method; waits for it."""
        return self._next(lambda message: message.get("method") == method)

    def receive_ping(self):
        """The next service.ping, without replying to it."""
        while True:
            message = self.read()
            if message.get("method") == "service.ping":
                return message
            self.backlog.append(message)

    def notification(self):
        """The method and params of the next notification."""
        message = self._next(lambda each: "method" in each and "id" not in each)
        return message["method"], message["params"]

    def send(self, method, **params):
        """Sends a request without waiting for the reply; returns its id."""
        self.last += 1
        number = f"w{self.last}"
        self._send({"id": number, "method": method, "params": params})
        return number

    def wait(self, number):
        """The reply to the request with that id."""
        return self._next(lambda message: message.get("id") == number and "method" not in message)

    def ask(self, method, **params):
        return self.wait(self.send(method, **params))

    def result(self, method, **params):
        reply = self.ask(method, **params)
        assert "result" in reply, reply
        return reply["result"]

    def code(self, method, **params):
        reply = self.ask(method, **params)
        assert "error" in reply, reply
        return reply["error"]["code"]

    def silent(self):
        """The unread requests and notifications. The reply to a ping shows that all earlier messages have arrived."""
        self.result("server.ping")
        return [message for message in self.backlog if "method" in message]

    # -- calls --

    def offer(self):
        return self.receive("call.offer")

    def reply(self, offer, **result):
        self._send({"id": offer["id"], "result": result})

    def accept(self, offer=None, **result):
        offer = offer or self.offer()
        self.reply(offer, accept=True, **result)
        return ControlledCall(self, offer)

    def end(self):
        """The params of the next call.end."""
        return self.receive("call.end")["params"]


def first_of(*peers):
    """The first of these peers to receive a message."""
    poller = zmq.Poller()
    for peer in peers:
        poller.register(peer.socket, zmq.POLLIN)
    ready = dict(poller.poll(PATIENCE_S * 1000))
    return next(peer for peer in peers if peer.socket in ready)


class ControlledCall:
    """A call that a peer controls."""

    def __init__(self, peer, offer):
        self.peer, self.offer, self.lease, self.call = peer, offer, offer["id"], offer["params"]["call"]

    def ask(self, method, **params):
        return self.peer.ask(f"call.{method}", call=self.call, **params)

    def do(self, method, **params):
        reply = self.ask(method, **params)
        assert "result" in reply, reply
        return reply["result"]

    def execute(self, app, arg=None, **more):
        return self.do("execute", app=app, **({} if arg is None else {"arg": arg}), lock=True, **more)

    def end(self):
        end = self.peer.end()
        assert (end["call"], end["lease"]) == (self.call, self.lease), end
        return end


class Switch:
    """An fszmqd, an event subscriber and a client that makes calls."""

    def __init__(self, context, start, services, groups=None, settings=None, args=(), rate=0):
        self.context, self.peers, self.workers = context, [], []
        self.events_at, self.api_at = (free_endpoint() for _ in range(2))
        self.config = switch_xml(self.events_at, self.api_at, services, groups, settings)
        self.daemon = start(config=self.config, endpoint=self.events_at, calls_per_second=rate, args=args)
        self.events = context.socket(zmq.SUB)
        self.events.linger, self.events.rcvhwm, self.events.rcvtimeo = 0, 0, PATIENCE_S * 1000
        self.events.connect(self.events_at)
        self.events.subscribe(b"")
        self.control = self.client()
        self._await_events()
        self.seen = []

    def _await_events(self):
        """Sends events until one arrives: a subscription takes a moment."""
        self.events.rcvtimeo = 50

        def arrived():
            self.control.result("event.send", event={"Event-Name": "CUSTOM", "Event-Subclass": "test::ready"})
            try:
                return b"test::ready" in self.events.recv()
            except zmq.Again:
                return False

        wait_until(arrived, "the first event")
        self.events.rcvtimeo = PATIENCE_S * 1000

    def client(self):
        peer = Peer(self.context.socket(zmq.DEALER))
        peer.socket.connect(self.api_at)
        self.peers.append(peer)
        return peer

    def worker(self, service="ivr", capacity=100):
        """A client that has registered for that service."""
        peer = self.client()
        assert peer.result("service.register", service=service, capacity=capacity) == {}
        return peer

    def bound(self, endpoint, socket_type=zmq.ROUTER):
        """A worker that binds the endpoint to which the configuration connects."""
        peer = Peer(self.context.socket(socket_type))
        peer.socket.bind(endpoint)
        self.peers.append(peer)
        return peer

    def process(self, *args, **options):
        self.workers.append(Process(self.api_at, *args, **options))
        return self.workers[-1]

    def dial(self, line="ivr", **variables):
        """Makes a call; returns its UUID."""
        prefix = ",".join(f"{name}={value}" for name, value in variables.items())
        then = f"&zmq({line})" if " " not in line else f"'&zmq({line})'"  # quotes need more grants
        output = self.api("originate", f"{{{prefix}}}loopback/1000 {then}")
        assert output.startswith("+OK "), output
        return output[4:40]

    def api(self, command, arg=""):
        return self.control.result("api", command=command, arg=arg)["output"]

    def kill(self, call, cause="NORMAL_CLEARING"):
        assert self.api("uuid_kill", f"{call} {cause}").startswith("+OK")

    def event(self, name, call, **headers):
        """That event of the call, with these headers; waits for it."""
        headers = {"Event-Name": name, "Unique-ID": call, **headers}
        wanted = [event for event in self.seen if headers.items() <= event.items()]
        while not wanted:
            event = json.loads(self.events.recv())
            self.seen.append(event)
            if headers.items() <= event.items():
                wanted = [event]
        return wanted[-1]

    def await_application(self, app, call):
        """Waits until the call runs that application: before that, a break has nothing to stop."""
        self.event("CHANNEL_EXECUTE", call, Application=app)

    def outcome(self, call):
        """The value of zmq_result at the end of the call."""
        return self.event("CHANNEL_HANGUP_COMPLETE", call).get("variable_zmq_result")

    def empty(self):
        return self.api("show", "channels count").strip() == "0 total."

    def close(self):
        for worker in self.workers:
            worker.close()
        for peer in self.peers:
            peer.socket.close()
        self.events.close()


class Process:
    """A worker in a separate process: worker.py, which prints what it receives."""

    def __init__(self, endpoint, *args):
        path = pathlib.Path(__file__).with_name("worker.py")
        self.process = subprocess.Popen([sys.executable, str(path), endpoint, *map(str, args)], stdout=subprocess.PIPE,
                                        stdin=subprocess.PIPE, text=True, bufsize=1)
        self.lines, self.passed = [], 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def saw(self, what, **members):
        """Waits for a message of that method with these members; returns its params."""
        def found():
            for line in list(self.lines):
                if line["method"] == what and members.items() <= line["params"].items():
                    return [line["params"]]
            return None

        return wait_until(found, f"{what} {members}")[0]

    def all(self, what):
        return [line["params"] for line in list(self.lines) if line["method"] == what]

    def send(self, method, **params):
        self.process.stdin.write(json.dumps({"method": method, "params": params}) + "\n")

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Makes it finish its calls and end; returns its exit status."""
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
