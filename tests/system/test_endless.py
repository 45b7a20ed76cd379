"""A message without end: whoever sends one is disconnected at the bound, and the memory is bounded all along."""

import json
import socket
import struct
import time

import pytest

from conftest import channel_xml, config_xml, free_port, stream_xml

FRAME = bytes([3]) + struct.pack(">Q", 4000) + bytes(4000)  # long, and more to come (RFC 23)
FRAMES_PER_MS = 10  # 40 MB/s: what is taken until the end shows in seconds, not in a machine's speed
BYTES_MAX = 400 << 20  # far more than the switch may take


def receive(peer, size):
    """Exactly so many bytes."""
    got = b""
    while len(got) < size:
        part = peer.recv(size - len(got))
        assert part, "the connection ended in the handshake"
        got += part
    return got


def shake_hands(port, socket_type):
    """A ZMTP 3.0 peer with mechanism NULL, made by hand: libzmq's own sends no unfinished message."""
    peer = socket.create_connection(("127.0.0.1", port))
    peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
    prop = b"\x0bSocket-Type" + struct.pack(">I", len(socket_type)) + socket_type
    ready = b"\x05READY" + prop
    peer.sendall(bytes([4, len(ready)]) + ready)
    peer.settimeout(20)
    assert receive(peer, 64).startswith(b"\xff")
    flags, size = receive(peer, 2)
    assert flags == 4 and receive(peer, size).startswith(b"\x05READY")
    return peer


def flood(peer):
    """Sends frames until it is cut off; how many bytes, and what the end looked like."""
    sent = 0
    try:
        while sent < BYTES_MAX:
            peer.sendall(FRAME * FRAMES_PER_MS)
            sent += len(FRAME) * FRAMES_PER_MS
            time.sleep(0.001)
    except OSError as end:
        return sent, end
    return sent, None


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.parametrize("socket_type", [b"DEALER", b"SUB"])
def test_a_message_without_end_is_cut_off_and_others_are_served(fszmqd, subscriber, socket_type):
    events, requests = free_port(), free_port()
    daemon = fszmqd(
        calls_per_second=20,
        console=True,
        config=config_xml(
            [stream_xml(binds=[f"tcp://127.0.0.1:{events}"])],
            channels=[channel_xml(binds=[f"tcp://127.0.0.1:{requests}"], request_bytes="64K")],
        ),
    )
    other = subscriber(f"tcp://127.0.0.1:{events}")
    other.recv()
    peer = shake_hands(requests if socket_type == b"DEALER" else events, socket_type)
    sent, end = flood(peer)
    assert isinstance(end, ConnectionError) and sent < BYTES_MAX
    if socket_type == b"DEALER":
        assert sent > 64 << 10  # a message of request-bytes gets through
    now = json.loads(daemon.command("zmq status json"))
    over = [sum(each["endings"].get(reason, 0) for reason in ("message-bytes", "message-frames"))
            for each in (now["api"]["sockets"][0], now["streams"][0])]
    assert over == [socket_type == b"DEALER", socket_type == b"SUB"]
    before = other.recv()
    assert before.startswith(b'{"Event-Name":"')
    assert daemon.process.poll() is None
    assert resident_kib(daemon.pid) < BYTES_MAX / 1024
