# SPDX-License-Identifier: MPL-2.0
"""Peers without valid credentials: ten thousand wrong passwords, ten thousand wrong keys."""

import collections
import contextlib
import json
import types

import pytest
import zmq
from attack import Behaved
from conftest import PATIENCE_S, group_xml, wait_until
from test_cli_users import GROUPS
from tool import ALL, environment, free_ports, run, switch_xml
from zmtp import command, greet

ATTEMPTS, AT_ONCE, WARM_UP = 10_000, 250, 2_000
GROWTH_BYTES = 30 << 20
ATTACKER = "127.0.0.2"
PASSWORD, GUESS = "open sesame", "very-wrong-guess"
AUDIT = b'{"Event-Name":"CUSTOM","Event-Subclass":"fszmq::audit"'


class Guarded:
    """An fszmqd with security on both sockets, a user alice who is served throughout, and all audit records."""

    def __init__(self, fszmqd, folder, security):
        self.folder, self.ports, self.security = folder, free_ports(), security
        for name in ("switch", "alice"):
            self.tool("keygen", folder / name)
        self.tool("user", f"--file={folder}/users.json", "add", "--group=everything", "--password",
                  f"--key={folder}/alice", "alice", stdin=f"{PASSWORD}\n")
        settings = {"users-file": folder / "users.json", "curve-key-file": folder / "switch_secret",
                    "address-connections-per-second": 0}  # so that only guesses are limited
        groups = [*GROUPS, group_xml("everything", *ALL)]
        self.daemon = fszmqd(calls_per_second=0, endpoint=self.ports.events,
                             config=switch_xml(self.ports, groups, settings, security=security))
        self.behaved = Behaved(self.ports.api, **self.credentials())
        self.context = zmq.Context()
        self.audit = self.context.socket(zmq.SUB)
        self.audit.linger, self.audit.rcvhwm = 0, 0
        for name, value in self.credentials().items():
            setattr(self.audit, name, value)
        self.audit.subscribe(AUDIT)
        self.audit.connect(self.ports.events)
        self.records = []
        wait_until(lambda: self.behaved.ask("api", command="echo", arg="x") and self.read_audit(), "the audit")

    def tool(self, *args, stdin=""):
        run(*args, env=environment(self.folder), stdin=stdin)

    def credentials(self):
        if self.security == "plain":
            return {"plain_username": b"alice", "plain_password": PASSWORD.encode()}
        server, _ = zmq.auth.load_certificate(self.folder / "switch")
        public, secret = zmq.auth.load_certificate(self.folder / "alice_secret")
        return {"curve_serverkey": server, "curve_publickey": public, "curve_secretkey": secret}

    def read_audit(self):
        with contextlib.suppress(zmq.Again):
            while True:
                self.records.append(json.loads(self.audit.recv(zmq.DONTWAIT)))
        return self.records

    def refusals(self):
        self.read_audit()
        return [each for each in self.records if each["Audit-Outcome"] == "refused"]

    def access(self):
        return self.behaved.stats()["access"]

    def close(self):
        self.behaved.close()
        self.audit.close()
        self.context.term()


@pytest.fixture
def guarded(fszmqd, tmp_path):
    made = []

    def start(security):
        made.append(Guarded(fszmqd, tmp_path, security))
        return made[-1]

    yield start
    for each in made:
        each.close()


def guess_passwords(at, count):
    """Makes that many connections, each with another wrong password. If the address is limited, they close at once."""
    def text(value):
        return bytes([len(value)]) + value

    peers = []
    for number in range(count):
        with contextlib.suppress(ConnectionError):
            peer = greet(at.ports.api, b"PLAIN", ATTACKER)
            peers.append(peer)
            peer.sendall(command(b"HELLO", text(b"alice") + text(f"{GUESS}-{number}".encode())))
    return peers


def guess_keys(at, count):
    """Makes that many connections, each with its own unknown key."""
    server, _ = zmq.auth.load_certificate(at.folder / "switch")
    peers = []
    context = zmq.Context()  # its own: at the end of each round its sockets are closed for good
    for _ in range(count):
        peer = context.socket(zmq.DEALER)
        peer.linger = 0
        peer.curve_serverkey = server
        peer.curve_publickey, peer.curve_secretkey = zmq.curve_keypair()
        peer.connect(at.ports.api.replace("tcp://", f"tcp://{ATTACKER}:0;"))
        peers.append(peer)
    return [*peers, types.SimpleNamespace(close=context.term)]


