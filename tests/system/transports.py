# SPDX-License-Identifier: MPL-2.0
"""Helpers for tests of the transports: their addresses, and checks of the events they carry."""

import json
import socket
import time
import uuid

import pytest

from conftest import MULTICAST_KBIT, MULTICAST_MS, free_port

LIMITS = {"multicast_rate_kbit": MULTICAST_KBIT, "multicast_recovery_ms": MULTICAST_MS, "acl": "any"}


def may_use_raw_sockets():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 113).close()
        return True
    except PermissionError:
        return False


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def need(transport):
    if transport == "pgm" and not may_use_raw_sockets():
        pytest.skip("pgm needs CAP_NET_RAW")
    if transport == "tcp6" and not has_ipv6():
        pytest.skip("no IPv6 on this machine")


def addresses(transport, folder):
    """The address that the daemon binds, and the one that the subscriber connects to."""
    port, name = free_port(), uuid.uuid4().hex
    return {
        "tcp4": (f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port}"),
        "tcp6": (f"tcp://[::1]:{port}", f"tcp://[::1]:{port}"),
        "wildcard": (f"tcp://*:{port}", f"tcp://127.0.0.1:{port}"),
        # If IPv6 is on, an interface stands for its IPv6 address, if it has one.
        "interface": (f"tcp://lo:{port}", f"tcp://{'[::1]' if has_ipv6() else '127.0.0.1'}:{port}"),
        "ipc": (f"ipc://{folder}/events", f"ipc://{folder}/events"),
        "abstract": (f"ipc://@fsz-{name}", f"ipc://@fsz-{name}"),
        "epgm": (f"epgm://lo;239.192.80.1:{port}", f"epgm://127.0.0.1;239.192.80.1:{port}"),
        "pgm": (f"pgm://127.0.0.1;239.192.80.2:{port}", f"pgm://127.0.0.1;239.192.80.2:{port}"),
    }[transport]


def whole_call(receive):
    """The events of one call, from its CHANNEL_CREATE to its CHANNEL_DESTROY."""
    calls, end = {}, time.monotonic() + 60
    while time.monotonic() < end:
        event = receive()
        call, name = event.get("Unique-ID"), event["Event-Name"]
        if name == "CHANNEL_CREATE":
            calls[call] = []
        if call in calls:
            calls[call].append(event)
            if name == "CHANNEL_DESTROY":
                return calls[call]
    pytest.fail("no call from beginning to end within a minute")


def assert_whole(call):
    names = [event["Event-Name"] for event in call]
    assert names[0] == "CHANNEL_CREATE" and names[-1] == "CHANNEL_DESTROY"
    assert {"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"} <= set(names)
    numbers = [int(event["Event-Sequence"]) for event in call]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers)


def receive_envelope(events):
    topic, meta, event = events.recv_multipart()
    return topic.decode(), json.loads(meta), json.loads(event)


def receive_whole(events):
    """Like receive_envelope(), but skips remains of messages whose sender has ended (docs/protocol/events.md)."""
    while True:
        frames = events.recv_multipart()
        if len(frames) == 3:
            return frames[0].decode(), json.loads(frames[1]), json.loads(frames[2])
        assert len(frames) > 3
