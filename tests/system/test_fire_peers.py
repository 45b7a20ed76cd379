# SPDX-License-Identifier: MPL-2.0
"""Peers that connect and disconnect, send garbage or never finish must not disturb a good subscriber."""

import os
import random
import signal
import socket
import struct
import subprocess
import time

import pytest
import zmq

from conftest import PATIENCE_S, find_program, wait_until
from fire import Reader, sanitized
from zmtp import GREETING, frame, is_cut, raw_connect, receive_exactly, shake_hands

RANDOM = random.Random(20261123)
HUGE = 1 << 62


@pytest.fixture(params=["tcp", "ipc"])
def busy(request, fszmqd):
    """A daemon with some load and one good subscriber, which must lose nothing."""
    daemon = fszmqd(calls_per_second=20, console=True, framing="envelope", transport=request.param,
                    handshake_timeout_ms=3000 if sanitized(find_program("fszmqd")) else 500)
    good = Reader(daemon.endpoint)
    assert good.started.wait(PATIENCE_S)
    yield daemon
    wait_until(lambda: stream_status(daemon)["connections"] == 1, "all but the good subscriber to disconnect")
    wait_until(lambda: stream_status(daemon)["subscriptions"] == 1, "the subscriptions of the others to be removed")
    assert stream_status(daemon)["subscribers"] == 1
    received = good.received
    wait_until(lambda: good.received > received, "more events for the good subscriber")
    ledger = good.ledger()
    assert ledger.lost == 0 and len(ledger.epochs) == 1
    assert daemon.stop() == 0


def stream_status(daemon):
    return daemon.status()["streams"][0]


def settled(daemon, connections):
    wait_until(lambda: stream_status(daemon)["connections"] == connections, f"{connections} connections")


# Garbage

GARBAGE = {
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + RANDOM.randbytes(500),
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "random": RANDOM.randbytes(100000),
    "greeting, then random": GREETING + RANDOM.randbytes(5000),
    "greeting of an unknown mechanism": GREETING.replace(b"NULL", b"WHAT") + RANDOM.randbytes(50),
    "greeting of CURVE": GREETING.replace(b"NULL\0", b"CURVE") + RANDOM.randbytes(500),
    "ready of huge length": GREETING + struct.pack(">BQ", 6, HUGE),
    "ready with a property beyond its end": GREETING + frame(b"\x05READY\x0bSocket-Type\x7f\xff\xff\xffSUB", 4),
    "ready of a PUB": GREETING + frame(b"\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB", 4),
    "message before ready": GREETING + frame(b"\x01"),
    "error command": GREETING + frame(b"\x05ERROR\xff", 4),
}


