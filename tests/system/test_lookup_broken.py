# SPDX-License-Identifier: MPL-2.0
"""Services that fail during lookups: stopped, killed, huge or repeated replies. The switch waits at most once."""

import contextlib
import json
import signal
import socket
import subprocess
import sys

import pytest
import zmq

from conftest import PATIENCE_S, binding_xml, free_endpoint, service_xml, wait_until
from lookups import NOTHING, Switch, clients_of, document, services, switches
from zmtp import greeting

MANY, KEYS, DEADLINE_MS = 500, 50, 1000
MEGABYTE = 1 << 20
WORKERS = {"workers": MANY, "worker-queue": MANY, "worker-share": 2 * MANY}

PROGRAM = """
import json, sys, zmq
socket = zmq.Context().socket(zmq.ROUTER)
socket.linger = 0
socket.bind(sys.argv[1])
print("ready", flush=True)
while True:
    peer, empty, text = socket.recv_multipart()
    request = json.loads(text)
    xml = f'<d><section name="directory"><v n="{request["params"]["value"]}"/></section></d>'
    socket.send_multipart([peer, empty, json.dumps(
        {"jsonrpc": "2.0", "id": request["id"], "result": {"xml": xml}}).encode()])
"""


@pytest.fixture
def service():
    """Factory: see services()."""
    yield from services()


@pytest.fixture
def switch(fszmqd):
    """Factory: see switches()."""
    return switches(fszmqd)


def found(value):
    return f'<d><section name="directory"><v n="{value}"/></section></d>'


@pytest.fixture
def program_at():
    """Factory: program_at(endpoint) is a service in a separate process, which can be stopped."""
    processes = []

    def start(endpoint):
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, endpoint], stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for each in processes:
        each.kill()
        each.wait()
        each.stdout.close()


@pytest.fixture
def stoppable(fszmqd, program_at):
    """Factory: (switch, process, endpoint) for a service in a separate process and a binding with these keys."""

    def make(of_service=None, **of_binding):
        endpoint = free_endpoint()
        process = program_at(endpoint)
        here = Switch(fszmqd, [service_xml("s", [endpoint], heartbeat_ms=0, deadline_ms=DEADLINE_MS, probe_ms=50,
                                           requests_max=10 * MANY, capacity=MANY, **(of_service or {}))],
                      [binding_xml("b", service="s", sections="directory", **of_binding)], WORKERS)
        here.wait_state("up")
        return here, process, endpoint

    return make


def ask_many(client, first=0):
    """Sends MANY lookups of KEYS values at once; returns their outputs by id."""
    for number in range(first, first + MANY):
        client.socket.send_json({"jsonrpc": "2.0", "id": number, "method": "api", "params": {
            "command": "xml_locate", "arg": f"directory domain name d{number % KEYS}.org"}})
    outputs = {}
    while len(outputs) < MANY:
        reply = json.loads(client.socket.recv_multipart()[-1])
        outputs[reply["id"]] = reply["result"]["output"]
    return outputs


def of_service(here):
    return here.status()["services"][0]


def test_stopped_service_delays_lookups_by_one_deadline_only(stoppable):
    here, process, _ = stoppable()
    with clients_of(here.api) as (client,):
        assert ask_many(client) == {n: found(f"d{n % KEYS}.org") for n in range(MANY)}
        process.send_signal(signal.SIGSTOP)
        assert set(ask_many(client).values()) == {NOTHING + "\n"}
        here.wait_state("ejected")
        before = of_service(here)
        assert set(ask_many(client).values()) == {NOTHING + "\n"}
        after = of_service(here)
        assert after["deadline"] == before["deadline"]
        assert after["no_provider"] == before["no_provider"] + MANY
        process.send_signal(signal.SIGCONT)
        here.wait_state("up")
        assert ask_many(client) == {n: found(f"d{n % KEYS}.org") for n in range(MANY)}


def test_stale_cache_replaces_a_stopped_and_a_killed_service(stoppable, program_at):
    here, process, endpoint = stoppable(stale_s=1000)
    everything = {n: found(f"d{n % KEYS}.org") for n in range(MANY)}
    with clients_of(here.api) as (client,):
        assert ask_many(client) == everything
        process.send_signal(signal.SIGSTOP)
        assert ask_many(client) == everything
        here.wait_state("ejected")
        assert ask_many(client) == everything
        process.kill()
        here.wait_state("down")
        assert ask_many(client) == everything
        assert here.binding()["failed"] == 0
        assert here.binding()["stale"] > MANY
        program_at(endpoint)
        here.wait_state("up")
        stale = here.binding()["stale"]
        assert ask_many(client) == everything
        assert here.binding()["stale"] == stale


def test_memory_does_not_grow_while_the_service_is_stopped(stoppable):
    here, process, _ = stoppable(stale_s=1000)
    with clients_of(here.api) as (client,):
        ask_many(client)
        process.send_signal(signal.SIGSTOP)
        ask_many(client)
        here.wait_state("ejected")
        for _ in range(5):
            ask_many(client)
        before = here.daemon.rss_bytes()
        for _ in range(30):
            ask_many(client)
        assert here.daemon.rss_bytes() - before < 8 * MEGABYTE
        process.send_signal(signal.SIGCONT)


def test_reply_of_a_hundred_megabytes_is_not_read(switch, service):
    replies = iter([{"xml": document("x" * 100 * MEGABYTE)}])
    own = service(zmq.ROUTER, lambda _: next(replies, {"xml": document("<a/>")}))
    here = switch(own, deadline_ms=500)
    before = here.daemon.rss_bytes()
    assert here.locate() == NOTHING
    assert here.daemon.rss_bytes() - before < 30 * MEGABYTE
    wait_until(lambda: here.locate() == document("<a/>"), "the service's return")


def test_endpoint_that_violated_the_protocol_is_tried_again(fszmqd, service):
    own = service(reply={"xml": document("<a/>")})
    own.stop()
    host, port = own.endpoint.removeprefix("tcp://").split(":")
    here = Switch(fszmqd, [service_xml("s", [own.endpoint])],
                  [binding_xml("b", service="s", sections="directory", deadline_ms=100)])
    with socket.create_server((host, int(port))) as other:
        other.settimeout(PATIENCE_S)
        for _ in range(2):
            peer, _ = other.accept()
            with peer, contextlib.suppress(ConnectionResetError):
                peer.sendall(greeting(b"UNKNOWN", 1))
                while peer.recv(100):  # until the switch closes it
                    pass
    assert here.locate() == NOTHING
    own.start()
    wait_until(lambda: here.locate() == document("<a/>"), "the service's return")


def test_second_reply_to_a_request_is_dropped(switch, service):
    def twice(request):
        return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"xml": document(inner)}}).encode()
                for inner in ("<first/>", "<second/>")]

    own = service(zmq.ROUTER, twice)
    here = switch(own)
    for _ in range(20):
        assert here.locate() == document("<first/>")
    wait_until(lambda: sum(of_service(here)["providers"][0][name] for name in ("late", "bad")) >= 20,
               "all second replies")
    assert here.binding()["found"] == 20
