# SPDX-License-Identifier: MPL-2.0
"""Heartbeats in both directions, and peers that do not support them."""

import os
import signal

import pytest

import peers
import rig

BEATS = {"heartbeat": 100, "heartbeat_timeout": 5000}  # a busy machine must not look dead
HOST_KEY = {"sub": "pub_bind", "req": "router_bind", "dealer": "router_bind"}
WHILE_MESSAGES = 100


def serve(host, pattern, endpoint, mechanism="NULL", **options):
    return host(**{HOST_KEY[pattern]: endpoint, "pace": 20}, **rig.host_security(mechanism), **options)


@pytest.mark.peers(patterns=("sub", "req", "dealer"), mechanisms=("NULL", "CURVE"))
def test_a_host_that_sends_heartbeats_keeps_every_peer(name, pattern, mechanism, host, client, endpoint):
    served = serve(host, pattern, endpoint, mechanism, **BEATS)
    peer = client(name, pattern, endpoint, subscribe="t0.", window=1, **rig.client_security(mechanism))
    messages = peer.wait_messages(WHILE_MESSAGES)
    assert all(frames[0].startswith(("t0.", "request-", "env-")) for frames in messages), "a PING taken for a message"
    assert len(served.events("ready")) == 1 and not served.events("ended")
    if peers.PEERS[name].version == "3.1":
        served.wait_round_trip()
    else:  # gets no PING before it has sent one: some 3.0 peers do not know PING
        assert served.round_trips() == [-1]


@pytest.mark.peers(patterns=("sub", "dealer"), only=lambda peer: peer.pings and peer.version == "3.0")
def test_a_peer_of_3_0_that_sends_heartbeats_is_sent_some_too(name, pattern, mechanism, host, client, endpoint):
    served = serve(host, pattern, endpoint, **BEATS)
    peer = client(name, pattern, endpoint, subscribe="t0.", heartbeat=100)
    peer.wait_messages(WHILE_MESSAGES)
    served.wait_round_trip()


@pytest.mark.peers(patterns=("sub", "dealer"), only=lambda peer: peer.version == "3.1")
def test_a_peer_that_does_not_answer_heartbeats_any_more_is_disconnected(
        name, pattern, mechanism, host, client, endpoint):
    served = serve(host, pattern, endpoint, heartbeat=100, heartbeat_timeout=1000)
    peer = client(name, pattern, endpoint, subscribe="t0.")
    peer.wait_messages(3)
    os.kill(peer.process.pid, signal.SIGSTOP)
    assert served.wait_event("ended")["ending"] == "heartbeat-timeout"
    os.kill(peer.process.pid, signal.SIGCONT)
    peer.wait_messages(3, peer.mark())


@pytest.mark.peers(patterns=("sub", "req"), only=lambda peer: peer.pings)
def test_a_peer_that_sends_heartbeats_is_answered(name, pattern, mechanism, host, client, endpoint):
    if name == "ruby":
        pytest.skip("ruby: ffi-rzmq has no heartbeats")
    served = serve(host, pattern, endpoint)
    peer = client(name, pattern, endpoint, subscribe="t0.", heartbeat=100)
    peer.wait_messages(WHILE_MESSAGES)
    assert len(served.events("ready")) == 1 and not served.events("ended")


@pytest.mark.peers(patterns=("router",))
def test_a_host_that_asks_keeps_its_peer_by_heartbeats(name, pattern, mechanism, host, client, endpoint):
    client(name, pattern, endpoint, bind=1)
    asking = host(dealer=endpoint, pace=20, **BEATS)
    asking.wait_event("answer", count=WHILE_MESSAGES)
    assert len(asking.events("up")) == 1 and not asking.events("down")
