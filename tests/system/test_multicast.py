# SPDX-License-Identifier: MPL-2.0
"""Multicast: added and removed by a reload, refused, and repaired after packet loss.

It uses the loopback address, or network namespaces that the test makes."""

import ctypes
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import uuid

import pytest

from conftest import PATIENCE_S, config_xml, stream_xml, wait_until
from transports import LIMITS, addresses, assert_whole, need, receive_envelope, receive_whole, whole_call

CLONE_NEWNET = 0x40000000


def sockets(daemon):
    """The number of sockets that the daemon has open."""
    folder = pathlib.Path(f"/proc/{daemon.pid}/fd")
    count = 0
    for descriptor in folder.iterdir():
        try:
            count += os.readlink(descriptor).startswith("socket:")
        except FileNotFoundError:
            pass  # it has been closed
    return count


@pytest.mark.parametrize("transport", ["epgm", "pgm"])
def test_reload_adds_and_removes_multicast(fszmqd, sub, tmp_path, transport):
    need(transport)
    tcp, _ = addresses("tcp4", tmp_path)
    bound, connected = addresses(transport, tmp_path)

    def config(*binds):
        return config_xml([stream_xml(binds=[tcp, *binds], framing="envelope", **LIMITS)])

    daemon = fszmqd(calls_per_second=20, config=config())
    steady, group = sub(tcp), sub(connected)
    firsts = [0]  # the first number each time the endpoint is added
    seqs = [receive_envelope(steady)[1]["seq"]]
    before = sockets(daemon)
    for _ in range(3):
        daemon.reload(config(bound))
        firsts.append(receive_whole(group)[1]["seq"])
        daemon.reload(config())
        wait_until(lambda: sockets(daemon) <= before, "its sockets to be closed")
        end = time.monotonic() + 15
        while group.poll(1000):
            assert time.monotonic() < end, "still sends after it was removed"
            assert len(group.recv_multipart()) >= 3
        assert daemon.process.poll() is None
    while steady.poll(0):
        topic, meta, _ = receive_envelope(steady)
        if not topic.startswith("."):
            assert meta["seq"] == seqs[-1] + 1 or len(seqs) == 1
            seqs.append(meta["seq"])
    assert len(seqs) > 100
    assert all(later > earlier for earlier, later in zip(firsts, firsts[1:]))  # the numbers of the stream continue
    assert daemon.stop() == 0


def test_bad_multicast_endpoint_does_not_affect_other_streams(fszmqd, sub, tmp_path):
    tcp, _ = addresses("tcp4", tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        taken = f"epgm://lo;239.192.80.1:{other.getsockname()[1]}"
        daemon = fszmqd(calls_per_second=20, wait=False, config=config_xml([
            stream_xml("a", binds=["epgm://nosuch0;239.192.80.1:5999"], acl="any"),
            stream_xml("b", binds=[taken], acl="any"),
            stream_xml("c", binds=[tcp])]))
        assert_whole(whole_call(lambda events=sub(tcp): json.loads(events.recv())))
        log = "\n".join(daemon.log)
        assert "nosuch0" in log and taken in log
        assert daemon.stop() == 0


# ---- two network namespaces --------------------------------------------------------------------


class Namespaces:
    """Two network namespaces with one wire between them, 10.99.0.1 and 10.99.0.2."""

    def __init__(self):
        tag = uuid.uuid4().hex[:6]
        self.a, self.b = f"fsz-{tag}-a", f"fsz-{tag}-b"
        for name in (self.a, self.b):
            self.run(f"ip netns add {name}")
            self.run(f"ip -n {name} link set lo up")
        self.run(f"ip -n {self.a} link add wire type veth peer name wire netns {self.b}")
        for name, address in ((self.a, "10.99.0.1/24"), (self.b, "10.99.0.2/24")):
            self.run(f"ip -n {name} address add {address} dev wire")
            self.run(f"ip -n {name} link set wire up")

    @staticmethod
    def run(command):
        subprocess.run(command, shell=True, check=True, capture_output=True, timeout=PATIENCE_S)

    def lose(self, name, percent):
        """Drops packets that arrive over the wire, at random."""
        rule = f"meta l4proto {{ 17, 113 }} numgen random mod 100 < {percent} counter drop"
        self.run(f"ip netns exec {name} nft 'table ip loss {{ chain in {{ "
                 f"type filter hook prerouting priority 0; iifname \"wire\" {rule}; }}; }}'")

    def lost(self, name):
        shown = subprocess.run(f"ip netns exec {name} nft list ruleset", shell=True, capture_output=True, text=True)
        return int(shown.stdout.split("packets ")[1].split()[0])

    def remove(self):
        for name in (self.a, self.b):
            subprocess.run(f"ip netns del {name}", shell=True, capture_output=True, timeout=PATIENCE_S)


class inside:
    """with inside(name): this thread and the threads that it starts are in that network namespace."""

    def __init__(self, name):
        self.name = name

    @staticmethod
    def enter(descriptor):
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
        self.enter(there)
        os.close(there)

    def __exit__(self, *_):
        self.enter(self.home)
        os.close(self.home)


@pytest.fixture
def namespaces():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    try:
        made = Namespaces()
    except (subprocess.CalledProcessError, OSError) as error:
        pytest.skip(f"no network namespaces on this machine: {error}")
    yield made
    made.remove()


def lose_packets(namespaces, percent):
    """In both directions. Skips the test if this machine cannot do that, with the reason."""
    if not shutil.which("nft"):
        pytest.skip("dropping packets needs nft: install nftables")
    try:
        for name in (namespaces.a, namespaces.b):
            namespaces.lose(name, percent)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"dropping packets needs nf_tables in the kernel: {error.stderr.decode().strip()[:200]}")


@pytest.mark.parametrize("percent", [0, 5])
@pytest.mark.parametrize("transport", ["epgm", "pgm"])
def test_multicast_repairs_packet_loss(fszmqd, sub, namespaces, transport, percent):
    need(transport)
    if percent:
        lose_packets(namespaces, percent)
    with inside(namespaces.b):
        events = sub(f"{transport}://10.99.0.2;239.192.81.1:5600")
    with inside(namespaces.a):
        fszmqd(calls_per_second=20, config=config_xml(
            [stream_xml(binds=[f"{transport}://wire;239.192.81.1:5600"], framing="envelope", **LIMITS)]))
    seqs = []
    while len(seqs) < 2000:
        topic, meta, _ = receive_envelope(events)
        if not topic.startswith("."):
            seqs.append(meta["seq"])
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert percent == 0 or namespaces.lost(namespaces.b) > 10
