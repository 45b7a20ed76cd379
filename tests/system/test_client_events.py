# SPDX-License-Identifier: MPL-2.0
"""Events CUSTOM fszmq::client: clients that connect, leave, lag and are disconnected."""

import contextlib
import json
import os
import socket
import time

import pytest
import zmq
from conftest import (PATIENCE_S, api_socket_xml, config_xml, free_endpoint, group_xml, service_xml, stream_xml,
                      wait_until)
from tool import ALL, Requests, environment, run
from zmtp import frame, greet, greeting, is_cut, ready

CLIENT = b'{"Event-Name":"CUSTOM","Event-Subclass":"fszmq::client"'
LAG_EVENTS = 1000  # 10 MB: more than the system's buffers and `send-hwm`
DROPPED = ("Client-Dropped-Low", "Client-Dropped-Normal", "Client-Dropped-High")


class Switch:
    """An fszmqd with the streams `watch` and `slow` and an API socket. `events` subscribes to its client events."""

    def __init__(self, fszmqd, subscriber, settings=None, calls_per_second=5, watch=True, services=(),
                 grants=ALL, **both):
        self.watch, self.slow, self.api = (free_endpoint() for _ in range(3))
        self.settings, self.services, self.grants, self.both = dict(settings or {}), services, grants, both
        self.context, self.names, self.asking = zmq.Context(), {}, None
        self.daemon = fszmqd(calls_per_second, console=True, config=self.config())
        if watch:
            self.events = subscriber(self.watch, CLIENT, PATIENCE_S)
            self.wait_watched()

    def config(self, **settings):
        keys = {"send_hwm": 100, "send_buffer_bytes": 4096, **self.both}
        return config_xml([stream_xml("watch", [self.watch]), stream_xml("slow", [self.slow], **keys)],
                          {**self.settings, **settings}, [api_socket_xml("api", binds=[self.api], **self.both)],
                          [group_xml("default", *self.grants)], self.services)

    def wait_watched(self):
        """Connects and disconnects until an event arrives: a subscription takes a moment."""
        def seen():
            self.peer(self.watch).close()
            return self.events.poll(100)

        wait_until(seen, "the subscription to take effect")
        last = self.peer(self.watch)
        last.close()
        self.next("leave", address=self.names[last])

    def next(self, action, **members):
        """The next event with that action and these members, such as owner="stream/slow"."""
        wanted = {f"Client-{name.title().replace('_', '-')}": value for name, value in members.items()}
        while True:
            event = json.loads(self.events.recv())
            if event["Client-Action"] == action and wanted.items() <= event.items():
                return event

    def peer(self, endpoint, minor=0):
        """A subscriber to everything that speaks ZMTP 3.`minor` by hand, with a small receive buffer."""
        peer = socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])), PATIENCE_S)
        self.names[peer] = "tcp://%s:%d" % peer.getsockname()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        peer.sendall(greeting(minor=minor) + ready(b"SUB") + frame(b"\x01"))
        return peer

    def send_events(self, count):
        """Sends events that soon fill the buffers of a peer that does not read."""
        if self.asking is None:
            self.asking = Requests(self.context, self.api)
            self.asking.call("server.ping")
            self.next("connect", owner="api-socket/api")
        for _ in range(count):
            reply = self.asking.call("event.send", event={"Event-Name": "CUSTOM", "Event-Subclass": "acme::load",
                                                      "_body": "x" * 10000})
            assert "result" in reply, reply

    def counters(self):
        return self.daemon.status()["client_events"]

    def close(self):
        for peer in self.names:
            peer.close()
        self.context.destroy(0)


@pytest.fixture
def switch(fszmqd, subscriber):
    """Factory: switch(settings=None, calls_per_second=5, **keys of the stream `slow` and of the API socket)."""
    made = []

    def start(**options):
        made.append(Switch(fszmqd, subscriber, **options))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_a_subscriber_that_connects_and_leaves(switch):
    here = switch()
    peer = here.peer(here.slow)
    connected = here.next("connect", owner="stream/slow")
    assert connected["Client-Address"] == here.names[peer] and connected["Client-Endpoint"] == here.slow
    assert connected["Client-Direction"] == "accepted" and connected["Client-Mechanism"] == "NULL"
    assert not {"Client-User", "Client-Reason", "Client-Dropped-Low"} & connected.keys()
    listed = json.loads(here.daemon.command("zmq clients json owner=stream/slow"))["connections"]
    assert [str(each["id"]) for each in listed] == [connected["Client-Id"]]
    peer.close()
    left = here.next("leave", id=connected["Client-Id"])
    assert left["Client-Reason"] in ("closed", "system") and left["Client-Address"] == connected["Client-Address"]
    assert int(left["Client-Age-ms"]) >= int(connected["Client-Age-ms"])
    assert [left[name] for name in DROPPED] == ["0", "0", "0"]


