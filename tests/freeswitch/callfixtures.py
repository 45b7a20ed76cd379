# SPDX-License-Identifier: MPL-2.0
"""Fixtures for calls that are given to programs.

    def test_x(switch, call_service, workers, phones):
        call_service()                        # mod_event_zmq with the service `ivr`
        worker = workers()                    # a program that has registered for it
        phone = phones().call("zmq-ivr")      # a SIP call to the dialplan's `zmq`
        controlled = worker.take()            # accepts it

`endings()` is how calls ended, as seen by a subscriber of the stream."""

import json
import os
import subprocess
import sys
import threading

import pytest
import zmq

from callworker import CallWorker
from phone import Phone
from switch import HERE, PATIENCE_S, config_xml, free_port, stream_xml

FIXTURES = ("call_service", "workers", "processes", "phones", "endings")
RIGHTS = ("methods", "api", "json-api", "applications", "send-events", "variables", "events", "streams", "services",
          "controlled-calls")
GROUPS = ("<groups><group name=\"default\">"
          + "".join(f'<param name="{right}" value="*"/>' for right in RIGHTS) + "</group></groups>")


def call_service_xml(name="ivr", **keys):
    """One <service>; keys with _ for -."""
    keys = {"attempt_ms": 5000, "deadline_ms": 10000, **keys}  # so that no worker is too slow, unless a test wants it
    params = "".join(f'<param name="{key.replace("_", "-")}" value="{value}"/>' for key, value in keys.items())
    return f'<service name="{name}">{params}</service>'


class Served:
    """The module's configuration."""

    def __init__(self, switch):
        self.switch = switch
        self.stream, self.api_socket = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))

    def text(self, *services):
        api_socket = f'<api-socket name="default"><param name="bind" value="{self.api_socket}"/></api-socket>'
        text = config_xml(stream_xml(self.stream), api_sockets=[api_socket], linger_ms=500)
        return text.replace("</configuration>", f"{GROUPS}<services>{''.join(services)}</services></configuration>")

    def status(self):
        return json.loads(self.switch.api("zmq status json"))


@pytest.fixture
def call_service(switch):
    """Loads the module with services: call_service(call_service_xml(…), …), or one named `ivr` with these keys."""

    def load(*services, on=switch, **keys):
        served = Served(on)
        on.configure(served.text(*(services or [call_service_xml(**keys)])))
        answer = on.load()
        assert answer == "+OK", answer + on.log_path.read_text(errors="replace")[-3000:]
        load.served = served
        return served

    return load


@pytest.fixture
def workers(call_service):
    """Factory: workers(service="ivr", capacity=100) is a CallWorker."""
    context, made = zmq.Context(), []

    def connect(name="ivr", **how):
        made.append(CallWorker(context, call_service.served.api_socket, name, **how))
        return made[-1]

    yield connect
    for each in made:
        each.close()
    context.term()


class Process:
    """A worker in its own process, which can be killed or stopped: a program of this folder and its output, one
    JSON object per line."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([sys.executable, str(HERE / program), *map(str, arguments)],
                                        stdout=subprocess.PIPE, text=True)
        self.output, self.changed = [], threading.Condition()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        try:
            self.wait("ready")
        except BaseException:
            self.end()
            raise

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                with self.changed:
                    self.output.append(json.loads(line))
                    self.changed.notify_all()

    def wait(self, what):
        """The first output with that `what`."""
        with self.changed:
            found = lambda: next((each for each in self.output if each["what"] == what), None)  # noqa: E731
            assert self.changed.wait_for(found, PATIENCE_S), (what, self.output)
            return found()

    def signal(self, number):
        os.kill(self.process.pid, number)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self.thread.join(PATIENCE_S)


@pytest.fixture
def processes():
    """Factory: processes(endpoint) is a registered callprocess.py; processes(endpoint, program, …) is another."""
    made = []

    def start(endpoint, program="callprocess.py", *arguments):
        made.append(Process(program, endpoint, "ivr", *arguments))
        return made[-1]

    yield start
    for each in made:
        each.end()


@pytest.fixture
def phones(switch):
    """Factory: phones(**how) is a Phone."""
    made = []

    def phone(**how):
        made.append(Phone(switch.sip_port, **how))
        return made[-1]

    yield phone
    for each in made:
        each.close()


class Endings:
    """CHANNEL_HANGUP_COMPLETE of every call, by UUID."""

    def __init__(self, socket):
        self.socket, self.events = socket, {}

    def of(self, call):
        while call not in self.events:
            self._read()
        return self.events[call]

    def first(self, count):
        """The endings of the first `count` calls."""
        while len(self.events) < count:
            self._read()
        return list(self.events.values())[:count]

    def _read(self):
        event = json.loads(self.socket.recv())
        if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE":  # events before the subscription do not count
            assert self.events.setdefault(event["Unique-ID"], event) is event


@pytest.fixture
def endings(subscriber, call_service):
    """Factory: endings() collects from now on; of(call) waits for the ending of that call."""
    return lambda: Endings(subscriber_of(subscriber, call_service.served.stream))


def subscriber_of(subscriber, stream):
    socket = subscriber(stream, wait=True)  # it has got an event, so it misses nothing after this
    socket.setsockopt(zmq.SUBSCRIBE, b'{"Event-Name":"CHANNEL_HANGUP_COMPLETE"')
    socket.setsockopt(zmq.UNSUBSCRIBE, b"")
    return socket
