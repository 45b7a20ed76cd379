# SPDX-License-Identifier: MPL-2.0
"""Selection, filters, field lists, envelopes and several streams, on events of real calls."""

import collections
import json
import shutil
import subprocess
import time

import pytest

from switch import config_xml, free_port, stream_xml, wait_until

MILESTONES = ("CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY")
FILTER = """<filter match="all">
<header name="Caller-Destination-Number" equals="hold"/>
<header name="Event-Name" matches="^CHANNEL_(ANSWER|HANGUP)$"/>
<header name="variable_tests_not_this" exists="true" not="true"/>
</filter>
"""


def receive_while(sub, wait_ms=1500):
    """All messages until none comes for that time."""
    messages = []
    while sub.poll(wait_ms):
        messages.append(sub.recv_multipart())
    return messages


def wait_subscribed(switch, count=1):
    """Waits for the handshake and the first subscription, which comes a moment later."""
    wait_until(lambda: any(s["subscriptions"] for s in json.loads(switch.api("zmq status json"))["streams"]),
               "a subscription")
    wait_until(lambda: sum(s["subscribers"] for s in json.loads(switch.api("zmq status json"))["streams"]) >= count,
               "the subscribers")


def custom(switch, subclass):
    assert switch.control.command(f"sendevent CUSTOM\nEvent-Subclass: {subclass}\nX-Test: 1").startswith("+OK")


def test_a_selection_takes_event_types_and_subclasses_that_come_later(switch, publisher, subscriber):
    endpoint = publisher(events="CHANNEL_ANSWER CUSTOM/tests::*")
    sub = subscriber(endpoint, wait=False)
    wait_subscribed(switch)
    custom(switch, "tests::new_after_load")
    custom(switch, "other::not_selected")
    switch.api("originate loopback/short/default &sleep(50)")
    events = [json.loads(message[0]) for message in receive_while(sub)]
    types = collections.Counter((event["Event-Name"], event.get("Event-Subclass")) for event in events)
    assert types.keys() == {("CHANNEL_ANSWER", None), ("CUSTOM", "tests::new_after_load")}
    assert types[("CUSTOM", "tests::new_after_load")] == 1


def test_prefix_subscriptions_select_at_the_publisher(switch, publisher, subscriber):
    endpoint = publisher()
    sub = subscriber(endpoint, b'{"Event-Name":"CUSTOM","Event-Subclass":"tests::', wait=False)
    wait_subscribed(switch)
    custom(switch, "tests::one")
    custom(switch, "other::two")
    switch.api("originate loopback/short/default &sleep(50)")
    custom(switch, "tests::three")
    events = [json.loads(message[0]) for message in receive_while(sub)]
    assert [event["Event-Subclass"] for event in events] == ["tests::one", "tests::three"]


def test_filters_use_headers(switch, publisher, subscriber):
    sub = subscriber(publisher(inner=FILTER), wait=False)
    wait_subscribed(switch)
    switch.api("originate loopback/hold/default &sleep(50)")
    switch.api("originate loopback/short/default &sleep(50)")
    switch.api("originate {tests_not_this=1}loopback/hold/default &sleep(50)")
    events = [json.loads(message[0]) for message in receive_while(sub)]
    assert {event["Event-Name"] for event in events} == {"CHANNEL_ANSWER", "CHANNEL_HANGUP"}
    assert all(event["Caller-Destination-Number"] == "hold" for event in events)
    assert not any("variable_tests_not_this" in event for event in events)


def test_field_lists_include_exclude_and_redact(switch, publisher, subscriber):
    endpoint = publisher(events="CHANNEL_ANSWER", include_fields="Unique-ID Caller-* variable_tests_secret",
                         exclude_fields="Caller-Channel-*", redact_fields="variable_tests_secret")
    sub = subscriber(endpoint, wait=False)
    wait_subscribed(switch)
    switch.api("originate {tests_secret=4711}loopback/short/default &sleep(50)")
    messages = receive_while(sub)
    assert messages and not any(b"4711" in message[0] for message in messages)
    events = [json.loads(message[0]) for message in messages]
    assert any(event.get("variable_tests_secret") == "[redacted]" for event in events)
    for event in events:
        assert event["Unique-ID"] and "Caller-Destination-Number" in event
        assert all(name in ("Event-Name", "Unique-ID", "variable_tests_secret") or name.startswith("Caller-")
                   for name in event)
        assert not any(name.startswith("Caller-Channel-") for name in event)


