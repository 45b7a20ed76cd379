# SPDX-License-Identifier: MPL-2.0
"""Peers that speak ZMTP 3 (RFC 23) by hand: they send what libzmq never sends."""

import socket
import struct

from conftest import PATIENCE_S

MORE, COMMAND = 1, 4  # flags of a frame


def greeting(mechanism=b"NULL", minor=0):
    return b"\xff" + bytes(8) + b"\x7f\x03" + bytes([minor]) + mechanism.ljust(20, b"\0") + bytes(32)


GREETING = greeting()


def frame(body, flags=0):
    if len(body) > 255:
        return struct.pack(">BQ", flags | 2, len(body)) + body
    return struct.pack(">BB", flags, len(body)) + body


def command(name, data=b""):
    return frame(bytes([len(name)]) + name + data, COMMAND)


def prop(name, value):
    """A property of a READY command."""
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


def ready(socket_type, *properties):
    return command(b"READY", prop(b"Socket-Type", socket_type) + b"".join(properties))


def raw_connect(endpoint, source="127.0.0.1"):
    """A connected socket for a tcp:// or ipc:// endpoint. All addresses of 127.0.0.0/8 belong to this host."""
    transport, _, rest = endpoint.partition("://")
    if transport == "ipc":
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(PATIENCE_S)
        peer.connect(rest)
        return peer
    host, _, port = rest.rpartition(":")
    return socket.create_connection((host, int(port)), PATIENCE_S, (source, 0))


def receive_exactly(peer, count):
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            raise ConnectionError(f"closed after {len(data)} of {count} bytes")
        data += part
    return data


def greet(endpoint, mechanism=b"NULL", source="127.0.0.1"):
    """A peer that has sent and received a greeting."""
    peer = raw_connect(endpoint, source)
    peer.sendall(greeting(mechanism))
    assert receive_exactly(peer, len(GREETING)).startswith(b"\xff")
    return peer


def shake_hands(endpoint, socket_type=b"SUB", *properties, source="127.0.0.1"):
    """A peer of that type with mechanism NULL, past its handshake."""
    peer = greet(endpoint, source=source)
    peer.sendall(ready(socket_type, *properties))
    flags, size = receive_exactly(peer, 2)
    assert flags == COMMAND and receive_exactly(peer, size).startswith(b"\x05READY")
    return peer


def is_cut(peer, seconds=PATIENCE_S):
    """Reads and discards what arrives. True if the other side closes the connection in time."""
    peer.settimeout(seconds)
    try:
        while peer.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    peer.close()
    return True
