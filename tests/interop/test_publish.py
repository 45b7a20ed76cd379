# SPDX-License-Identifier: MPL-2.0
"""Subscribers of each implementation receive from our XPUB, in either order of start and through restarts."""

import pytest

import checks
import peers
import rig

ENOUGH, SECOND = 15, 1_000_000
LARGE_BYTES, SMALL_COUNT = 1 << 20, 10_000
EVERY = dict(patterns=peers.SUBSCRIBING, every_language=True)
RESTARTS = dict(EVERY, full_mechanisms=peers.EVERY_MECHANISM)


@pytest.mark.peers(**RESTARTS)
def test_a_subscriber_that_is_there_first_hears_every_message_until_and_after_a_restart_of_the_host(
        name, pattern, mechanism, host, client, endpoint):
    subscriber = client(name, pattern, endpoint, subscribe="t0.", **rig.client_security(mechanism))
    published = {"pub_bind": endpoint, "pace": 5, **rig.host_security(mechanism)}
    first = host(**published)
    subscriber.wait_messages(ENOUGH)
    first.kill()
    host(**published, first=SECOND)
    subscriber.wait(lambda: len(checks.by_host(subscriber.messages(), SECOND)[1]) >= ENOUGH, "the second host")
    for part in checks.by_host(subscriber.messages(), SECOND):
        checks.no_holes(part)


@pytest.mark.peers(**EVERY)
def test_a_subscriber_that_comes_and_comes_again_hears_what_it_asks_for(
        name, pattern, mechanism, host, client, endpoint):
    published = host(pub_bind=endpoint, pace=5, **rig.host_security(mechanism))
    for _ in range(2):
        subscriber = client(name, pattern, endpoint, subscribe="t0.", then="t1.", switch_after=ENOUGH,
                            **rig.client_security(mechanism))
        subscriber.wait(lambda: any(frames[0].startswith("t1.") for frames in subscriber.messages()), "t1.")
        subscriber.wait_messages(ENOUGH, subscriber.mark())
        messages = subscriber.messages()
        second = next(at for at, frames in enumerate(messages) if frames[0].startswith("t1."))
        assert second >= ENOUGH
        checks.no_holes(messages[:second])
        checks.no_holes(messages[second:], "t1.")
        subscriber.kill()
    published.wait_event("ended", count=2)
    ready = published.events("ready")
    assert [event["type"] for event in ready] == [pattern.upper()] * 2
    assert {event["version"] for event in ready} == {peers.PEERS[name].version}


@pytest.mark.peers(patterns=("sub",), mechanisms=("PLAIN", "CURVE"))
def test_a_subscriber_with_security_hears_what_it_asks_for_and_no_other_does(
        name, pattern, mechanism, host, client, endpoint):
    test_a_subscriber_that_comes_and_comes_again_hears_what_it_asks_for(
        name, pattern, mechanism, host, client, endpoint)


@pytest.mark.peers(patterns=("sub",), mechanisms=("NULL", "CURVE"))
def test_a_large_message_and_ten_thousand_small_ones_arrive_whole_and_in_order(
        name, pattern, mechanism, host, client, endpoint):
    published = host(pub_bind=endpoint, **rig.host_security(mechanism))
    subscriber = client(name, pattern, endpoint, subscribe=["burst.", "large."], **rig.client_security(mechanism))
    published.wait_event("wanted", count=2)
    published.say(f"large {LARGE_BYTES}")
    published.say(f"burst {SMALL_COUNT}")
    messages = subscriber.wait_messages(SMALL_COUNT + 1)
    assert messages[0] == ["large.", rig.shown(rig.pattern_bytes(LARGE_BYTES)), "-"]
    expected = [[f"burst.{i}"] if i % 2 == 0 else ["burst.", str(i), "-", f"body-{i}"] for i in range(SMALL_COUNT)]
    assert messages[1:] == expected


@pytest.mark.peers(patterns=peers.SUBSCRIBING, mechanisms=("NULL", "CURVE"))
def test_a_host_that_connects_reaches_a_subscriber_that_is_bound(name, pattern, mechanism, host, client, endpoint):
    options = {"bind": 1, "subscribe": "t0.", **rig.client_security(mechanism)}
    published = host(pub_connect=endpoint, pace=5, **rig.host_security(mechanism))
    for _ in range(2):
        subscriber = client(name, pattern, endpoint, **options)
        checks.no_holes(subscriber.wait_messages(ENOUGH))
        subscriber.kill()
    assert all(event["dialed"] for event in published.events("ready"))


def test_subscribers_on_ipc_hear_every_message(host, client, tmp_path):
    endpoint = f"ipc://{tmp_path}/events"
    host(pub_bind=[endpoint], pace=5)
    for name in ("c", "python"):
        if peers.prepared().get(name):
            continue
        checks.no_holes(client(name, "sub", endpoint, subscribe="t0.").wait_messages(ENOUGH))
