# SPDX-License-Identifier: MPL-2.0
"""Attacks on an API socket, while a well-behaved client is served throughout."""

import contextlib
import json
import struct
import time

import pytest
import zmq
from attack import Behaved
from conftest import PATIENCE_S, group_xml, wait_until
from tool import ALL, free_ports, switch_xml
from zmtp import command, frame, greet, is_cut, prop, shake_hands

GIB = 1 << 30
ANOTHER = "127.0.0.2"  # this host, but another user: a peer without a name counts by its address
OVERLOADED, DEADLINE, PARSE, INVALID = -32002, -32003, -32700, -32600


def request(method, number=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


class Target:
    """An fszmqd that allows everything, and the client that it must keep serving."""

    def __init__(self, fszmqd, settings):
        self.ports = free_ports()
        self.daemon = fszmqd(calls_per_second=0, endpoint=self.ports.events,
                             config=switch_xml(self.ports, [group_xml("default", *ALL)], settings))
        self.behaved = Behaved(self.ports.api)
        self.context, self.sockets = zmq.Context(), []

    def client(self, socket_type=zmq.DEALER, source="127.0.0.1", **options):
        made = self.context.socket(socket_type)
        made.linger, made.rcvtimeo = 0, PATIENCE_S * 1000
        for name, value in options.items():
            setattr(made, name, value)
        made.connect(self.ports.api.replace("tcp://", f"tcp://{source}:0;"))
        self.sockets.append(made)
        return made

    def counter(self, *path):
        at = self.behaved.stats()["api"]
        for name in path:
            at = at[name]
        return at

    def api_socket(self, name):
        return self.counter("sockets", 0, name)

    def close(self):
        assert self.behaved.served()
        self.behaved.close()
        for each in self.sockets:
            each.close()
        self.context.term()
        assert self.daemon.process.poll() is None


@pytest.fixture
def target(fszmqd):
    """Factory: target(**settings) is a Target; settings are those of the configuration, with _ for -."""
    made = []

    def start(**settings):
        made.append(Target(fszmqd, {key.replace("_", "-"): value for key, value in settings.items()}))
        return made[-1]

    yield start
    for each in made:
        each.close()


def reply(sock):
    return json.loads(sock.recv_multipart()[-1])


# ---- messages --------------------------------------------------------------------------------------


def test_a_request_of_1_gib_is_refused_before_it_is_read(target):
    at = target()
    before = at.daemon.rss_bytes()
    for flags in (2, 3):  # the last frame, and one of several
        peer = shake_hands(at.ports.api, b"DEALER")
        peer.sendall(bytes([flags]) + struct.pack(">Q", GIB) + bytes(1000))
        assert is_cut(peer)
    assert at.daemon.rss_bytes() - before < 50 << 20


def nested(depth, opens, closes):
    return opens * depth + closes * depth


BOMBS = {
    "arrays": nested(100_000, b"[", b"]"),
    "objects": nested(100_000, b'{"a":', b"}"),
    "not closed": b"[" * 900_000,
    "in params": b'{"jsonrpc":"2.0","id":1,"method":"api","params":' + nested(64, b"[", b"]") + b"}",
    "many values": b"[" + b"{}," * 300_000 + b"{}]",
    "duplicate method": b'{"jsonrpc":"2.0","id":1,"method":"server.ping","method":"api"}',
    "duplicate parameter": b'{"jsonrpc":"2.0","id":1,"method":"api","params":{"command":"echo","command":"system"}}',
    "duplicate after an escape": b'{"jsonrpc":"2.0","id":1,"method":"server.ping","\\u006dethod":"api"}',
    "NUL": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","a\x00b"]}',
    "NUL at the end": b'{"jsonrpc":"2.0","id":1,"method":"server.ping"}\x00',
    "escaped NUL": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","a\\u0000b"]}',
    "bad UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","\xc3\x28"]}',
    "overlong UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","\xc0\xaf"]}',
    "half a surrogate pair": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","\\ud800"]}',
    "a large number": b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"server.ping"}',
    "a large exponent": b'{"jsonrpc":"2.0","id":1e999999,"method":"server.ping"}',
    "two at once": b'{"jsonrpc":"2.0","id":1,"method":"server.ping"} {"jsonrpc":"2.0","id":2,"method":"server.ping"}',
    "nothing": b" ",
    "not JSON": b"api status",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_invalid_message_gets_an_error_and_runs_nothing(target, bomb):
    at = target()
    bad, before = at.client(), at.daemon.rss_bytes()
    for _ in range(20):
        bad.send(BOMBS[bomb])
        error = reply(bad)["error"]
        assert error["code"] in (PARSE, INVALID) and error["message"]
    bad.send(request("server.ping", 7))
    assert reply(bad) == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert at.counter("requests", "invalid") == 20
    assert at.daemon.rss_bytes() - before < 50 << 20


