# SPDX-License-Identifier: MPL-2.0
"""Our DEALER sends requests to REP and ROUTER of each implementation, in either order of start and through restarts."""

import pytest

import checks
import peers
import rig

ENOUGH = 12
LARGE_BYTES = 1 << 20


def serve_twice(name, pattern, mechanism, host, client, endpoint):
    """Restarts the peer while the host sends requests, then the host while the peer serves."""
    ask, serve = rig.asking_security(mechanism)
    asking = host(dealer=endpoint, pace=5, **ask)
    for _ in range(2):
        before = len(asking.events("answer"))
        peer = client(name, pattern, endpoint, bind=1, **serve)
        asking.wait(lambda: len(asking.events("answer")) >= before + ENOUGH, "answers")
        ups = asking.events("up")
        assert ups[-1]["type"] == pattern.upper() and ups[-1]["version"] == peers.PEERS[name].version
        if len(ups) == 1:
            peer.kill()
            asking.wait_event("down")
    numbers = checks.question_numbers(asking.events("answer"))
    assert numbers == sorted(set(numbers))
    asking.kill()
    again = host(dealer=endpoint, pace=5, **ask)
    again.wait_event("answer", count=ENOUGH)
    checks.all_answers(checks.question_numbers(again.events("answer")))


@pytest.mark.peers(patterns=peers.SERVING, every_language=True)
def test_a_peer_answers_each_question_in_either_order_of_start(name, pattern, mechanism, host, client, endpoint):
    serve_twice(name, pattern, mechanism, host, client, endpoint)


@pytest.mark.peers(patterns=peers.SERVING, mechanisms=("CURVE",))
def test_a_peer_with_keys_answers_each_question(name, pattern, mechanism, host, client, endpoint):
    serve_twice(name, pattern, mechanism, host, client, endpoint)


@pytest.mark.peers(patterns=peers.SERVING, mechanisms=("PLAIN",), only=lambda peer: peer.plain_server)
def test_a_peer_that_checks_a_password_answers_each_question(name, pattern, mechanism, host, client, endpoint):
    serve_twice(name, pattern, mechanism, host, client, endpoint)


@pytest.mark.peers(patterns=peers.SERVING, mechanisms=("NULL", "CURVE"))
def test_large_questions_come_back_whole(name, pattern, mechanism, host, client, endpoint):
    ask, serve = rig.asking_security(mechanism)
    client(name, pattern, endpoint, bind=1, **serve)
    asking = host(dealer=endpoint, pace=1000, **ask)
    asking.wait_event("up")
    sizes = (1, 255, 256, LARGE_BYTES)
    for size in sizes if (name, pattern) == ("go", "rep") else (0, *sizes):  # zmq4 takes an empty body for a delimiter
        asking.say(f"ask {size}")
        whole = rig.pattern_bytes(size)
        wanted = rig.shown(whole) if size > 48 else whole.decode("latin-1")
        asking.wait_event("answer", lambda event: event["frames"] == ["", wanted])


@pytest.mark.peers(patterns=("router",), mechanisms=("PLAIN",), only=lambda peer: peer.plain_server)
def test_a_peer_that_refuses_a_password_is_reported(name, pattern, mechanism, host, client, endpoint):
    ask, serve = rig.asking_security(mechanism)
    client(name, pattern, endpoint, bind=1, **serve)
    asking = host(dealer=endpoint, **{**ask, "password": "another"})
    failed = asking.wait_event("failed")
    assert failed["ending"] == "denied" and failed["reason"] == "400"
    assert not asking.events("up")
