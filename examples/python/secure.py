#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Prints the switch's events like subscribe.py, over an encrypted connection (CURVE).

    secure.py endpoint server-key own-key-secret [count]          Debian: python3-zmq

Both keys are certificate files: the switch's public key and the client's own secret key. `fszmq keygen`
and zmq.auth.create_certificates() make such files.
"""
import sys

import zmq
import zmq.auth

endpoint, server_file, own_file = sys.argv[1:4]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 100

socket = zmq.Context().socket(zmq.SUB)
socket.curve_serverkey, _ = zmq.auth.load_certificate(server_file)  # the switch that we trust
socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(own_file)  # our own key
socket.setsockopt(zmq.SUBSCRIBE, b"")
socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # detects a connection that died silently (docs/clients.md)
socket.connect(endpoint)
print(f"listening to {endpoint}", file=sys.stderr)

for _ in range(count):
    print(socket.recv().decode(), flush=True)