def test_messages_with_wrong_frames_get_an_error(target):
    at = target()
    bad = at.client()
    for frames in ([b"", b"", b"{}"], [b"a", b"b"], [b"", b"{}", b""]):
        bad.send_multipart(frames)
        assert reply(bad)["error"]["code"] == INVALID
    assert at.api_socket("frames_bad") == 3


def test_a_message_of_hundreds_of_frames_is_cut_off(target):
    at = target()
    bad = at.client()
    bad.send_multipart([b"x"] * 300)
    wait_until(lambda: at.api_socket("endings").get("message-frames") == 1, "the client to be cut off")
    bad.send(request("server.ping", 7))  # libzmq has connected again
    assert reply(bad) == {"jsonrpc": "2.0", "id": 7, "result": {}}


def test_probes_of_a_router_are_dropped_and_counted(target):
    at = target()
    bad = at.client()
    for _ in range(1000):
        bad.send(b"")
    bad.send(request("server.ping", 7))
    assert reply(bad) == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert at.api_socket("probes") == 1000


# ---- identities ------------------------------------------------------------------------------------


def test_an_identity_of_255_bytes_is_served_and_a_longer_one_is_cut_off(target):
    at = target()
    long = at.client(routing_id=b"\x01" + b"i" * 254)
    long.send(request("server.ping"))
    assert reply(long)["result"] == {}
    before = at.daemon.rss_bytes()
    for number in range(50):  # RFC 37: at most 255 bytes
        peer, ready = greet(at.ports.api), prop(b"Socket-Type", b"DEALER")
        with contextlib.suppress(ConnectionError):
            peer.sendall(command(b"READY", ready + prop(b"Identity", b"%03d" % number + b"j" * 500_000)))
        assert is_cut(peer)
    wait_until(lambda: at.api_socket("connections") == 2, "all of them to disconnect")
    assert at.daemon.rss_bytes() - before < 100 << 20


def test_two_clients_with_one_identity_each_get_only_their_own_replies(target):
    at = target()
    owner = at.client(routing_id=b"operator")
    owner.send(request("server.ping"))
    assert reply(owner)["result"] == {}
    second = at.client(routing_id=b"operator")
    owner.send(request("api", 2, command="msleep", arg="300"))
    second.send(request("server.ping", 3))
    assert reply(second)["id"] == 3
    assert reply(owner)["id"] == 2
    assert not second.poll(200) and not owner.poll(0)


def test_a_user_id_that_a_client_claims_is_ignored(target):
    at = target()
    peer = shake_hands(at.ports.api, b"DEALER", prop(b"User-Id", b"admin#1#0000000000000000"),
                       prop(b"Peer-Address", b"10.0.0.1"))
    peer.sendall(frame(request("server.hello")))
    got = peer.recv(65536)
    assert b'"user":null' in got
    peer.close()


# ---- floods ----------------------------------------------------------------------------------------


