# SPDX-License-Identifier: MPL-2.0
"""A second module in the same process subscribes through inproc (include/fszmq/context.h)."""

import time

import pytest

from switch import config_xml, free_port, stream_xml, wait_until


@pytest.fixture
def probe(switch):
    assert switch.load("mod_inproc_probe") == "+OK"
    yield lambda line: switch.api(f"inproc_probe {line}").strip()
    assert switch.unload("mod_inproc_probe").startswith("+OK")


def seen(probe):
    return int(probe("count").split()[0])


@pytest.fixture
def inproc(publisher):
    publisher(xml=config_xml(stream_xml("inproc://events", f"tcp://127.0.0.1:{free_port()}")))


def test_another_module_sees_every_event_over_inproc(switch, probe, inproc):
    assert probe("start inproc://events") == "+OK"
    wait_until(lambda: seen(probe) > 0, "an event over inproc")
    before = seen(probe)
    switch.api("originate loopback/short/default &sleep(50)")
    wait_until(lambda: seen(probe) > before + 20, "the events of a call over inproc")
    assert probe("stop") == "+OK"


def test_no_context_without_the_publisher(switch, probe):
    assert probe("start inproc://events") == "-ERR no context"


def test_unload_waits_for_a_module_that_returns_the_context(switch, probe, inproc):
    assert probe("start inproc://events") == "+OK"
    wait_until(lambda: seen(probe) > 0, "an event over inproc")
    mark, begin = switch.log_mark(), time.monotonic()
    assert switch.unload().startswith("+OK")
    assert time.monotonic() - begin < 5
    assert probe("count").endswith("ended")
    assert "still holds" not in switch.log_since(mark)
    assert probe("stop") == "+OK"


def test_unload_continues_without_a_late_module(switch, probe, inproc, subscriber):
    assert probe("late inproc://events") == "+OK"
    wait_until(lambda: seen(probe) > 0, "an event over inproc")
    mark, begin = switch.log_mark(), time.monotonic()
    assert switch.unload().startswith("+OK")
    assert time.monotonic() - begin < 10
    switch.wait_log(mark, "other code still uses the ZeroMQ context")
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    switch.configure(config_xml(stream_xml(endpoint, "inproc://events")))
    assert switch.load() == "+OK"
    subscriber(endpoint)
    assert probe("stop") == "+OK"
    assert probe("start inproc://events") == "+OK"
    wait_until(lambda: seen(probe) > 0, "an event after all was loaded again")
    assert probe("stop") == "+OK"