@pytest.mark.parametrize("bytes_sent", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_instead_of_a_handshake_is_cut_off(busy, bytes_sent):
    with raw_connect(busy.endpoint) as peer:
        try:
            peer.sendall(bytes_sent)
        except OSError:
            return  # already cut off
        assert is_cut(peer)


@pytest.mark.parametrize("greeting", [b"\x01\x00", GREETING[:10] + b"\x01"],
                         ids=["ZMTP 1.0 unversioned", "ZMTP 2.0, no more than its version"])
def test_an_unsupported_or_unfinished_greeting_gets_no_event(busy, greeting):
    with raw_connect(busy.endpoint) as peer:
        peer.sendall(greeting + frame(b"\x01"))
        peer.settimeout(15)
        received = b""
        try:
            while part := peer.recv(65536):
                received += part
        except ConnectionError:
            pass
        assert b"Event-Name" not in received


def test_zmtp_2_0_is_admitted_by_its_address(busy):
    with raw_connect(busy.endpoint) as peer:
        peer.sendall(GREETING[:10] + b"\x01\x02\x00\x00" + frame(b"\x01"))
        peer.settimeout(15)
        received = b""
        while b"Event-Name" not in received:
            part = peer.recv(65536)
            assert part, "closed before an event arrived"
            received = received[-16:] + part


AFTER_HANDSHAKE = {
    "message of huge length": struct.pack(">BQ", 2, HUGE),
    "command of huge length": struct.pack(">BQ", 6, HUGE),
    "subscription of more than 4096 bytes": frame(b"\x01" + b"x" * 5000),
}


@pytest.mark.parametrize("bytes_sent", AFTER_HANDSHAKE.values(), ids=AFTER_HANDSHAKE.keys())
def test_garbage_after_the_handshake_is_cut_off(busy, bytes_sent):
    with shake_hands(busy.endpoint) as peer:
        peer.sendall(bytes_sent)
        assert is_cut(peer)


def test_an_unsubscription_without_a_subscription_does_no_harm(busy):
    with shake_hands(busy.endpoint) as peer:
        peer.sendall(frame(b"\x00never subscribed") + frame(b"\x05SUBSC", 4) + frame(b"\x01.beat/"))
        wait_until(lambda: stream_status(busy)["subscriptions"] == 2, "the subscription after it")
        assert receive_exactly(peer, 8)[2:] == b".beat/"


@pytest.mark.parametrize("message", [b"", b"\x02hello"], ids=["empty", "of another type"])
def test_a_peer_that_sends_anything_but_subscriptions_is_cut_off(busy, message):
    """Subscriptions after that message have no effect."""
    before = stream_status(busy)
    with shake_hands(busy.endpoint) as peer:
        peer.sendall(frame(message) + frame(b"\x01.beat/") * 3)
        assert is_cut(peer)
    after = stream_status(busy)
    assert after["strays"] > before["strays"] and after["subscriptions"] == 1


def test_stray_messages_of_one_peer_do_not_disturb_others(busy):
    """Many connections at once, some with stray messages: each gets its events or is cut off."""
    event_types = [b"CHANNEL_CREATE/", b"CHANNEL_ANSWER/", b"CHANNEL_HANGUP/", b"CHANNEL_DESTROY/"]
    for _ in range(20):
        peers = [shake_hands(busy.endpoint) for _ in event_types]
        stray = shake_hands(busy.endpoint)
        for peer, event_type in zip(peers, event_types):
            peer.sendall(frame(b"\x01" + event_type))
            try:
                stray.sendall(frame(b"\x02stray"))
            except OSError:
                pass  # it is already cut off
        for peer, event_type in zip(peers, event_types):
            try:
                assert receive_exactly(peer, 2 + len(event_type))[2:] == event_type
            except ConnectionError:
                pass  # it was cut off
            peer.close()
        assert is_cut(stray)
        stray.close()


def test_random_bytes_after_a_handshake_do_no_harm(busy):
    for round_number in range(40):
        with shake_hands(busy.endpoint) as peer:
            peer.sendall(random.Random(round_number).randbytes(2000))
            if round_number % 2:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_the_longest_subscription_is_accepted(busy):
    with shake_hands(busy.endpoint) as peer:
        peer.sendall(frame(b"\x01" + b"x" * 4095))
        wait_until(lambda: stream_status(busy)["subscriptions"] == 2, "the long subscription")


# Unfinished handshakes

def test_unfinished_handshakes_are_dropped_in_time(busy):
    before = busy.descriptors()
    parts = [b"", GREETING[:1], GREETING[:10], GREETING[:11], GREETING[:40], GREETING, GREETING + b"\x04\x19\x05REA"]
    peers = [raw_connect(busy.endpoint) for _ in range(400)]
    for number, peer in enumerate(peers):
        peer.sendall(parts[number % len(parts)])
    wait_until(lambda: stream_status(busy)["accepted"] >= 401, "all to be accepted")
    settled(busy, 1)
    assert all(is_cut(peer) for peer in peers)
    for peer in peers:
        peer.close()
    wait_until(lambda: busy.descriptors() <= before, "their descriptors to be closed")


def test_a_very_slow_greeting_is_dropped(busy):
    with raw_connect(busy.endpoint) as peer:
        deadline = time.monotonic() + 10
        try:
            for byte in GREETING:
                peer.sendall(bytes([byte]))
                time.sleep(0.1)
                assert time.monotonic() < deadline
        except OSError:
            return
        pytest.fail("a greeting that took 6 s was accepted with a much shorter handshake timeout")


# Connecting and disconnecting

def test_thousands_of_connects_and_disconnects_leak_nothing(busy):
    rounds, at_once = (12, 25) if sanitized(find_program("fszmqd")) else (60, 50)
    context = zmq.Context()
    rss = []
    before = busy.descriptors()
    for _ in range(rounds):
        subs = [context.socket(zmq.SUB) for _ in range(at_once)]
        for number, sub in enumerate(subs):
            sub.setsockopt(zmq.LINGER, 0)
            sub.setsockopt(zmq.RCVTIMEO, 15000)
            sub.setsockopt(zmq.SUBSCRIBE, b"CHANNEL_STATE/" if number % 2 else b"")
            sub.connect(busy.endpoint)
        for sub in subs[:10]:
            sub.recv_multipart()
        for sub in subs:
            sub.close()
        rss.append(busy.rss_bytes())
    context.term()
    settled(busy, 1)
    wait_until(lambda: busy.descriptors() <= before, "descriptors to be closed")
    assert stream_status(busy)["accepted"] > rounds * at_once / 2
    print(f"{rounds * at_once} connections, rss {rss[0] >> 10} KiB at first, {rss[-1] >> 10} KiB at last")
    if not sanitized(find_program("fszmqd")):
        assert max(rss[-5:]) < max(rss[:rounds // 3]) + (6 << 20)


def test_subscriptions_that_change_are_counted_exactly(busy):
    context = zmq.Context()
    subs = [context.socket(zmq.SUB) for _ in range(8)]
    rng = random.Random(3)
    prefixes = [f"CHANNEL_{i}/".encode() for i in range(300)]
    for sub in subs:
        sub.setsockopt(zmq.LINGER, 0)
        sub.connect(busy.endpoint)
    subscribed = []
    for _ in range(6000):
        if subscribed and rng.random() < 0.5:
            sub, prefix = subscribed.pop(rng.randrange(len(subscribed)))
            sub.setsockopt(zmq.UNSUBSCRIBE, prefix)
        else:
            subscribed.append((rng.choice(subs), rng.choice(prefixes)))
            subscribed[-1][0].setsockopt(zmq.SUBSCRIBE, subscribed[-1][1])
    left = len(set(subscribed)) + 1  # each subscriber counts a prefix once; the reader has one more
    try:
        wait_until(lambda: stream_status(busy)["subscriptions"] == left, f"{left} subscriptions")
    finally:
        context.destroy(linger=0)


def test_subscribers_killed_at_random_leak_nothing(busy):
    rng = random.Random(5)
    before = busy.descriptors()
    running = []
    for _ in range(80):
        running.append(subprocess.Popen([find_program("fszmq"), "tail", busy.endpoint, "--json", "--envelope"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        time.sleep(0.02)
        if len(running) > 8:
            victim = running.pop(rng.randrange(len(running)))
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
    wait_until(lambda: stream_status(busy)["subscribers"] > 4, "some of them to be subscribed")
    for each in running:
        each.kill()
        each.wait()
    settled(busy, 1)
    wait_until(lambda: busy.descriptors() <= before, "descriptors to be closed")
