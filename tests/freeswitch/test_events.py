# SPDX-License-Identifier: MPL-2.0
"""Every event of the switch is published, with the same content as in mod_event_socket."""

import json
import time

import pytest

from switch import wait_until

NASTY = {
    "X-Quotes": rb'say "no" \ and / and \n',
    "X-Control": b"a\x01b\x1fc\x7fd\te",
    "X-Bad-UTF-8": b"\xff\xfe ok \xc3( \xe2\x82 \xf0\x9f\x98 end\xc0\xaf\xed\xa0\x80",
    "X-Good-UTF-8": "Zürich ☎ 😀".encode(),
    "X-JSON": b'{"Event-Name":"FAKE"}',
    "X-Array": rb"ARRAY::one|:two \"2\"|:" + b"three\x02\xff",
    "X-Empty-Ends": b"ARRAY::a|:|:c",
    "X-Long": b"0123456789" * 3000,
}
NASTY_BODY = b'line 1\r\nline "2"\t\x03\\ \xf0\x9f\x98\x80 \xe9\n' * 40


def send_event(connection, name, body=b"", **headers):
    lines = b"".join(b"\n" + key.replace("_", "-").encode() + b": " + value for key, value in headers.items())
    answer = connection.command(f"sendevent {name}".encode() + lines, body)
    assert answer.startswith("+OK"), answer


def as_published(raw):
    """The event of mod_event_socket in our format. The first value of a name counts, and case is ignored, as in the
    switch itself (a CODEC event has both cases). Except the length of the body: mod_event_socket adds it after one
    that the event may have."""
    event, lengths, names = {}, [], set()
    for name, value in json.loads(raw.decode(errors="replace"), object_pairs_hook=list, strict=False):
        if name.lower() not in names:
            event[name] = value
        names.add(name.lower())
        if name == "Content-Length":
            lengths.append(value)
    if "_body" in event:
        event["Content-Length"] = lengths[-1]
    return event


class Comparison:
    """The events of both interfaces between two marks, by Event-Sequence."""

    def __init__(self, switch, sub):
        self.sub, self.other, self.control = sub, switch.connect(), switch.connect()
        assert self.other.command("event json ALL").startswith("+OK")

    def mark(self, name):
        send_event(self.control, "CUSTOM", Event_Subclass=f"tests::{name}".encode())

    def finish(self):
        """Fires the end mark, and a later one, because dispatch threads may deliver out of order."""
        self.mark("end")
        time.sleep(0.3)
        self.mark("after")

    @staticmethod
    def read(take, parse):
        """The events between the marks. (The switch also numbers some events that it never fires.)"""
        found, marks = {}, {}
        while "tests::after" not in marks:
            event = parse(take())
            sequence = int(event["Event-Sequence"])
            assert sequence not in found, f"twice: {event}"
            found[sequence] = event
            marks[event.get("Event-Subclass")] = sequence
        return {sequence: event for sequence, event in found.items()
                if marks["tests::begin"] < sequence < marks["tests::end"]}

    def result(self):
        """(ours, mod_event_socket's)"""
        self.finish()
        ours = self.read(self.sub.recv, lambda raw: json.loads(raw.decode(), object_pairs_hook=unique))
        return ours, self.read(self.other.next_event, as_published)


def unique(pairs):
    names = [name.lower() for name, _ in pairs]
    assert len(names) == len(set(names)), f"a name twice: {names}"
    return dict(pairs)


@pytest.fixture
def comparison(switch, publisher, subscriber):
    compared = Comparison(switch, subscriber(publisher()))
    yield compared
    compared.other.close()
    compared.control.close()


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for sequence, event in ours.items():
        expected = theirs[sequence]
        assert event == expected, {name: (event.get(name), expected.get(name)) for name in event.keys() | expected
                                   if event.get(name) != expected.get(name)}
        first = ["Event-Name", "Event-Subclass"][: 2 if "Event-Subclass" in event else 1]
        assert list(event)[: len(first)] == first
        moved = {*first, "Content-Length", "_body"}
        assert [name for name in event if name not in moved] == [name for name in expected if name not in moved]