def test_a_flooding_client_gets_errors_and_others_are_served(target):
    at = target(worker_share=20)
    flooders, requests = [at.client(source=ANOTHER, sndhwm=0, rcvhwm=0) for _ in range(4)], 20_000
    for number in range(requests):
        flooders[number % 4].send(request("api", number, command="echo", arg="x" * 100))
    codes = [reply(each).get("error", {}).get("code") for each in flooders for _ in range(requests // 4)]
    assert set(codes) <= {None, OVERLOADED} and len(codes) == requests
    assert at.counter("requests", "overloaded") == codes.count(OVERLOADED)


def test_slow_commands_of_one_user_block_no_other(fszmqd):
    ports = free_ports()
    fszmqd(calls_per_second=0, endpoint=ports.events,
           config=switch_xml(ports, [group_xml("default", *ALL)], {"linger-ms": 100}))
    flooder = shake_hands(ports.api, b"DEALER", source=ANOTHER)
    for number in range(200):
        flooder.sendall(frame(request("api", number, command="msleep", arg="600000", timeout_ms=600000)))
    behaved = Behaved(ports.api)
    wait_until(lambda: behaved.stats()["api"]["workers"]["waiting"] >= 180, "all workers of its share")
    assert behaved.stats()["api"]["workers"]["busy"] <= 13
    assert behaved.served()
    behaved.close()
    flooder.close()


def test_a_client_that_never_reads_replies_is_bounded(target):
    at = target()
    deaf, before = shake_hands(at.ports.api, b"DEALER", source=ANOTHER), at.daemon.rss_bytes()
    big = frame(request("api", command="echo", arg="x" * 100_000))
    deaf.settimeout(1)
    sent = 0
    try:
        while sent < 3000:  # the replies would take 300 MB
            deaf.sendall(big)
            sent += 1
    except TimeoutError:
        pass
    assert at.behaved.served()
    assert at.daemon.rss_bytes() - before < 150 << 20  # client-bytes is 32 MB
    deaf.close()
    wait_until(lambda: at.counter("requests", "held_bytes") < 100_000, "its replies to be freed")


def test_thousands_of_idle_connections_cost_little_memory(target):
    idle, at = 5_000, target(address_connections_per_second=0)
    peers, before = [shake_hands(at.ports.api, b"DEALER") for _ in range(idle)], at.daemon.rss_bytes()
    assert at.behaved.served()
    wait_until(lambda: at.api_socket("clients") == idle + 1, "all to be counted")
    assert at.behaved.served()
    for number in (0, idle - 1):
        peers[number].sendall(frame(request("server.ping")))
        assert b'"result":{}' in peers[number].recv(4096)
    for peer in peers:
        peer.close()
    wait_until(lambda: at.api_socket("clients") == 1, "all to disconnect")
    assert at.daemon.rss_bytes() - before < 150 << 20


def test_replies_to_disconnected_clients_are_dropped_and_counted(target):
    at = target()
    for number in range(100):
        peer = shake_hands(at.ports.api, b"DEALER")
        peer.sendall(frame(request("api", number, command="msleep", arg="200")))
        peer.close()
    wait_until(lambda: at.api_socket("answers_lost") >= 90, "the replies to be lost")
    wait_until(lambda: at.counter("requests", "in_flight") <= 1, "no request to be in flight")


# ---- commands that never return --------------------------------------------------------------------


def test_a_stuck_command_is_reported_and_its_worker_replaced_up_to_the_limit(target):
    at = target(workers=2, workers_stuck=2, linger_ms=200)
    stuck = at.client()
    for number in range(2):
        stuck.send(request("api", number, command="msleep", arg="3600000", timeout_ms=100))
    assert [reply(stuck)["error"]["code"] for _ in range(2)] == [DEADLINE, DEADLINE]
    assert at.counter("workers", "stuck") == 2  # their replacements served the client
    begun = time.monotonic()
    at.behaved.close()
    for number in range(2):
        stuck.send(request("api", number, command="msleep", arg="3600000", timeout_ms=100))
        assert reply(stuck)["error"]["code"] == DEADLINE
    stuck.send(request("api", 9, command="echo", arg="x", timeout_ms=100))
    assert reply(stuck)["error"]["code"] == DEADLINE  # no worker is left to run it, and the client learns that too
    stuck.send(request("server.ping", 10))
    assert reply(stuck)["result"] == {}
    assert at.daemon.stop() == 0 and time.monotonic() - begun < PATIENCE_S  # it ends in time
    at.behaved = None
    at.close = lambda: [each.close() for each in at.sockets] and at.context.term()
