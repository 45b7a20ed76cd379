# SPDX-License-Identifier: MPL-2.0
"""Helpers for tests of lookups: services in Python, and an fszmqd whose bindings use them."""

import contextlib
import json
import threading

import zmq

from conftest import (PATIENCE_S, api_socket_xml, binding_xml, config_xml, free_endpoint, group_xml, service_xml, stream_xml,
                      wait_until)
from tool import ALL, Requests

NOTHING = "can't find anything"
GRANTS = (*ALL, ("services", "*"), ("sections", "*"))


def document(inner, section="directory"):
    return f'<document type="freeswitch/xml"><section name="{section}">{inner}</section></document>'


class Service:
    """A service. `reply` is the result, or a function that makes it from the request. `requests` has all requests so
    far; `options` are those of its socket."""

    def __init__(self, socket_type=zmq.REP, reply=None, **options):
        self.socket_type, self.reply, self.requests, self.may_reply = socket_type, reply, [], threading.Event()
        self.endpoint, self.options = free_endpoint(), options
        self.may_reply.set()  # cleared: replies wait
        self.ended, self.thread = threading.Event(), None
        self.context = zmq.Context()
        self.start()

    def start(self):
        self.ended.clear()
        socket = self.context.socket(self.socket_type)
        socket.linger = 0
        for name, value in self.options.items():
            setattr(socket, name, value)
        socket.bind(self.endpoint)
        self.thread = threading.Thread(target=self._serve, args=(socket,))
        self.thread.start()

    def _serve(self, socket):
        while not self.ended.is_set():
            if socket.poll(20):
                *envelope, text = socket.recv_multipart()
                for frame in self._replies(json.loads(text)):
                    socket.send_multipart([*envelope, frame])
        socket.close()

    def _replies(self, request):
        self.requests.append(request)
        while not self.may_reply.wait(0.02) and not self.ended.is_set():
            pass
        result = self.reply(request) if callable(self.reply) else self.reply
        if isinstance(result, (bytes, list)):
            return [result] if isinstance(result, bytes) else result
        return [json.dumps({"jsonrpc": "2.0", "id": request["id"], **(
            result if "error" in result else {"result": result})}).encode()]

    def stop(self):
        self.ended.set()
        self.thread.join()

    def close(self):
        self.stop()
        self.context.term()


def services():
    """For a fixture: a factory; service(socket_type, reply, …) is a running Service."""
    made = []

    def make(socket_type=zmq.REP, reply=None, **options):
        made.append(Service(socket_type, reply, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Switch:
    """An fszmqd with an API socket, a console, and these services and bindings."""

    def __init__(self, fszmqd, services, bindings, settings=None):
        self.api, self.settings = free_endpoint(), settings
        self.events = free_endpoint()
        self.daemon = fszmqd(config=self.config(services, bindings), endpoint=self.events, calls_per_second=0,
                             console=True)

    def config(self, services, bindings):
        return config_xml([stream_xml(binds=[self.events])], self.settings, [api_socket_xml(binds=[self.api])],
                          [group_xml("default", *GRANTS)], services, bindings)

    def locate(self, *words):
        return self.daemon.command("xml_locate " + " ".join(words or ("directory", "domain", "name", "example.org")))

    def status(self):
        return self.daemon.status()

    def binding(self, name="b"):
        return next(each for each in self.status()["bindings"] if each["name"] == name)

    def wait_state(self, state, count=1):
        """Waits until that many providers of the first service are in that state."""
        def states():
            return [each["state"] for each in self.status()["services"][0]["providers"]]
        wait_until(lambda: states().count(state) == count, f"{count} providers {state}")


def switches(fszmqd):
    """For a fixture: a factory; switch(service, …) is a Switch whose binding `b` uses these Services."""

    def make(*services, settings=None, of_service=None, **of_binding):
        sections = of_binding.pop("sections", "directory")
        of_binding.setdefault("deadline_ms", PATIENCE_S * 1000)  # a busy machine must not look like a late service
        made = Switch(fszmqd, [service_xml("s", [each.endpoint for each in services], **(of_service or {}))],
                      [binding_xml("b", service="s", sections=sections, **of_binding)], settings)
        if services:
            made.wait_state("up", len(services))
        return made

    return make


@contextlib.contextmanager
def clients_of(endpoint, count=1):
    context = zmq.Context()
    clients = [Requests(context, endpoint) for _ in range(count)]
    try:
        yield clients
    finally:
        for each in clients:
            each.socket.close()
        context.term()
