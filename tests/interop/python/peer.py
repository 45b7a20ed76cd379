# SPDX-License-Identifier: MPL-2.0
"""A peer for the tests in this folder, on PyZMQ; README.md lists its options and output."""

import sys
import time
import zlib

import zmq
from zmq.auth.thread import ThreadAuthenticator

DEFAULTS = {"mechanism": "NULL", "pace": "20", "timeout": "2000", "window": "10", "switch-after": "-1"}
TYPES = {"sub": zmq.SUB, "xsub": zmq.XSUB, "req": zmq.REQ, "dealer": zmq.DEALER, "rep": zmq.REP, "router": zmq.ROUTER}

pattern, endpoint, *words = sys.argv[1:]
pairs = [word.split("=", 1) for word in words]
options = {**DEFAULTS, **dict(pairs)}
prefixes = [value.encode() for key, value in pairs if key == "subscribe"]
context, judges = zmq.Context(), []


def say(*parts):
    print(*parts, flush=True)


def shown(frame):
    if len(frame) > 48:
        return f"#{len(frame)}:{zlib.crc32(frame):08x}"
    return frame.decode(errors="replace") or "-"


def subscribe(socket, on, prefix):
    if pattern == "xsub":
        socket.send(bytes([on]) + prefix)
    else:
        socket.setsockopt(zmq.SUBSCRIBE if on else zmq.UNSUBSCRIBE, prefix)


def secure(socket):
    if options["mechanism"] == "PLAIN" and pattern in ("rep", "router"):
        judges.append(ThreadAuthenticator(context))  # ends when it is garbage-collected
        judges[-1].start()
        judges[-1].configure_plain(domain="global", passwords={options["user"]: options["password"]})
        socket.plain_server, socket.zap_domain = True, b"global"
    elif options["mechanism"] == "PLAIN":
        socket.plain_username, socket.plain_password = options["user"].encode(), options["password"].encode()
    elif options["mechanism"] == "CURVE":
        socket.curve_publickey, socket.curve_secretkey = options["public"].encode(), options["secret"].encode()
        if "server" in options:
            socket.curve_serverkey = options["server"].encode()
        else:
            socket.curve_server = True


def open_socket():
    socket = context.socket(TYPES[pattern])
    socket.linger, socket.rcvhwm, socket.sndhwm, socket.reconnect_ivl = 0, 0, 0, 50
    if "heartbeat" in options:
        socket.heartbeat_ivl = int(options["heartbeat"])
    secure(socket)
    (socket.bind if options.get("bind") else socket.connect)(endpoint)
    for prefix in prefixes:
        subscribe(socket, True, prefix)
    say("started")
    return socket


def take(socket):
    frames = socket.recv_multipart()
    say("message", *map(shown, frames))
    return frames


def run_subscriber():
    socket, count = open_socket(), 0
    while True:
        if count == int(options["switch-after"]):
            subscribe(socket, False, prefixes[0])
            subscribe(socket, True, options["then"].encode())
            say("switched")
        take(socket)
        count += 1


def run_server():
    socket = open_socket()
    while True:
        socket.send_multipart(take(socket))


def request(number):
    size = int(options.get("size", 0))
    body = bytes(i % 251 for i in range(size)) if size else b"request-%d" % number
    return [b"env-%d" % number, b"", body] if pattern == "dealer" else [body]


def run_client():
    socket, number, window = None, 0, int(options["window"]) if pattern == "dealer" else 1
    while True:
        if socket is None:
            socket = open_socket()
            socket.rcvtimeo = int(options["timeout"])
        for _ in range(window):
            socket.send_multipart(request(number))
            number += 1
        try:
            for _ in range(window):
                take(socket)
        except zmq.Again:
            say("timeout", number)
            socket.close()
            socket = None
        time.sleep(int(options["pace"]) / 1000)


if pattern in ("sub", "xsub"):
    run_subscriber()
elif pattern in ("rep", "router"):
    run_server()
else:
    run_client()