def test_call_events_are_those_of_mod_event_socket(switch, comparison):
    comparison.mark("begin")
    for number in ("short", "bridge", "short"):
        answer = switch.api("originate {tests_variable='a \"quoted\" ü value'}" f"loopback/{number}/default &park()")
        assert answer.startswith("+OK"), answer
    switch.api("originate loopback/no-such-number/default &park()")
    wait_until(lambda: not switch.api("show bridged_calls count").strip().startswith("0 "), "the bridge")
    switch.api("hupall")
    switch.wait_idle()
    ours, theirs = comparison.result()
    assert_same(ours, theirs)
    names = {event["Event-Name"] for event in ours.values()}
    assert {"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"} <= names
    assert len(ours) > 100


def test_background_jobs_have_their_output_as_body(switch, comparison):
    wait_until(lambda: "mod_event_zmq" in switch.api("show api"), "the module in the list of commands")
    comparison.mark("begin")
    jobs = [comparison.control.command("bgapi status").partition("Job-UUID: ")[2].strip() for _ in range(5)]
    jobs.append(comparison.control.command("bgapi show api").partition("Job-UUID: ")[2].strip())
    wait_jobs(switch)
    ours, theirs = comparison.result()
    assert_same(ours, theirs)
    bodies = {e["Job-UUID"]: e for e in ours.values() if e["Event-Name"] == "BACKGROUND_JOB"}
    assert set(jobs) <= bodies.keys()
    for event in bodies.values():
        assert event["Content-Length"] == str(len(event["_body"].encode()))
        assert list(event)[-2:] == ["Content-Length", "_body"]
    assert "mod_event_zmq" in bodies[jobs[-1]]["_body"]


def wait_jobs(switch):
    """Waits until earlier jobs are done, with a new job that takes longer."""
    connection = switch.connect()
    connection.command("event json BACKGROUND_JOB")
    connection.command("bgapi msleep 500")
    while json.loads(connection.next_event())["Job-Command"] != "msleep":
        pass
    connection.close()


@pytest.mark.parametrize("name", ["MESSAGE", "CUSTOM"])
def test_headers_and_bodies_of_any_bytes_arrive(comparison, name):
    comparison.mark("begin")
    headers = {**NASTY, **({"Event-Subclass": b'tests::nasty "\xfc"'} if name == "CUSTOM" else {})}
    send_event(comparison.control, name, NASTY_BODY, **headers)
    ours, theirs = comparison.result()
    assert_same(ours, theirs)
    event = next(event for event in ours.values() if "X-Quotes" in event)
    assert event["X-Control"] == "a\x01b\x1fc\x7fd\te"
    assert event["X-Good-UTF-8"] == "Zürich ☎ 😀"
    assert event["X-Bad-UTF-8"].startswith("\ufffd\ufffd ok \ufffd( ") and len(event["X-Long"]) == 30000
    assert event["X-Array"] == ["one", 'two \\"2\\"', "three\x02\ufffd"]
    assert event["_body"] == NASTY_BODY.decode(errors="replace")
    assert event["Content-Length"] == str(len(NASTY_BODY))


def test_events_fired_from_many_connections_all_arrive_once(switch, comparison):
    connections = [switch.connect() for _ in range(6)]
    comparison.mark("begin")
    for number in range(200):
        for index, connection in enumerate(connections):
            send_event(connection, "CUSTOM", Event_Subclass=b"tests::many", Index=b"%d" % index, Number=b"%d" % number)
    ours, theirs = comparison.result()
    for connection in connections:
        connection.close()
    assert_same(ours, theirs)
    many = [(e["Index"], e["Number"]) for e in ours.values() if e.get("Event-Subclass") == "tests::many"]
    assert len(many) == len(set(many)) == 1200