def test_each_stream_has_its_own_numbers_and_epochs(switch, publisher, subscriber):
    all_events, answers = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    publisher(xml=config_xml(stream_xml(all_events, name="all", framing="envelope"),
                             stream_xml(answers, name="answers", framing="envelope", events="CHANNEL_ANSWER")))
    subs = [subscriber(all_events), subscriber(answers)]
    wait_subscribed(switch, 2)
    for _ in range(3):
        switch.api("originate loopback/short/default &sleep(50)")
    custom(switch, "tests::end")
    epochs, counts = set(), []
    for sub, name in zip(subs, ("all", "answers")):
        metas = [json.loads(meta) for topic, meta, _ in receive_for(sub, 3) if not topic.startswith(b".")]
        assert all(meta["stream"] == name for meta in metas)
        assert [meta["seq"] for meta in metas] == list(range(metas[0]["seq"], metas[0]["seq"] + len(metas)))
        epochs |= {meta["epoch"] for meta in metas}
        counts.append(len(metas))
    assert len(epochs) == 2 and counts[0] > 60 > counts[1] > 0


def receive_for(sub, beats):
    """All messages up to that many beats from now."""
    messages, now_us = [], time.time_ns() // 1000
    while beats > 0:
        messages.append(sub.recv_multipart())
        beats -= messages[-1][0] == b".beat/" and json.loads(messages[-1][1])["time"] > now_us
    return messages


def assert_numbers(messages):
    """Checks: seq and type_seq have no gap, topics fit the events, JSON is valid, and the beats count right."""
    seq, types = None, {}
    for topic, meta, event in messages:
        meta, event = json.loads(meta), json.loads(event)
        if topic.startswith(b"."):
            assert seq is None or meta["seq"] == seq
            seq = meta["seq"]
            continue
        assert seq is None or meta["seq"] == seq + 1
        seq = meta["seq"]
        assert meta["type_seq"] == types.get(meta["type"], meta["type_seq"] - 1) + 1
        types[meta["type"]] = meta["type_seq"]
        assert topic.startswith(event["Event-Name"].encode() + b"/")
        assert topic.endswith(event.get("Unique-ID", "").encode())
    return seq


def test_under_call_load_no_number_is_missing(switch, publisher, subscriber, calls):
    sub = subscriber(publisher(framing="envelope"))
    load = calls(per_second=50)
    messages = receive_for(sub, 6)
    load.stop()
    switch.wait_idle()
    messages += receive_for(sub, 2)
    assert_numbers(messages)
    created = sum(topic.startswith(b"CHANNEL_CREATE/") for topic, _, _ in messages)
    destroyed = sum(topic.startswith(b"CHANNEL_DESTROY/") for topic, _, _ in messages)
    assert created == destroyed > 100
    queue = json.loads(switch.api("zmq status json"))["queue"]
    assert queue["refused"] == {"low": 0, "normal": 0, "high": 0}


@pytest.mark.skipif(not shutil.which("sipp"), reason="no sipp here: install sip-tester")
def test_sip_calls_are_published_from_create_to_destroy(switch, publisher, subscriber):
    sub = subscriber(publisher(framing="envelope"))
    done = subprocess.run(
        ["sipp", "-sn", "uac", "-s", "hold", "-i", "127.0.0.1", "-p", str(free_port()), "-r", "25", "-m", "100",
         "-d", "200", "-timeout", "60", "-nostdin", f"127.0.0.1:{switch.sip_port}"],
        cwd=switch.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=90, env={"TERM": "dumb"})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    switch.wait_idle()
    messages = receive_for(sub, 3)
    assert_numbers(messages)
    calls_seen = collections.defaultdict(list)
    for topic, _, event in messages:
        if topic.startswith(b"CHANNEL_"):
            event = json.loads(event)
            calls_seen[event["Unique-ID"]].append(event["Event-Name"])
    assert len(calls_seen) == 100
    for names in calls_seen.values():
        milestones = [name for name in names if name in MILESTONES]
        assert sorted(milestones) == sorted(MILESTONES) and milestones[0] == "CHANNEL_CREATE"
