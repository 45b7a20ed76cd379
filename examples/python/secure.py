#!/usr/bin/env python3
"""Prints the switch's events as subscribe.py does, over an encrypted connection (CURVE).

    secure.py endpoint server-key own-key-secret [count]          Debian: python3-zmq

Both keys are certificate files: the switch's public one, and one's own secret one, both made by
`fszmq keygen` or by zmq.auth.create_certificates().
"""
import sys

import zmq
import zmq.auth

endpoint, server_file, own_file = sys.argv[1:4]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 100

socket = zmq.Context().socket(zmq.SUB)
socket.curve_serverkey, _ = zmq.auth.load_certificate(server_file)  # whom we trust
socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(own_file)  # who we are
socket.setsockopt(zmq.SUBSCRIBE, b"")
socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # notices a path that died in silence (docs/clients.md)
socket.connect(endpoint)
print(f"listening to {endpoint}", file=sys.stderr)

for _ in range(count):
    print(socket.recv().decode(), flush=True)
