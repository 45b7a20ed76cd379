"""What the tests of lookups share: services in Python, and an fszmqd whose bindings ask them."""

import contextlib
import json
import threading

import zmq

from conftest import (PATIENCE_S, binding_xml, channel_xml, config_xml, free_endpoint, group_xml, service_xml, stream_xml,
                      wait_until)
from tool import ALL, Requests

NOTHING = "can't find anything"
GRANTS = (*ALL, ("services", "*"), ("sections", "*"))


def document(inner, section="directory"):
    return f'<document type="freeswitch/xml"><section name="{section}">{inner}</section></document>'


class Service:
    """A service: `answer` makes the result of a question (or is it), `questions` are those that came, `options`
    are its socket's."""

    def __init__(self, kind=zmq.REP, answer=None, **options):
        self.kind, self.answer, self.questions, self.held = kind, answer, [], threading.Event()
        self.endpoint, self.options = free_endpoint(), options
        self.held.set()  # cleared: answers wait
        self.ended, self.thread = threading.Event(), None
        self.context = zmq.Context()
        self.start()

    def start(self):
        self.ended.clear()
        socket = self.context.socket(self.kind)
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
                for frame in self._answers(json.loads(text)):
                    socket.send_multipart([*envelope, frame])
        socket.close()

    def _answers(self, question):
        self.questions.append(question)
        while not self.held.wait(0.02) and not self.ended.is_set():
            pass
        result = self.answer(question) if callable(self.answer) else self.answer
        if isinstance(result, (bytes, list)):
            return [result] if isinstance(result, bytes) else result
        return [json.dumps({"jsonrpc": "2.0", "id": question["id"], **(
            result if "error" in result else {"result": result})}).encode()]

    def stop(self):
        self.ended.set()
        self.thread.join()

    def close(self):
        self.stop()
        self.context.term()


def services():
    """For a fixture: service(kind, answer, …) is a running Service."""
    made = []

    def make(kind=zmq.REP, answer=None, **options):
        made.append(Service(kind, answer, **options))
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
        return config_xml([stream_xml(binds=[self.events])], self.settings, [channel_xml(binds=[self.api])],
                          [group_xml("default", *GRANTS)], services, bindings)

    def locate(self, *words):
        return self.daemon.command("xml_locate " + " ".join(words or ("directory", "domain", "name", "example.org")))

    def status(self):
        return self.daemon.status()

    def binding(self, name="b"):
        return next(each for each in self.status()["bindings"] if each["name"] == name)

    def wait_state(self, state, count=1):
        """Until so many providers of the first service are in that state."""
        def states():
            return [each["state"] for each in self.status()["services"][0]["providers"]]
        wait_until(lambda: states().count(state) == count, f"{count} providers {state}")


def switches(fszmqd):
    """For a fixture: switch(service, …) is a Switch with a binding `b` of a service `s` at these Services."""

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
