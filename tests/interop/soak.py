#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Peers of every implementation come and go for a given time; exits with 1 if anything is wrong.

    FSZ_BUILD_DIR=build/asan tests/interop/soak.py [--seconds 1800] [--peers 8] [--seed N]

Three hosts (NULL, PLAIN, CURVE) publish, serve and send requests. Peers of random implementations and patterns run for
some seconds. Some are suspended for a while; all are killed. In between, connections send garbage, nothing, or half a
greeting. Checks what each peer receives, each host's memory, that no connection is left at the end and, in a build of
the presets asan or tsan, the reports of the sanitizer. JeroMQ 0.6.0 is sometimes mute on a new connection
(conftest.py), so its peers may time out before their first reply; these are counted."""

import argparse
import os
import random
import signal
import socket
import struct
import sys
import time

import checks
import peers
import rig

MECHANISMS = ("NULL", "PLAIN", "CURVE")
ALWAYS = {"heartbeat": 200, "heartbeat_timeout": 20_000, "threaded": 1}
ENOUGH = 5
REPORT_S = 30
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(48)
RUBBISH = (b"", b"\xff", GREETING[:20], GREETING, GREETING + b"\x04\x05\x05READ", b"GET / HTTP/1.1\r\n\r\n",
           GREETING + b"\x06" + b"\xff" * 8, GREETING + b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB\x00\x01\x01")


class Served:
    """A host with one mechanism, and the endpoints of its peers."""

    def __init__(self, mechanism):
        self.mechanism = mechanism
        self.pub, self.router = rig.free_endpoint(), rig.free_endpoint()
        self.served = rig.Host(pub_bind=self.pub, router_bind=self.router, **ALWAYS, **rig.host_security(mechanism))
        self.asked = [rig.free_endpoint() for _ in range(2)]
        self.free = list(self.asked)
        self.asking = rig.Host(dealer=self.asked, **ALWAYS, **rig.asking_security(mechanism)[0])
        self.hosts = (self.served, self.asking)

    def endpoint_of(self, pattern):
        return self.pub if pattern in peers.SUBSCRIBING else self.router


class Visit:
    """One peer's life."""

    def __init__(self, served, name, pattern):
        self.served, self.name, self.pattern = served, name, pattern
        self.end, self.stop_at, self.slept = time.monotonic() + random.uniform(3, 15), None, False
        serving = pattern in peers.SERVING
        self.endpoint = served.free.pop() if serving else served.endpoint_of(pattern)
        options = rig.asking_security(served.mechanism)[1] if serving else rig.client_security(served.mechanism)
        options = {**options, **({"bind": 1} if serving else {"subscribe": "t0.", "timeout": 10_000})}
        self.peer = rig.Client(name, pattern, self.endpoint, **options)
        if random.random() < 0.2:
            self.stop_at = time.monotonic() + random.uniform(1, 3)

    def __str__(self):
        return f"{self.name} {self.pattern} {self.served.mechanism}"

    def tick(self):
        """Returns True when the peer has ended."""
        now = time.monotonic()
        if self.stop_at and now >= self.stop_at:
            os.kill(self.peer.process.pid, signal.SIGCONT if self.slept else signal.SIGSTOP)
            self.stop_at, self.slept = None if self.slept else now + random.uniform(0.5, 2), not self.slept
        if now < self.end or self.slept:
            return False
        self.peer.wait_messages(ENOUGH)
        self.peer.kill()
        if self.pattern in peers.SERVING:
            self.served.free.append(self.endpoint)
        self.check()
        return True

    def check(self):
        messages = self.peer.messages()
        if self.pattern in peers.SUBSCRIBING:
            checks.no_holes(messages)
        elif self.pattern in peers.REQUESTING:
            checks.answers(messages)
            late = [line for line in self.peer.lines if line.startswith("timeout")]
            assert len(late) <= self.was_mute(), self.peer.describe()

    def was_mute(self):
        """Did it time out before its first reply?"""
        words = [line.split()[0] for line in self.peer.lines if line.startswith(("timeout", "message"))]
        return self.name == peers.SOMETIMES_MUTE and self.pattern in peers.REQUESTING and words[:1] == ["timeout"]


def able(served, free_only=False):
    """(name, pattern) of each peer that can start now."""
    states = peers.prepared()
    for name, peer in peers.PEERS.items():
        if served.mechanism not in peer.mechanisms or states.get(name):
            continue
        for pattern in peer.patterns:
            serving = pattern in peers.SERVING
            if serving and (not served.free or (served.mechanism == "PLAIN" and not peer.plain_server)):
                continue
            yield name, pattern


def visit_rudely(endpoint):
    """A connection without ZMTP: sends bytes, then closes or resets."""
    host, port = endpoint.removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(random.choice(RUBBISH))
        if random.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(random.uniform(0, 0.02))


def resident_kib(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def report(all_served, started, visits, rude):
    memory = [resident_kib(host.process) for served in all_served for host in served.hosts]
    print(f"{time.monotonic() - started:6.0f} s  {visits} peers and {rude} others have come; hosts' memory {memory} KiB",
          flush=True)
    return max(memory)


def forget(all_served):
    """Drops lines of hosts that are not needed any more."""
    for served in all_served:
        for host in served.hosts:
            del host.lines[:max(0, len(host.lines) - 1000)]


def run(seconds, count):
    started, reported, visits, rude, mute = time.monotonic(), time.monotonic(), 0, 0, 0
    all_served, living, settled = [Served(mechanism) for mechanism in MECHANISMS], [], None
    while time.monotonic() < started + seconds:
        while len(living) < count:
            served = random.choice(all_served)
            living.append(Visit(served, *random.choice(list(able(served)))))
            visits += 1
        over = [visit for visit in living if visit.tick()]
        living = [visit for visit in living if visit not in over]
        mute += sum(visit.was_mute() for visit in over)
        visit_rudely(random.choice(all_served).endpoint_of(random.choice(("sub", "req"))))
        rude += 1
        if time.monotonic() > reported + REPORT_S:
            reported, peak = time.monotonic(), report(all_served, started, visits, rude)
            settled = settled or peak
            forget(all_served)
    for visit in living:
        visit.peer.kill()
    report(all_served, started, visits, rude)
    print(f"{mute} visits of {peers.SOMETIMES_MUTE} began with a mute connection")
    finish(all_served)


def finish(all_served):
    """Checks that no connection is left and that each host ends without an error."""
    for served in all_served:
        for name in ("pub", "router"):
            wait_empty(served.served, name)
        for host in served.hosts:
            code = host.finish()
            assert code == 0 and not host.errors, host.describe()
        print(f"{served.mechanism}: nothing is left, no complaint")


def wait_empty(host, name):
    deadline = time.monotonic() + 60
    while True:
        figures = host.figures(name)
        left = {key: figures[key] for key in ("open", "ready", "input_bytes", "output_bytes")}
        if not any(left.values()):
            return
        assert time.monotonic() < deadline, f"{name} still has {left}"
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--peers", type=int, default=8, help="how many there are at a time")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = parser.parse_args()
    print(f"seed {given.seed}; programs of {rig.BUILD}")
    random.seed(given.seed)
    if any("failed" in state for state in peers.prepare_all().values()):
        return 1
    run(given.seconds, given.peers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
