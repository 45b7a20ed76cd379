# SPDX-License-Identifier: MPL-2.0
"""Events from many threads of the switch at the same time.

The switch starts a second dispatch thread only when the first is 10,000 events behind. Without events-use-dispatch
each event goes to a thread of a pool, in no order, and many threads run the handlers at once."""

import collections
import json
import threading

import pytest

from switch import config_xml, free_port, stream_xml, wait_until

THREADS, EVENTS = 8, 500


@pytest.fixture(scope="module")
def undispatched(start_switch):
    return start_switch(settings={"events-use-dispatch": "false"})


def fire(connection, index):
    for number in range(EVENTS):
        connection.command(f"sendevent CUSTOM\nEvent-Subclass: tests::threads\nIndex: {index}\nNumber: {number}")


def test_handlers_of_many_threads_at_once_lose_nothing_and_number_each_event_once(undispatched, subscriber, calls):
    switch, endpoint = undispatched, f"tcp://127.0.0.1:{free_port()}"
    # A second stream with another variant: each event is written twice.
    switch.configure(config_xml(stream_xml(endpoint, framing="envelope", send_hwm=0),
                                stream_xml("inproc://other", name="other", include_fields="Caller-*")))
    assert switch.load() == "+OK"
    sub, load = subscriber(endpoint), calls(per_second=20, on=switch)
    connections = [switch.connect() for _ in range(THREADS)]
    threads = [threading.Thread(target=fire, args=pair) for pair in zip(connections, range(THREADS))]
    for thread in threads:
        thread.start()
    numbers, seq, epochs = collections.defaultdict(list), None, set()
    while sum(map(len, numbers.values())) < THREADS * EVENTS:
        topic, meta, event = sub.recv_multipart()
        meta, event = json.loads(meta), json.loads(event)
        epochs.add(meta["epoch"])
        if topic.startswith(b"."):
            continue
        assert seq is None or meta["seq"] == seq + 1
        seq = meta["seq"]
        if event.get("Event-Subclass") == "tests::threads":
            numbers[event["Index"]].append(int(event["Number"]))
    for thread in threads:
        thread.join()
    started = load.stop()
    for connection in connections:
        connection.close()
    assert started > 0 and len(epochs) == 1
    assert all(sorted(each) == list(range(EVENTS)) for each in numbers.values()) and len(numbers) == THREADS
    switch.wait_idle()
    status = json.loads(switch.api("zmq status json"))
    assert status["queue"]["refused"] == {"low": 0, "normal": 0, "high": 0} and status["events"]["failed"] == 0
    assert switch.unload().startswith("+OK")


def test_it_is_loaded_and_unloaded_while_many_threads_fire(undispatched, subscriber, calls):
    switch, endpoint = undispatched, f"tcp://127.0.0.1:{free_port()}"
    switch.configure(config_xml(stream_xml(endpoint, framing="envelope"), linger_ms=0))
    sub, load = subscriber(endpoint, wait=False), calls(per_second=20, on=switch)
    connections = [switch.connect() for _ in range(THREADS)]
    threads = [threading.Thread(target=fire, args=pair) for pair in zip(connections, range(THREADS))]
    for thread in threads:
        thread.start()
    for _ in range(10):
        assert switch.load() == "+OK"
        assert sub.poll(10000)
        assert switch.api("zmq reload").startswith("+OK")
        assert switch.unload().startswith("+OK")
    for thread in threads:
        thread.join()
    load.stop()
    for connection in connections:
        connection.close()
    switch.wait_idle()
    assert switch.is_alive()
    wait_until(lambda: switch.api("status").startswith("UP"), "the switch")
