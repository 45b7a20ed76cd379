"""What may be done to an API socket, while a well-behaved client is served throughout."""

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
ANOTHER = "127.0.0.2"  # of this host, but another user: nameless peers go by their address
OVERLOADED, DEADLINE, PARSE, INVALID = -32002, -32003, -32700, -32600


def question(method, number=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


class Target:
    """An fszmqd that allows everything, and the client that it must go on serving."""

    def __init__(self, fszmqd, settings):
        self.ports = free_ports()
        self.daemon = fszmqd(calls_per_second=0, endpoint=self.ports.events,
                             config=switch_xml(self.ports, [group_xml("default", *ALL)], settings))
        self.behaved = Behaved(self.ports.api)
        self.context, self.sockets = zmq.Context(), []

    def client(self, kind=zmq.DEALER, source="127.0.0.1", **options):
        made = self.context.socket(kind)
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

    def channel(self, name):
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
    """Factory: target(**settings of the configuration, with _ for -)."""
    made = []

    def start(**settings):
        made.append(Target(fszmqd, {key.replace("_", "-"): value for key, value in settings.items()}))
        return made[-1]

    yield start
    for each in made:
        each.close()


def answer(sock):
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
    "duplicate behind an escape": b'{"jsonrpc":"2.0","id":1,"method":"server.ping","\\u006dethod":"api"}',
    "NUL": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","a\x00b"]}',
    "NUL behind": b'{"jsonrpc":"2.0","id":1,"method":"server.ping"}\x00',
    "escaped NUL": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","a\\u0000b"]}',
    "bad UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","\xc3\x28"]}',
    "overlong UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","\xc0\xaf"]}',
    "half a pair": b'{"jsonrpc":"2.0","id":1,"method":"api","params":["echo","\\ud800"]}',
    "a large number": b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"server.ping"}',
    "a large exponent": b'{"jsonrpc":"2.0","id":1e999999,"method":"server.ping"}',
    "two at once": b'{"jsonrpc":"2.0","id":1,"method":"server.ping"} {"jsonrpc":"2.0","id":2,"method":"server.ping"}',
    "nothing": b" ",
    "no JSON": b"api status",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_message_that_is_none_is_answered_and_nothing_is_run(target, bomb):
    at = target()
    bad, before = at.client(), at.daemon.rss_bytes()
    for _ in range(20):
        bad.send(BOMBS[bomb])
        error = answer(bad)["error"]
        assert error["code"] in (PARSE, INVALID) and error["message"]
    bad.send(question("server.ping", 7))
    assert answer(bad) == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert at.counter("requests", "invalid") == 20
    assert at.daemon.rss_bytes() - before < 50 << 20


def test_messages_of_other_frames_than_one_are_answered(target):
    at = target()
    bad = at.client()
    for frames in ([b"", b"", b"{}"], [b"a", b"b"], [b"", b"{}", b""]):
        bad.send_multipart(frames)
        assert answer(bad)["error"]["code"] == INVALID
    assert at.channel("frames_bad") == 3


def test_a_message_of_hundreds_of_frames_is_cut_off(target):
    at = target()
    bad = at.client()
    bad.send_multipart([b"x"] * 300)
    wait_until(lambda: at.channel("endings").get("message-frames") == 1, "it to be cut off")
    bad.send(question("server.ping", 7))  # libzmq has connected again
    assert answer(bad) == {"jsonrpc": "2.0", "id": 7, "result": {}}


def test_probes_of_a_router_are_dropped_and_counted(target):
    at = target()
    bad = at.client()
    for _ in range(1000):
        bad.send(b"")
    bad.send(question("server.ping", 7))
    assert answer(bad) == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert at.channel("probes") == 1000


# ---- identities ------------------------------------------------------------------------------------


def test_an_identity_of_255_bytes_is_served_and_one_beyond_the_protocol_is_cut_off(target):
    at = target()
    long = at.client(routing_id=b"\x01" + b"i" * 254)
    long.send(question("server.ping"))
    assert answer(long)["result"] == {}
    before = at.daemon.rss_bytes()
    for number in range(50):  # RFC 37: at most 255 bytes
        peer, ready = greet(at.ports.api), prop(b"Socket-Type", b"DEALER")
        with contextlib.suppress(ConnectionError):
            peer.sendall(command(b"READY", ready + prop(b"Identity", b"%03d" % number + b"j" * 500_000)))
        assert is_cut(peer)
    wait_until(lambda: at.channel("connections") == 2, "them to be gone")
    assert at.daemon.rss_bytes() - before < 100 << 20


def test_two_with_one_identity_are_served_and_neither_gets_what_is_the_others(target):
    at = target()
    owner = at.client(routing_id=b"operator")
    owner.send(question("server.ping"))
    assert answer(owner)["result"] == {}
    second = at.client(routing_id=b"operator")
    owner.send(question("api", 2, command="msleep", arg="300"))
    second.send(question("server.ping", 3))
    assert answer(second)["id"] == 3
    assert answer(owner)["id"] == 2
    assert not second.poll(200) and not owner.poll(0)


