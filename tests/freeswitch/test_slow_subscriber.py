# SPDX-License-Identifier: MPL-2.0
"""A subscriber that stops reading harms only itself."""

import json
import os
import signal
import time

import pytest

from switch import config_xml, free_port, stream_xml, wait_until

EVENTS = 120000 if os.environ.get("FSZ_SOAK") == "1" else 20000
SEND_HWM = 2000
QUEUE_EVENTS = 10000
EVENT_BYTES = 16384  # far above the size of a call event with the overhead of libzmq and the system
LAG_EVENTS = 500  # low-priority events may use only the first half of SEND_HWM
LINGER_MS = 1000
SETUP_BOUND_S = 5  # far above what a call takes on a loaded machine, far below a hang


def events_sent(switch):
    return json.loads(switch.api("zmq status json"))["streams"][0]["events_sent"]


def load_until(switch, calls, count, reader=None):
    """Makes call events until that many more have passed; returns the longest setup time of a call.

    No faster than the reader can take them on a busy machine, so that it loses none for its own reasons."""
    sent = events_sent(switch)
    end, longest = sent + count, 0
    load = calls(per_second=80,
                 paused=lambda: reader is not None and sent - (reader.latest()["last"] or 0) > LAG_EVENTS)
    while sent < end:
        sent = events_sent(switch)
        begin = time.monotonic()
        answer = switch.api("originate loopback/short/default &sleep(20)")
        longest = max(longest, time.monotonic() - begin)
        assert answer.startswith("+OK"), answer
    load.stop()
    return longest


@pytest.mark.timeout(1500 if EVENTS > 20000 else 300)
def test_a_stopped_subscriber_costs_others_nothing_and_sees_what_it_lost(switch, publisher, watcher, calls):
    endpoint = publisher(framing="envelope", send_hwm=SEND_HWM, send_buffer_bytes="64K",
                         settings={"queue_events": QUEUE_EVENTS})
    reader, stopped = watcher(endpoint), watcher(endpoint)
    load_until(switch, calls, 1500)  # the memory that the switch itself needs for calls
    before_mb = switch.resident_mb()
    stopped.signal(signal.SIGSTOP)
    longest = load_until(switch, calls, EVENTS, reader)
    grown_mb = switch.resident_mb() - before_mb
    print(f"{EVENTS} events: {grown_mb:.1f} MB more, longest call setup {longest * 1000:.0f} ms")
    assert longest < SETUP_BOUND_S
    assert grown_mb < (SEND_HWM + QUEUE_EVENTS) * EVENT_BYTES / 1e6
    switch.wait_idle()
    stopped.signal(signal.SIGCONT)
    seq = json.loads(switch.api("zmq status json"))["streams"][0]["seq"]
    for each in (reader, stopped):
        wait_until(lambda: each.latest()["last"] >= seq, "the last event")
    whole, gap = reader.finish(), stopped.finish()
    assert whole["lost"] == 0 and whole["gaps"] == 0 and whole["epochs"] == 1
    assert gap["lost"] > 0 and gap["invalid"] == 0 and gap["epochs"] == 1
    assert gap["received"] + gap["lost"] >= gap["last"] - gap["first"] > EVENTS - 3000
    print(f"the stopped one: {gap}")


@pytest.mark.parametrize("stop", [False, True], ids=["reading", "stopped"])
def test_unload_is_bounded_in_time_with_subscribers(switch, publisher, watcher, calls, stop):
    endpoint = publisher(framing="envelope", settings={"linger_ms": LINGER_MS})
    reader, other = watcher(endpoint), watcher(endpoint)
    if stop:
        other.signal(signal.SIGSTOP)
    load_until(switch, calls, 1500)
    seq = json.loads(switch.api("zmq status json"))["streams"][0]["seq"]
    wait_until(lambda: reader.latest()["last"] >= seq, "the reader to catch up")
    begin = time.monotonic()
    assert switch.unload().startswith("+OK")
    assert time.monotonic() - begin < LINGER_MS / 1000 + 2
    wait_until(lambda: reader.latest()["bye"], "the word of an orderly stop")
    assert reader.finish()["lost"] == 0


def test_subscribers_that_are_killed_are_forgotten(switch, publisher, watcher):
    endpoint = publisher(framing="envelope")
    watched = [watcher(endpoint) for _ in range(4)]
    for each in watched[1:]:
        each.process.kill()
    wait_until(lambda: json.loads(switch.api("zmq status json"))["streams"][0]["subscribers"] == 1, "one to be left")
    assert watched[0].finish()["lost"] == 0


def test_subscribers_reconnect_after_unload_and_load(switch, publisher, watcher):
    endpoint = publisher(framing="envelope")
    watched = watcher(endpoint)
    assert switch.unload().startswith("+OK")
    switch.configure(config_xml(stream_xml(endpoint, framing="envelope"),
                                stream_xml(f"tcp://127.0.0.1:{free_port()}", name="more")))
    assert switch.load() == "+OK"
    wait_until(lambda: watched.latest()["epochs"] == 2, "the next epoch")