def test_a_client_event_has_the_headers_of_every_event(switch):
    here = switch()
    here.peer(here.slow)
    connected = here.next("connect", owner="stream/slow")
    assert connected["Core-UUID"] and connected["Event-Date-Timestamp"] and int(connected["Event-Sequence"]) > 0


def test_a_client_of_an_api_socket_that_is_kicked(switch):
    here = switch()
    asking = Requests(here.context, here.api)
    asking.call("server.ping")
    connected = here.next("connect", owner="api-socket/api")
    here.daemon.command(f"zmq kick {connected['Client-Id']}")
    assert here.next("disconnect", id=connected["Client-Id"])["Client-Reason"] == "kicked"


def test_a_user_and_a_refused_one(switch, tmp_path):
    run("user", f"--file={tmp_path}/users.json", "add", "--group=default", "--password", "alice",
        env=environment(tmp_path), stdin="right\n")
    here = switch(settings={"users-file": tmp_path / "users.json"}, security="plain")
    wrong = Requests(here.context, here.api, plain_username=b"alice", plain_password=b"wrong")
    refused = here.next("reject", owner="api-socket/api")
    assert refused["Client-Reason"] == "refused" and refused["Client-Mechanism"] == "PLAIN"
    wrong.socket.close()
    right = Requests(here.context, here.api, plain_username=b"alice", plain_password=b"right")
    right.call("server.ping")
    connected = here.next("connect", owner="api-socket/api")
    assert connected["Client-User"] == "alice" and connected["Client-Mechanism"] == "PLAIN"


def test_a_peer_that_speaks_another_protocol_is_rejected(switch):
    here = switch()
    with socket.create_connection(("127.0.0.1", int(here.api.rpartition(":")[2])), PATIENCE_S) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + bytes(64))
        rejected = here.next("reject", owner="api-socket/api")
        assert rejected["Client-Address"] == "tcp://%s:%d" % browser.getsockname()
    assert rejected["Client-Reason"] in ("protocol", "version") and "Client-Mechanism" not in rejected


def test_a_peer_over_the_limit_of_connections_is_rejected(switch):
    here = switch()
    here.daemon.reload(here.config(**{"address-connections-max": 1}))
    here.daemon.wait_log("reloaded")
    first = here.peer(here.slow)
    here.next("connect", owner="stream/slow", address=here.names[first])
    second = here.peer(here.slow)
    rejected = here.next("reject", owner="stream/slow")
    assert rejected["Client-Reason"] == "address-connections" and rejected["Client-Address"] == here.names[second]
    assert "Client-Id" not in rejected and "Client-Dropped-Low" not in rejected


def test_a_peer_that_disconnects_before_the_handshake_makes_no_event(switch):
    here = switch()
    before = here.counters()["fired"]
    for _ in range(5):
        greet(here.slow).close()
    peer = here.peer(here.slow)
    here.next("connect", owner="stream/slow", address=here.names[peer])
    assert here.counters()["fired"] == before + 1


@pytest.mark.parametrize("sent, reason", [
    (frame(b"\x01" + bytes(5000)), "message-bytes"),
    (frame(b"x", flags=0x80), "protocol"),
    (frame(b"a", 1) + frame(b"b", 1) + frame(b"c"), "message-frames"),
])
def test_a_subscriber_that_is_disconnected(switch, sent, reason):
    here = switch()
    peer = here.peer(here.slow)
    connected = here.next("connect", owner="stream/slow")
    peer.sendall(sent)
    ended = here.next("disconnect", id=connected["Client-Id"])
    assert ended["Client-Reason"] == reason and ended["Client-Owner"] == "stream/slow"
    if reason != "protocol":
        here.daemon.wait_log(f'stream "slow": disconnected {here.names[peer]}: a message ')


def test_a_request_over_the_limit_ends_the_connection(switch):
    here = switch()
    asking = Requests(here.context, here.api)
    asking.call("server.ping")
    connected = here.next("connect", owner="api-socket/api")
    asking.socket.send(bytes(2 << 20))
    assert here.next("disconnect", id=connected["Client-Id"])["Client-Reason"] == "message-bytes"
    here.daemon.wait_log('API socket "api": disconnected ')


def test_a_client_that_answers_no_heartbeat(switch):
    here = switch(heartbeat_ms=100, heartbeat_timeout_ms=200)
    here.peer(here.slow, minor=1)  # older versions have no heartbeat
    connected = here.next("connect", owner="stream/slow")
    assert here.next("disconnect", id=connected["Client-Id"])["Client-Reason"] == "heartbeat-timeout"


def test_a_subscriber_lags_and_catches_up(switch):
    here = switch(calls_per_second=0)
    peer = here.peer(here.slow)
    connected = here.next("connect", owner="stream/slow")
    here.send_events(LAG_EVENTS)
    lags = here.next("lag", id=connected["Client-Id"])
    assert sum(int(lags[name]) for name in DROPPED) >= 1 and "Client-Reason" not in lags
    peer.settimeout(0.1)

    def read():
        with contextlib.suppress(TimeoutError):
            assert peer.recv(1 << 20)
        return here.events.poll(0)

    wait_until(read, "an event after everything was read")
    caught_up = here.next("caught-up", id=connected["Client-Id"])
    assert all(int(caught_up[name]) >= int(lags[name]) for name in DROPPED)


