# SPDX-License-Identifier: MPL-2.0
"""An endless message: its sender is disconnected at the limit, and memory stays bounded throughout."""

import time

import pytest

from conftest import api_socket_xml, config_xml, free_endpoint, stream_xml
from zmtp import MORE, frame, shake_hands

FRAME = frame(bytes(4000), MORE)
FRAMES_PER_MS = 10  # 40 MB/s: the bytes accepted until the disconnect do not depend on the speed of the machine
BYTES_MAX = 400 << 20  # far more than the switch may accept


def flood(peer):
    """Sends frames until it is cut off. Returns the number of bytes, and the error or None."""
    sent = 0
    try:
        while sent < BYTES_MAX:
            peer.sendall(FRAME * FRAMES_PER_MS)
            sent += len(FRAME) * FRAMES_PER_MS
            time.sleep(0.001)
    except OSError as end:
        return sent, end
    return sent, None


@pytest.mark.parametrize("socket_type", [b"DEALER", b"SUB"])
def test_the_sender_of_an_endless_message_is_cut_off_and_others_are_served(fszmqd, subscriber, socket_type):
    events, requests = free_endpoint(), free_endpoint()
    daemon = fszmqd(
        calls_per_second=20,
        console=True,
        config=config_xml(
            [stream_xml(binds=[events])],
            api_sockets=[api_socket_xml(binds=[requests], request_bytes="64K")],
        ),
    )
    other = subscriber(events)
    other.recv()
    peer = shake_hands(requests if socket_type == b"DEALER" else events, socket_type)
    sent, end = flood(peer)
    assert isinstance(end, ConnectionError) and sent < BYTES_MAX
    if socket_type == b"DEALER":
        assert sent > 64 << 10  # a message of request-bytes is accepted
    now = daemon.status()
    over = [sum(each["endings"].get(reason, 0) for reason in ("message-bytes", "message-frames"))
            for each in (now["api"]["sockets"][0], now["streams"][0])]
    assert over == [socket_type == b"DEALER", socket_type == b"SUB"]
    before = other.recv()
    assert before.startswith(b'{"Event-Name":"')
    assert daemon.process.poll() is None
    assert daemon.peak_rss_bytes() < BYTES_MAX
