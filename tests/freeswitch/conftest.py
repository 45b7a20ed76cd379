# SPDX-License-Identifier: MPL-2.0
"""Fixtures: a real FreeSWITCH with the module in it.

    def test_x(switch, publisher, subscriber):
        endpoint = publisher()                      # mod_event_zmq loaded, one stream on a free port
        events = subscriber(endpoint)               # a SUB socket that is subscribed
        switch.api("msleep 10")                     # an API command of the switch

One switch serves all tests, and must still be the same process after each. If pkg-config finds no FreeSWITCH,
all tests are skipped. FSZ_FREESWITCHES names several for test_versions.py: prefixes or folders with a freeswitch.pc,
separated by colons. FSZ_SOAK=1 adds tests that take minutes. FSZ_MODULE names a mod_event_zmq.so to test instead of
one that is built here."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest
import zmq

import apifixtures
import callfixtures
import sanitizer
from services import Process, Service, binding_xml, lookups_xml, service_xml
from switch import HERE, PATIENCE_S, Installation, Switch, config_xml, free_port, stream_xml, wait_until

call_service, workers, processes, phones, endings = (getattr(callfixtures, name) for name in callfixtures.FIXTURES)
connect, api_socket, api = (getattr(apifixtures, name) for name in apifixtures.FIXTURES)
HOLD_S = 0.05
SOAK = os.environ.get("FSZ_SOAK") == "1"
MISSING = "no FreeSWITCH here: install libfreeswitch-dev, or set PKG_CONFIG_PATH or FSZ_FREESWITCHES"


def pytest_collection_modifyitems(items):
    installations = Installation.is_here() or Installation.named()
    for item in items:
        if not installations:
            item.add_marker(pytest.mark.skip(reason=MISSING))
        elif "soak" in item.keywords and not SOAK:
            item.add_marker(pytest.mark.skip(reason="takes minutes: set FSZ_SOAK=1"))


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: takes minutes; run with FSZ_SOAK=1")


@pytest.fixture(scope="session")
def installation():
    return Installation() if Installation.is_here() else Installation.named()[0]


@pytest.fixture(scope="session")
def start_switch(installation):
    """Factory of switches: start_switch(sanitize="", on=an installation, module=the module of another one, and
    keywords of Switch)."""
    switches, folders = [], []

    def start(sanitize="", on=installation, module=None, **how):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="fsz-switch-"))
        folders.append(folder)
        modules = [module or on.build_module(sanitize), on.build_probe(folder)]
        switches.append(Switch(on, folder / "switch", modules, **how))
        return switches[-1]

    yield start
    ends = [switch.stop() for switch in switches]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    assert all(end == 0 for end in ends), f"exit status of each FreeSWITCH: {ends}"


@pytest.fixture(scope="session")
def shared_switch(start_switch):
    return start_switch()


@pytest.fixture
def sanitized(start_switch, tmp_path):
    """A separate switch with the module under AddressSanitizer (sanitizer.py)."""
    environment = sanitizer.environment(tmp_path)
    if environment is None:
        pytest.skip("gcc has no libasan here: install libasan8")
    return start_switch(sanitize="address", env=environment)


@pytest.fixture
def switch(shared_switch):
    pid = shared_switch.pid
    yield shared_switch
    assert shared_switch.is_alive() and shared_switch.pid == pid, shared_switch.output_path.read_text()[-3000:]
    shared_switch.api("hupall")
    if shared_switch.is_loaded():  # a call keeps the module until it has left it
        wait_until(lambda: shared_switch.unload().startswith("+OK"), "the module to unload")


@pytest.fixture
def publisher(switch):
    """Loads the module and returns its first endpoint: publisher(**keys of the stream), publisher(xml=…).

    The module is not loaded before that; it is unloaded when the test ends."""

    def load(xml=None, settings=None, **keys):
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        switch.configure(xml or config_xml(stream_xml(endpoint, **keys), **(settings or {})))
        answer = switch.load()
        assert answer == "+OK", answer + switch.log_path.read_text(errors="replace")[-3000:]
        return endpoint

    return load


@pytest.fixture
def service():
    """Factory: service(answer) is a Service in a thread, service() a Process; stopped when the test ends."""
    running = []

    def start(answer=None, **how):
        running.append(Process(**how) if answer is None else Service(answer, **how))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def lookups(publisher):
    """Loads the module with services, and a binding of these sections with the first one:
    lookups(service, sections="directory", of={keys of the service}, **keys of the binding)."""

    def load(*services, sections="directory", of=None, settings=None, **keys):
        endpoints = [each.endpoint for each in services]
        publisher(xml=lookups_xml([service_xml("tested", *endpoints, **(of or {}))],
                                  [binding_xml("tested", "tested", sections, **keys)], **(settings or {})))

    return load


@pytest.fixture
def subscriber():
    """Factory: subscriber(endpoint, prefix=b"", wait=True) is a SUB socket.

    With `wait` it first receives something (the stream has a beat every second), so that the test misses nothing."""
    context = zmq.Context()
    sockets = []

    def connect(endpoint, prefix=b"", wait=True):
        sub = context.socket(zmq.SUB)
        sub.setsockopt(zmq.LINGER, 0)
        sub.setsockopt(zmq.RCVHWM, 0)
        sub.setsockopt(zmq.RCVTIMEO, PATIENCE_S * 1000)
        sub.setsockopt(zmq.RECONNECT_IVL, 50)
        sub.setsockopt(zmq.SUBSCRIBE, prefix)
        sub.connect(endpoint)
        sockets.append(sub)
        if wait:
            assert sub.poll(PATIENCE_S * 1000), f"nothing from {endpoint}"
        return sub

    yield connect
    for sub in sockets:
        sub.close()
    context.term()


class Watched:
    """A watcher.py process; `latest()` is its latest output."""

    def __init__(self, endpoint):
        self.process = subprocess.Popen([sys.executable, str(HERE / "watcher.py"), endpoint],
                                        stdout=subprocess.PIPE, text=True)
        self.endpoint, self.line = endpoint, "{}"
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):  # OpenPGM prints to stdout too
                self.line = line

    def latest(self):
        return json.loads(self.line)

    def wait_event(self):
        wait_until(lambda: self.latest().get("received"), f"a watcher's first event at {self.endpoint}")

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self):
        """Ends it; returns its last state."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        return self.latest()


