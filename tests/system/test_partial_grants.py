# SPDX-License-Identifier: MPL-2.0
"""A user who may see some events of a stream with framing `envelope` gets no false loss, misses no real loss and learns
of no other event type."""

import importlib.util
import json
import re
import subprocess
import time

import pytest
import zmq
from conftest import PATIENCE_S, ROOT, config_xml, find_program, free_endpoint, group_xml, stream_xml

MAY_SEE = "CHANNEL_ANSWER CHANNEL_H* CUSTOM/sofia::register"
SEEN = re.compile(r"CHANNEL_ANSWER/|CHANNEL_H[A-Z_]*/|CUSTOM/sofia::register")
DROPS = {"send-hwm": "10", "send-buffer-bytes": "4K"}


@pytest.fixture
def stream(fszmqd):
    """stream(events, **keys) is the endpoint of a stream on which every user may see these events."""

    def start(events, **keys):
        endpoint = free_endpoint()
        keys = {name.replace("_", "-"): value for name, value in keys.items()}
        config = config_xml([stream_xml(binds=[endpoint], framing="envelope", **{"beat-interval-ms": "100", **keys})],
                            groups=[group_xml("default", ("streams", "*"), ("events", events))])
        fszmqd(calls_per_second=20, endpoint=endpoint, config=config)
        return endpoint

    return start


@pytest.fixture
def subscribe():
    """subscribe(endpoint, *prefixes) is a SUB socket."""
    context, opened = zmq.Context(), []  # keeps references: otherwise sockets would be closed

    def start(endpoint, *prefixes, **options):
        socket = context.socket(zmq.SUB)
        socket.linger, socket.rcvtimeo = 0, PATIENCE_S * 1000
        for name, value in options.items():
            setattr(socket, name, value)
        for prefix in prefixes:
            socket.subscribe(prefix)
        socket.connect(endpoint)
        opened.append(socket)
        return socket

    yield start
    context.destroy(linger=0)


def messages(socket, seconds):
    """(topic, meta) of the messages that arrive within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        topic, meta, _ = socket.recv_multipart()
        yield topic.decode(), json.loads(meta)


@pytest.mark.parametrize("prefix", [b"", b"."])
def test_no_forbidden_event_type_is_named(stream, subscribe, prefix):
    endpoint = stream(MAY_SEE)
    socket = subscribe(endpoint, prefix)
    subscribe(endpoint, b"CHANNEL_")  # so that the stream counts them
    named, beats, whole = set(), 0, 0
    for topic, meta in messages(socket, 4):
        if topic.startswith("."):
            beats += 1
            whole += meta.get("all", False)
            named.update(meta["types"])
        else:
            named.add(meta["type"])
    assert beats > 10 and whole >= 1
    assert {"CHANNEL_ANSWER/", "CHANNEL_HANGUP/"} <= named
    assert [event_type for event_type in named if not SEEN.fullmatch(event_type)] == []


@pytest.mark.parametrize("events", [MAY_SEE, "*"])
def test_beats_have_one_topic_for_all_grants(stream, subscribe, events):
    assert {topic for topic, _ in messages(subscribe(stream(events), b".beat/"), 1)} == {".beat/"}


@pytest.mark.parametrize("more", [[], ["-e", "CHANNEL_ANSWER"], ["-e", "CHANNEL_*"]])
def test_tail_reports_no_false_loss(stream, more):
    words = [find_program("fszmq"), "tail", "--envelope", "-n", "100", *more, stream(MAY_SEE)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=3 * PATIENCE_S, check=True)
    assert len(done.stdout.splitlines()) == 100 and "lost" not in done.stderr


def load_follower():
    spec = importlib.util.spec_from_file_location("follow", ROOT / "examples/python/follow.py")
    follow = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(follow)
    return follow


@pytest.mark.parametrize("events", [MAY_SEE, "*"])
def test_every_real_loss_of_visible_events_is_reported(stream, subscribe, events):
    endpoint = stream(events, **{name.replace("-", "_"): value for name, value in DROPS.items()})
    follow, losses, received, last = load_follower(), [], {}, {}
    follow.report = losses.append
    follower = follow.Follower(("",))
    socket = subscribe(endpoint, b"", rcvhwm=1, rcvbuf=4096)

    def take():
        topic, meta, _ = socket.recv_multipart()
        meta = json.loads(meta)
        if follower.take(topic, meta):
            received[meta["type"]] = received.get(meta["type"], 0) + follower.complete
        last.update(follower.last)

    while not follower.complete:
        take()
    start = dict(follower.last)
    received.clear()
    losses.clear()
    control = subscribe(endpoint, b".beat/")
    began = json.loads(control.recv_multipart()[1])["seq"]
    while json.loads(control.recv_multipart()[1])["seq"] < began + 1000:  # more than fits in all buffers
        pass
    while sum(received.values()) < 200:
        take()
    lost = {}
    for line in losses:
        if found := re.fullmatch(r"lost (\d+): (\S+) .*", line):
            lost[found[2]] = lost.get(found[2], 0) + int(found[1])
    assert sum(lost.values()) > 0
    assert {event_type: last[event_type] - start.get(event_type, 0) for event_type in last} == \
        {event_type: received.get(event_type, 0) + lost.get(event_type, 0) for event_type in last}
    assert all(events == "*" or SEEN.fullmatch(event_type) for event_type in last)
