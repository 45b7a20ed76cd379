# SPDX-License-Identifier: MPL-2.0
"""Load, unload and reload repeatedly, during calls."""

import json
import time

import pytest

from switch import PATIENCE_S, config_xml, free_port, stream_xml, wait_until

ROUNDS = 100
WARM_UP = 20
GROWTH_MB = 20


def configurations():
    """Two configurations that differ in streams and endpoints, and one with a mistake."""
    endpoint, other = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    first = config_xml(stream_xml(endpoint, framing="envelope"), linger_ms=0)
    second = config_xml(stream_xml(endpoint, framing="envelope"), stream_xml(other, name="second"), linger_ms=0)
    return endpoint, first, second, first.replace("envelope", "enveloppe")


def one_round(switch, good, other, bad):
    switch.configuration.write_text(good)
    assert switch.load() == "+OK"
    switch.configuration.write_text(other)
    assert switch.api("zmq reload").startswith("+OK")
    switch.configuration.write_text(bad)
    assert switch.api("zmq reload").startswith("-ERR")
    switch.configuration.write_text(good)
    assert switch.api("zmq reload").startswith("+OK")
    assert json.loads(switch.api("zmq status json"))["reloads"] == 2
    assert switch.unload().startswith("+OK")


def settled_descriptors(switch):
    switch.wait_idle()
    time.sleep(0.5)
    return switch.descriptors()


@pytest.mark.timeout(600)
def test_a_hundred_rounds_under_calls_leave_nothing_behind(switch, calls, subscriber):
    endpoint, good, other, bad = configurations()
    switch.configure(good)
    watched = subscriber(endpoint, wait=False)
    load = calls(per_second=15)
    for _ in range(WARM_UP):
        one_round(switch, good, other, bad)
    load.stop()
    before, before_mb = settled_descriptors(switch), switch.resident_mb()
    load = calls(per_second=15)
    for _ in range(ROUNDS):
        one_round(switch, good, other, bad)
    load.stop()
    after, after_mb = settled_descriptors(switch), switch.resident_mb()
    print(f"{ROUNDS} rounds: {before} descriptors, then {after}; {before_mb:.1f} MB, then {after_mb:.1f} MB")
    assert after <= before + 2  # an Event Socket connection that is being closed
    assert after_mb - before_mb < GROWTH_MB
    assert switch.load() == "+OK"
    wait_until(lambda: json.loads(switch.api("zmq status json"))["streams"][0]["subscribers"] == 1, "the subscriber")
    assert watched.poll(PATIENCE_S * 1000)  # a round may be shorter than a client's reconnect interval


def test_status_and_reload_at_once_from_many_connections(switch, publisher, calls):
    publisher()
    connections, load = [switch.connect() for _ in range(6)], calls(per_second=15)
    for round_number in range(30):
        for connection in connections:
            line = "zmq reload" if round_number % 3 == 0 else "zmq status json"
            assert connection.command(f"bgapi {line}").startswith("+OK")
    wait_until(lambda: json.loads(switch.api("zmq status json"))["reloads"] == 60, "all reloads")
    load.stop()
    for connection in connections:
        connection.close()
