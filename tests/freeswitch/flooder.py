# SPDX-License-Identifier: MPL-2.0
"""flooder.py KIND STREAM API_SOCKET: an admitted peer, from 127.0.0.2, that does one kind of harm until it is killed.
It implements ZMTP 3.0 (RFC 23) itself, because no library would do this.

It stands for a peer on another machine, so it runs at a low priority: the switch and its healthy clients get the
processor first."""

import contextlib
import itertools
import json
import os
import socket
import struct
import sys
import time

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
SOURCE = ("127.0.0.2", 0)
PATIENCE_S = 10
AT_ONCE = 100
LONG = 4000
MIB = 1 << 20
TICK_S = 0.01
NICE = 10


def frame(body, flags=0):
    if len(body) > 255:
        return bytes([flags | 2]) + struct.pack(">Q", len(body)) + body
    return bytes([flags, len(body)]) + body


def ready(kind):
    name = b"Socket-Type"
    value = bytes([len(name)]) + name + struct.pack(">I", len(kind)) + kind
    return frame(b"\x05READY" + value, 4)


def connect(endpoint, kind, source=SOURCE):
    """A connection that has sent its whole handshake, which is complete when the switch has read it. The receive
    buffer is small, so that replies soon fill it."""
    host, port = endpoint.removeprefix("tcp://").split(":")
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.settimeout(PATIENCE_S)
    peer.bind(source)
    peer.connect((host, int(port)))
    peer.sendall(GREETING + ready(kind))
    return peer


def drop(peer):
    """Closes it without a goodbye."""
    with contextlib.suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def request(number, method, **params):
    return frame(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())


def long_subscriptions(stream, _):
    with connect(stream, b"SUB") as peer:
        while True:
            peer.sendall(b"".join(frame(b"\x01" + os.urandom(LONG)) for _ in range(20)))


def toggles(stream, _):
    prefixes = [b'{"Event-Name":"%d' % each for each in range(500)]
    piece = b"".join(frame(begin + each) for begin in (b"\x01", b"\x00") for each in prefixes)
    with connect(stream, b"SUB") as peer:
        while True:
            peer.sendall(piece)


def comings(stream, api_socket):
    """Connections that come and go, 100 at a time: subscribers with many prefixes, and clients."""
    for number in itertools.count():
        peers = []
        for _ in range(AT_ONCE):
            peers.append(connect(*((stream, b"SUB") if number % 2 else (api_socket, b"DEALER"))))
            if number % 2:
                peers[-1].sendall(b"".join(frame(b"\x01" + os.urandom(LONG // 4)) for _ in range(20)))
        for peer in peers:
            drop(peer)


def halves(stream, api_socket):
    """Handshakes that stop in the middle, or continue as long as the switch allows."""
    for number in itertools.count():
        peers = []
        for each in range(AT_ONCE):
            host, port = (stream, api_socket)[each % 2].removeprefix("tcp://").split(":")
            peers.append(socket.create_connection((host, int(port)), PATIENCE_S, SOURCE))
            whole = GREETING + ready(b"SUB" if each % 2 == 0 else b"DEALER")
            peers[-1].sendall(whole[:(number * AT_ONCE + each) % len(whole)])
        time.sleep(TICK_S)
        for peer in peers:
            drop(peer)


def unread(_, api_socket):
    """Requests of nearly 1 MiB with replies as large, which are never read."""
    text = "x" * (MIB - 1000)
    with connect(api_socket, b"DEALER") as peer:
        for number in itertools.count():
            peer.sendall(request(number, "api", command="echo", arg=text))


def questions(_, api_socket):
    """Small requests, as many as possible, whose replies are never read."""
    piece = b"".join(request(each, "server.ping") for each in range(500))
    with connect(api_socket, b"DEALER") as peer:
        while True:
            peer.sendall(piece)


def deaf(stream, _):
    """Subscribes to everything, and never reads."""
    peers = [connect(stream, b"SUB") for _ in range(AT_ONCE)]
    for peer in peers:
        peer.sendall(frame(b"\x01"))
    time.sleep(1)
    for peer in peers:
        drop(peer)


def garbage(stream, api_socket):
    for endpoint, kind in itertools.cycle(((stream, b"SUB"), (api_socket, b"DEALER"))):
        with connect(endpoint, kind) as peer, contextlib.suppress(OSError):
            for _ in range(50):
                peer.sendall(os.urandom(4096))
        with connect(endpoint, kind) as peer, contextlib.suppress(OSError):
            for _ in range(50):
                peer.sendall(frame(os.urandom(200), 1) + frame(os.urandom(200)))
        host, port = endpoint.removeprefix("tcp://").split(":")
        with socket.create_connection((host, int(port)), PATIENCE_S, SOURCE) as peer, contextlib.suppress(OSError):
            peer.sendall(os.urandom(4096))


def drips(stream, api_socket):
    """One byte at a time, of handshakes, subscriptions and requests."""
    pieces = {stream: GREETING + ready(b"SUB") + frame(b"\x01" + bytes(200)) * 100,
              api_socket: GREETING + ready(b"DEALER") + request(1, "server.ping") * 100}
    peers = []
    for each in range(AT_ONCE):
        endpoint = (stream, api_socket)[each % 2]
        host, port = endpoint.removeprefix("tcp://").split(":")
        peers.append((socket.create_connection((host, int(port)), PATIENCE_S, SOURCE), pieces[endpoint]))
    for at in range(min(map(len, pieces.values()))):
        for peer, piece in peers:
            peer.sendall(piece[at:at + 1])
    for peer, _ in peers:
        drop(peer)


def addresses(stream, api_socket):
    """Three times as many connections, each from another address; one leaves when another comes."""
    peers = []
    for number in itertools.count():
        source = (f"127.0.0.{3 + number % 250}", 0)
        peers.append(connect(*((stream, b"SUB") if number % 2 else (api_socket, b"DEALER")), source))
        peers[-1].sendall(frame(b"\x01") if number % 2 else request(number, "server.ping"))
        if len(peers) > 3 * AT_ONCE:
            drop(peers.pop(number % len(peers)))


KINDS = {each.__name__: each for each in (long_subscriptions, toggles, comings, halves, unread, questions, deaf, garbage,
                                          drips, addresses)}


def main(kind, stream, api_socket):
    os.nice(NICE)
    print(json.dumps({"what": "ready"}), flush=True)
    while True:
        try:
            KINDS[kind](stream, api_socket)
        except OSError:  # it was cut off: that is what the switch should do
            time.sleep(TICK_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
