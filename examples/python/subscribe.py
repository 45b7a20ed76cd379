#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Prints the switch's events, one JSON object per line.

    subscribe.py [endpoint [count]]          Debian: python3-zmq
"""
import sys

import zmq

endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://localhost:5556"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 100

context = zmq.Context()
socket = context.socket(zmq.SUB)
socket.setsockopt(zmq.SUBSCRIBE, b"")  # every event: the empty prefix
socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # detects a connection that died silently (docs/clients.md)
socket.connect(endpoint)  # returns at once; connects and reconnects in the background
print(f"listening to {endpoint}", file=sys.stderr)

for _ in range(count):
    print(socket.recv().decode(), flush=True)
