# SPDX-License-Identifier: MPL-2.0
"""Kills, restarts and reloads under load, and configurations of the largest size."""

import json
import threading
import time

import pytest
import zmq

from conftest import PATIENCE_S, api_socket_xml, config_xml, find_program, free_endpoint, stream_xml, wait_until
from fire import Reader, sanitized
from zmtp import frame, shake_hands


def test_subscribers_come_back_to_a_new_epoch_after_a_kill_under_load(fszmqd):
    daemon = fszmqd(calls_per_second=50, framing="envelope")  # three readers of one process keep up with this
    readers = [Reader(daemon.endpoint) for _ in range(3)]
    for killed in range(1, 4):
        wait_until(lambda: all(len(r.epochs) == killed for r in readers), f"epoch {killed} at every subscriber")
        received = [r.received for r in readers]
        wait_until(lambda: all(r.received > n + 500 for r, n in zip(readers, received)), "events of it")
        daemon.kill()
        daemon.start()
        daemon.wait_ready()
    wait_until(lambda: all(len(r.epochs) == 4 for r in readers), "the last epoch")
    assert daemon.stop() == 0
    wait_until(lambda: all(r.bye for r in readers), ".bye/")
    ledgers = [r.ledger() for r in readers]
    assert all(ledger.lost == 0 and ledger.epochs == ledgers[0].epochs for ledger in ledgers)


def test_an_ipc_endpoint_opens_its_file_again_after_a_kill(fszmqd):
    daemon = fszmqd(calls_per_second=50, framing="envelope", transport="ipc")
    reader = Reader(daemon.endpoint)
    assert reader.started.wait(PATIENCE_S)
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    wait_until(lambda: len(reader.epochs) == 2, "the new epoch")
    reader.ledger()


def test_reloads_under_load_lose_no_event_and_no_memory(fszmqd):
    """A hundred SIGHUPs: the subscriber's endpoint stays; another one is added, removed and fails."""
    endpoint, other = free_endpoint(), free_endpoint()
    # Unlimited, and far from full load, so that a busy machine loses nothing: this test is about reloads.
    kept = stream_xml(binds=[endpoint], framing="envelope", send_hwm=0)
    configs = [
        (config_xml([kept, stream_xml("more", [other], events="CHANNEL_*")]), "configuration reloaded"),
        (config_xml([kept, stream_xml("more", ["tcp://192.0.2.1:1"])]), "the old one stays in effect"),
        (config_xml([kept]), "configuration reloaded"),
        (config_xml([kept, stream_xml("more", [other], framing="morse")]), "the old one stays in effect"),
    ]
    slow = sanitized(find_program("fszmqd"))
    daemon = fszmqd(calls_per_second=50 if slow else 100, console=True, endpoint=endpoint,
                    config=config_xml([kept], {"linger-ms": 10000}))
    reader = Reader(endpoint)
    assert reader.started.wait(PATIENCE_S)
    descriptors, rss = [], []
    for number in range(100):
        config, message = configs[number % 4]
        received = reader.received
        wait_until(lambda: reader.received > received + 100, "events")
        daemon.reload(config)
        daemon.wait_log(message)
        if number % 4 == 2:
            descriptors.append(daemon.descriptors())
            rss.append(daemon.rss_bytes())
    print(f"rss {rss[0] >> 10} KiB after 3 reloads, {rss[-1] >> 10} KiB after 99; {reader.received} events received")
    assert daemon.status()["reloads"] == 50
    assert daemon.stop() == 0
    wait_until(lambda: reader.bye, ".bye/")
    ledger = reader.ledger()
    assert ledger.lost == 0 and len(ledger.epochs) == 1
    # A removed stream closes its descriptors a moment later.
    assert min(descriptors[-5:]) <= max(descriptors[:3])
    if not slow:
        assert min(rss[-5:]) < rss[2] + (6 << 20)


def test_reloads_while_peers_connect_and_disconnect(fszmqd):
    """Limits change while peers connect and disconnect."""
    endpoint, api = free_endpoint(), free_endpoint()
    configs = [config_xml([stream_xml(binds=[endpoint], framing="envelope", send_hwm=1000 + different)],
                          api_sockets=[api_socket_xml(binds=[api], send_hwm=1000 + different)])
               for different in (0, 0, 0, 1)]
    daemon = fszmqd(calls_per_second=50, endpoint=endpoint, config=configs[0])
    reader, ending = Reader(endpoint), threading.Event()
    churns = [threading.Thread(target=churn, args=(address, ending)) for address in (endpoint, api) * 3]
    for each in churns:
        each.start()
    try:
        for number in range(100):
            daemon.reload(configs[number % len(configs)])
            daemon.wait_log("configuration reloaded")
    finally:
        ending.set()
        for each in churns:
            each.join()
    received = reader.received
    wait_until(lambda: reader.received > received + 100, "events after the reloads")
    assert daemon.stop() == 0
    assert len(reader.ledger().epochs) == 1


