"""A message without end: libzmq keeps its frames until the last has come, so who sends one is cut off."""

import socket
import struct

import pytest

from conftest import channel_xml, config_xml, free_port, stream_xml

FRAME = bytes([3]) + struct.pack(">Q", 4000) + bytes(4000)  # long, and more to come (RFC 23)
BYTES_MAX = 400 << 20  # far more than the switch may take


def shake_hands(port, socket_type):
    """A ZMTP 3.0 peer with mechanism NULL, made by hand: libzmq's own sends no unfinished message."""
    peer = socket.create_connection(("127.0.0.1", port))
    peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
    prop = b"\x0bSocket-Type" + struct.pack(">I", len(socket_type)) + socket_type
    ready = b"\x05READY" + prop
    peer.sendall(bytes([4, len(ready)]) + ready)
    peer.settimeout(20)
    assert peer.recv(64).startswith(b"\xff")
    return peer


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.parametrize("socket_type", [b"DEALER", b"SUB"])
def test_a_message_without_end_is_cut_off_and_others_are_served(fszmqd, subscriber, socket_type):
    events, requests = free_port(), free_port()
    daemon = fszmqd(
        calls_per_second=20,
        config=config_xml(
            [stream_xml(binds=[f"tcp://127.0.0.1:{events}"])],
            channels=[channel_xml(binds=[f"tcp://127.0.0.1:{requests}"], request_bytes="64K")],
        ),
    )
    other = subscriber(f"tcp://127.0.0.1:{events}")
    other.recv()
    peer = shake_hands(requests if socket_type == b"DEALER" else events, socket_type)
    # The largest message, and what is allowed beside it, must get through (docs/operations.md, limits).
    sent, allowed = 0, (64 << 10) + (64 << 10 if socket_type == b"DEALER" else 4096)
    with pytest.raises((ConnectionError, socket.timeout)) as cut:
        while sent < BYTES_MAX:
            peer.sendall(FRAME)
            sent += len(FRAME)
    assert issubclass(cut.type, ConnectionError) and sent > allowed
    assert sent < BYTES_MAX
    before = other.recv()
    assert before.startswith(b'{"Event-Name":"')
    assert daemon.process.poll() is None
    assert resident_kib(daemon.pid) < BYTES_MAX / 1024