@pytest.fixture
def watcher():
    """Factory: watcher(endpoint) is a subscriber in its own process that has received its first event."""
    watched = []

    def start(endpoint, wait=True):
        watched.append(Watched(endpoint))
        if wait:
            watched[-1].wait_event()
        return watched[-1]

    yield start
    for each in watched:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


class Calls:
    """Makes calls at a rate until stopped, on its own connection and thread; none while paused() is true."""

    def __init__(self, switch, per_second, number, application, paused):
        self.connection = switch.connect()
        self.command = f"bgapi originate loopback/{number}/default {application}"
        self.per_second, self.paused, self.started, self.ending = per_second, paused, 0, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        due = time.monotonic()
        while not self.ending.wait(max(0, due - time.monotonic())):
            if self.paused():
                due = time.monotonic() + HOLD_S
                continue
            self.connection.command(self.command)
            self.started += 1
            due += 1 / self.per_second

    def stop(self):
        self.ending.set()
        self.thread.join(PATIENCE_S)
        self.connection.close()
        return self.started


@pytest.fixture
def calls(switch):
    """Factory: calls(per_second=50, number="short", application="&sleep(100)") makes calls until stop()."""
    running = []

    def start(per_second=50, number="short", application="&sleep(100)", on=switch, paused=lambda: False):
        running.append(Calls(on, per_second, number, application, paused))
        return running[-1]

    yield start
    for each in running:
        if not each.ending.is_set():
            each.stop()