def churn(endpoint, ending):
    """Peers that subscribe and disconnect."""
    while not ending.is_set():
        try:
            with shake_hands(endpoint) as peer:
                peer.sendall(frame(b"\x01") * 20)
        except OSError:
            time.sleep(0.01)  # a reload is reopening its port


def test_256_streams_have_their_own_numbers(fszmqd, tmp_path):
    endpoints = [f"ipc://{tmp_path}/{i}" for i in range(256)]
    streams = [stream_xml(f"s{i}", [endpoint], framing="envelope") for i, endpoint in enumerate(endpoints)]
    daemon = fszmqd(calls_per_second=2, console=True, endpoint=endpoints[0], config=config_xml(streams))
    assert len(daemon.status()["streams"]) == 256
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.setsockopt(zmq.LINGER, 0)
        sub.setsockopt(zmq.RCVHWM, 0)
        sub.setsockopt(zmq.RCVTIMEO, 60000)
        sub.setsockopt(zmq.SUBSCRIBE, b"")
        for endpoint in endpoints:
            sub.connect(endpoint)
        seen = {}
        deadline = time.monotonic() + PATIENCE_S
        while len(seen) < 256 or min(seen.values()) < 5:
            assert time.monotonic() < deadline
            topic, meta, _ = sub.recv_multipart()
            if not topic.startswith(b"."):
                meta = json.loads(meta)
                seen[meta["stream"]] = seen.get(meta["stream"], 0) + 1
    assert set(seen) == {f"s{i}" for i in range(256)}
    wait_until(lambda: sum(s["connections"] for s in daemon.status()["streams"]) == 0, "no connection")
    assert daemon.stop() == 0


def test_a_257th_stream_is_refused(fszmqd, tmp_path):
    streams = [stream_xml(f"s{i}", [f"ipc://{tmp_path}/{i}"]) for i in range(257)]
    daemon = fszmqd(config=config_xml(streams), endpoint="ipc:///nowhere", wait=False)
    assert daemon.process.wait(PATIENCE_S) == 3
    wait_until(lambda: any("256" in line for line in daemon.log), "the limit in the log")


def encoded_of_known_types(daemon):
    """How many of a thousand events were encoded. None if new event types occurred: their first events always are."""
    first = daemon.status()
    wait_until(lambda: daemon.status()["events"]["offered"] > first["events"]["offered"] + 1, "events in progress")
    before = daemon.status()["events"]
    wait_until(lambda: daemon.status()["events"]["offered"] > before["offered"] + 1000, "more events")
    after = daemon.status()["events"]
    return after["encoded"] - before["encoded"] if daemon.status()["event_types"] == first["event_types"] else None


@pytest.mark.parametrize("framing, head", [("envelope", "CHANNEL_ANSWER/"), ("json", '{"Event-Name":"CHANNEL_ANSWER"')])
def test_a_thousand_subscriptions_are_counted_and_only_matching_events_are_encoded(fszmqd, framing, head):
    daemon = fszmqd(calls_per_second=100, console=True, framing=framing)
    prefixes = [f"{head[:4]}{i}" for i in range(999)] + [head]
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.setsockopt(zmq.LINGER, 0)
        sub.setsockopt(zmq.RCVTIMEO, 60000)
        for prefix in prefixes:
            sub.setsockopt(zmq.SUBSCRIBE, prefix.encode())
        sub.connect(daemon.endpoint)
        wait_until(lambda: daemon.status()["streams"][0]["subscriptions"] == 1000, "1,000 subscriptions")
        for _ in range(50):
            assert json.loads(sub.recv_multipart()[-1])["Event-Name"] == "CHANNEL_ANSWER"
        events = daemon.status()["events"]
        assert events["encoded"] < events["offered"] / 5
        sub.setsockopt(zmq.UNSUBSCRIBE, head.encode())
        wait_until(lambda: daemon.status()["streams"][0]["subscriptions"] == 999, "the subscription to be removed")
        encoded = []
        wait_until(lambda: encoded.append(encoded_of_known_types(daemon)) or encoded[-1] is not None,
                   "no new event type")
        assert encoded[-1] == 0
    wait_until(lambda: daemon.status()["streams"][0]["subscriptions"] == 0, "no subscription")