def test_a_user_id_that_a_client_says_of_itself_is_not_believed(target):
    at = target()
    peer = shake_hands(at.ports.api, b"DEALER", prop(b"User-Id", b"admin#1#0000000000000000"),
                       prop(b"Peer-Address", b"10.0.0.1"))
    peer.sendall(frame(question("server.hello")))
    got = peer.recv(65536)
    assert b'"user":null' in got
    peer.close()


# ---- floods ----------------------------------------------------------------------------------------


def test_who_floods_is_told_so_and_others_are_served(target):
    at = target(worker_share=20)
    flooders, requests = [at.client(source=ANOTHER, sndhwm=0, rcvhwm=0) for _ in range(4)], 20_000
    for number in range(requests):
        flooders[number % 4].send(question("api", number, command="echo", arg="x" * 100))
    codes = [answer(each).get("error", {}).get("code") for each in flooders for _ in range(requests // 4)]
    assert set(codes) <= {None, OVERLOADED} and len(codes) == requests
    assert at.counter("requests", "overloaded") == codes.count(OVERLOADED)


def test_slow_commands_of_one_user_hold_up_no_other(fszmqd):
    ports = free_ports()
    fszmqd(calls_per_second=0, endpoint=ports.events,
           config=switch_xml(ports, [group_xml("default", *ALL)], {"linger-ms": 100}))
    flooder = shake_hands(ports.api, b"DEALER", source=ANOTHER)
    for number in range(200):
        flooder.sendall(frame(question("api", number, command="msleep", arg="600000", timeout_ms=600000)))
    behaved = Behaved(ports.api)
    wait_until(lambda: behaved.stats()["api"]["workers"]["waiting"] >= 180, "all workers that it may have")
    assert behaved.stats()["api"]["workers"]["busy"] <= 13
    assert behaved.served()
    behaved.close()
    flooder.close()


def test_who_never_reads_answers_is_bounded(target):
    at = target()
    deaf, before = shake_hands(at.ports.api, b"DEALER", source=ANOTHER), at.daemon.rss_bytes()
    big = frame(question("api", command="echo", arg="x" * 100_000))
    deaf.settimeout(1)
    sent = 0
    try:
        while sent < 3000:  # of which the switch would have 300 MB to answer
            deaf.sendall(big)
            sent += 1
    except TimeoutError:
        pass
    assert at.behaved.served()
    assert at.daemon.rss_bytes() - before < 150 << 20  # client-bytes is 32 MB
    deaf.close()
    wait_until(lambda: at.counter("requests", "held_bytes") < 100_000, "what was held for it to be freed")


def test_thousands_of_idle_connections_cost_little_and_go(target):
    idle, at = 5_000, target(address_connections_per_second=0)
    peers, before = [shake_hands(at.ports.api, b"DEALER") for _ in range(idle)], at.daemon.rss_bytes()
    assert at.behaved.served()
    wait_until(lambda: at.channel("clients") == idle + 1, "all to be counted")
    assert at.behaved.served()
    for number in (0, idle - 1):
        peers[number].sendall(frame(question("server.ping")))
        assert b'"result":{}' in peers[number].recv(4096)
    for peer in peers:
        peer.close()
    wait_until(lambda: at.channel("clients") == 1, "all to be gone")
    assert at.daemon.rss_bytes() - before < 150 << 20


def test_answers_to_clients_that_have_left_are_dropped_and_counted(target):
    at = target()
    for number in range(100):
        peer = shake_hands(at.ports.api, b"DEALER")
        peer.sendall(frame(question("api", number, command="msleep", arg="200")))
        peer.close()
    wait_until(lambda: at.channel("answers_lost") >= 90, "the answers to be lost")
    wait_until(lambda: at.counter("requests", "in_flight") <= 1, "nothing to be under way")


# ---- commands that never return --------------------------------------------------------------------


def test_a_command_that_never_returns_is_told_counted_and_replaced_within_the_cap(target):
    at = target(workers=2, workers_stuck=2, linger_ms=200)
    stuck = at.client()
    for number in range(2):
        stuck.send(question("api", number, command="msleep", arg="3600000", timeout_ms=100))
    assert [answer(stuck)["error"]["code"] for _ in range(2)] == [DEADLINE, DEADLINE]
    assert at.counter("workers", "stuck") == 2  # the client was served by their replacements
    begun = time.monotonic()
    at.behaved.close()
    for number in range(2):
        stuck.send(question("api", number, command="msleep", arg="3600000", timeout_ms=100))
        assert answer(stuck)["error"]["code"] == DEADLINE
    stuck.send(question("api", 9, command="echo", arg="x", timeout_ms=100))
    assert answer(stuck)["error"]["code"] == DEADLINE  # nobody is left to run it, and that is told too
    stuck.send(question("server.ping", 10))
    assert answer(stuck)["result"] == {}
    assert at.daemon.stop() == 0 and time.monotonic() - begun < PATIENCE_S  # and it ends all the same
    at.behaved = None
    at.close = lambda: [each.close() for each in at.sockets] and at.context.term()
