# SPDX-License-Identifier: MPL-2.0
"""A switch without free descriptors: it refuses new peers, continues, and recovers."""

import contextlib
import json
import os
import resource
import socket

from switch import PATIENCE_S, config_xml, free_port, stream_xml, wait_until

SPARE = 10
REFUSALS = 40
PEERS_MAX = 1000


@contextlib.contextmanager
def few_descriptors(switch):
    """Limits descriptors to a few more than are open now."""
    before = resource.prlimit(switch.pid, resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir(f"/proc/{switch.pid}/fd"))
    resource.prlimit(switch.pid, resource.RLIMIT_NOFILE, (highest + 1 + SPARE, before[1]))
    try:
        yield
    finally:
        resource.prlimit(switch.pid, resource.RLIMIT_NOFILE, before)


def connect(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(PATIENCE_S)
    peer.connect(path)
    return peer


def first_bytes(peer):
    """The first bytes that the peer gets: the greeting, or none if it is cut off."""
    try:
        return peer.recv(64)
    except ConnectionResetError:
        return b""


def connect_until_refused(path, refusals):
    """The peers that were accepted before that many were refused."""
    taken, refused = [], 0
    while refused < refusals:
        peer = connect(path)
        if first_bytes(peer):
            taken.append(peer)
            assert len(taken) < PEERS_MAX
        else:
            peer.close()
            refused += 1
    return taken


def status(switch):
    return json.loads(switch.api("zmq status json"))


def test_ipc_peers_without_a_descriptor_are_refused_and_the_switch_continues(switch, subscriber, calls):
    path, tcp = f"{switch.folder}/events", f"tcp://127.0.0.1:{free_port()}"
    switch.configure(config_xml(stream_xml(tcp, f"ipc://{path}", framing="envelope")))
    assert switch.load() == "+OK"
    steady = [subscriber(tcp), subscriber(f"ipc://{path}")]
    switch.wait_idle()
    with few_descriptors(switch):
        taken = connect_until_refused(path, REFUSALS)
        assert status(switch)["streams"][0]["endings"]["descriptors"] >= REFUSALS
        for each in steady:
            while each.poll(0):
                each.recv_multipart()
            each.recv_multipart()  # beats continue
        assert switch.is_alive()
        assert len(taken) > SPARE / 2
        for peer in taken:
            peer.close()
        wait_until(lambda: first_bytes(connect(path)), "a greeting, now that there are descriptors again")
    load = calls(per_second=20)
    for each in (*steady, subscriber(f"ipc://{path}"), subscriber(tcp)):
        kind = None
        while kind != b"CHANNEL_ANSWER":
            kind = each.recv_multipart()[0].split(b"/")[0]
    load.stop()