def test_lag_is_reported_once(switch):
    here = switch(calls_per_second=0)
    here.peer(here.slow)
    connected = here.next("connect", owner="stream/slow")
    here.send_events(LAG_EVENTS)
    here.next("lag", id=connected["Client-Id"])
    here.send_events(LAG_EVENTS)
    here.peer(here.slow)
    assert json.loads(here.events.recv())["Client-Action"] == "connect"
    dropped = json.loads(here.daemon.command("zmq clients json owner=stream/slow"))["connections"][0]["dropped"]
    assert sum(dropped.values()) > LAG_EVENTS


def test_a_flood_of_connections_makes_few_events_and_counts_the_rest(switch):
    here, flood = switch(), 300
    here.daemon.reload(here.config(**{"client-events-rate": 5}))
    here.daemon.wait_log("reloaded")
    before = here.counters()
    started = time.monotonic()
    for _ in range(flood):
        here.peer(here.slow).close()
    wait_until(lambda: here.daemon.status()["streams"][1]["disconnected"] == flood,
               "all to disconnect")
    took_s = time.monotonic() - started
    reported = fired = 0
    while fired + reported < 2 * flood:  # the last number may arrive in a separate event
        event = json.loads(here.events.recv())
        reported += int(event.get("Client-Suppressed", 0))
        fired += event["Client-Action"] != "suppressed"
    assert fired + reported == 2 * flood and fired <= 5 + 5 * (took_s + 1)
    assert here.counters()["suppressed"] - before["suppressed"] == reported
    assert "suppressed" in here.daemon.command("zmq status")


def test_a_reload_turns_client_events_off_and_on(switch):
    here = switch(settings={"client-events-rate": 0}, watch=False)
    here.peer(here.slow)
    wait_until(lambda: json.loads(here.daemon.command("zmq clients json owner=stream/slow"))["connections"],
               "the peer to connect")
    assert here.counters() == {"fired": 0, "suppressed": 0, "overflowed": 0, "refused": 0}
    here.daemon.reload(here.config(**{"client-events-rate": 50}))
    here.daemon.wait_log("reloaded")
    here.peer(here.slow)
    wait_until(lambda: here.counters()["fired"] == 1, "the next peer to be reported")


def test_an_endpoint_that_a_service_connects_to(switch):
    serving = free_endpoint()
    here = switch(services=[service_xml("directory", [serving])])
    provider = here.context.socket(zmq.ROUTER)
    provider.bind(serving)
    connected = here.next("connect", owner="service/directory")
    assert connected["Client-Direction"] == "dialed" and connected["Client-Address"] == serving
    provider.close(0)
    assert here.next("leave", id=connected["Client-Id"])["Client-Owner"] == "service/directory"


def test_a_reload_that_removes_an_endpoint_disconnects_it(switch):
    serving = free_endpoint()
    here = switch(services=[service_xml("directory", [serving])])
    provider = here.context.socket(zmq.ROUTER)
    provider.bind(serving)
    connected = here.next("connect", owner="service/directory")
    here.services = ()
    here.daemon.reload(here.config())
    assert here.next("disconnect", id=connected["Client-Id"])["Client-Reason"] == "stopped"


def test_the_event_of_a_client_over_ipc_has_its_user_and_process(fszmqd, subscriber, tmp_path):
    endpoint = f"ipc://{tmp_path}/events"
    fszmqd(endpoint=endpoint, config=config_xml([stream_xml(binds=[endpoint])]))
    events = subscriber(endpoint, CLIENT, PATIENCE_S)

    def arrived():
        subscriber(endpoint, b"none")
        return events.poll(100)

    wait_until(arrived, "the subscription to take effect")
    event = json.loads(events.recv())
    assert event["Client-Uid"] == str(os.getuid()) and event["Client-Pid"] == str(os.getpid())


def test_a_peer_without_the_grant_sees_none(switch, subscriber):
    here = switch(calls_per_second=50, watch=False,
                  grants=[("streams", "*"), ("events", "CHANNEL_*"), ("events", "HEARTBEAT")])
    events = subscriber(here.watch)
    events.recv()
    for _ in range(5):
        here.peer(here.slow)
    wait_until(lambda: here.counters()["fired"] >= 6, "all events to be fired")
    assert all(json.loads(events.recv())["Event-Name"] != "CUSTOM" for _ in range(100))


def test_a_stop_with_many_clients(switch):
    here = switch(calls_per_second=50)
    peers = [here.peer(here.slow) for _ in range(50)]
    assert here.daemon.stop() == 0
    assert all(is_cut(peer) for peer in peers)