@pytest.mark.parametrize("security, guess", [("plain", guess_passwords), ("curve", guess_keys)])
def test_ten_thousand_wrong_guesses_get_nowhere(guarded, security, guess):
    at, warm_bytes = guarded(security), 0
    for done in range(0, ATTEMPTS, AT_ONCE):
        peers = guess(at, AT_ONCE)
        wait_until(lambda: at.access()["refused"] >= done + AT_ONCE, "a decision on all guesses", 3 * PATIENCE_S)
        for peer in peers:
            peer.close()
        assert at.behaved.served()
        if done == WARM_UP:
            warm_bytes = at.daemon.rss_bytes()
    assert at.daemon.rss_bytes() - warm_bytes < GROWTH_BYTES
    access = at.access()
    assert access["admitted"] == 2  # the well-behaved client and the reader of the audit
    assert access["limited"] >= access["refused"] * 0.9  # most were refused without checking the credentials
    assert access["refused"] >= ATTEMPTS

    reasons = collections.Counter(each["Audit-Why"] for each in at.refusals())
    assert set(reasons) == {"no user has these credentials", "failures-per-minute reached"}
    first = at.refusals()[0]
    assert (first["Audit-Action"], first["Audit-Address"], first["Audit-Socket"]) == ("connect", ATTACKER, "default")
    assert first["Audit-What"].startswith("PLAIN alice" if security == "plain" else "CURVE ")
    reported = len(at.refusals()) + sum(int(each.get("Audit-Suppressed", 0)) for each in at.refusals())
    assert ATTEMPTS * 0.5 < reported <= at.access()["refused"]  # the next record reports the last suppressed ones
    assert not any(GUESS in text or PASSWORD in text for text in (json.dumps(at.records), "\n".join(at.daemon.log)))
    assert len([line for line in at.daemon.log if "refused" in line]) < ATTEMPTS / 10


def test_a_valid_user_is_limited_only_at_the_address_of_a_guesser(guarded):
    at = guarded("plain")
    for peer in guess_passwords(at, 30):
        peer.close()
    wait_until(lambda: at.access()["limited"] > 0, "the address to be limited")
    late = at.context.socket(zmq.DEALER)
    late.linger, late.plain_username, late.plain_password = 0, b"alice", PASSWORD.encode()
    late.connect(at.ports.api.replace("tcp://", f"tcp://{ATTACKER}:0;"))
    late.send(b'{"jsonrpc":"2.0","id":1,"method":"server.ping"}')
    assert not late.poll(500)  # valid, but from the address of the guesses
    late.close()
    fresh = Behaved(at.ports.api, **at.credentials())
    fresh.close()


def test_guesses_over_ipc_are_limited_by_the_operating_systems_user(fszmqd, tmp_path):
    run("user", f"--file={tmp_path}/users.json", "add", "--group=everything", "--password", "alice",
        env=environment(tmp_path), stdin=f"{PASSWORD}\n")
    ports = free_ports()._replace(api=f"ipc://{tmp_path}/api")
    daemon = fszmqd(calls_per_second=0, endpoint=ports.events,
                    config=switch_xml(ports, [group_xml("default"), group_xml("everything", *ALL)],
                                      {"users-file": tmp_path / "users.json"}, security="plain"))
    behaved = Behaved(ports.api, plain_username=b"alice", plain_password=PASSWORD.encode())
    context = zmq.Context()
    for number in range(40):
        peer = context.socket(zmq.DEALER)
        peer.linger, peer.plain_username, peer.plain_password = 0, b"alice", b"%d" % number
        peer.connect(ports.api)
        wait_until(lambda n=number: behaved.stats()["access"]["refused"] > n, "a decision on the guess")
        peer.close()
    assert behaved.stats()["access"]["limited"] >= 25
    assert behaved.served()
    behaved.close()
    context.term()
    assert daemon.process.poll() is None
