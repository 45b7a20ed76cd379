#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Runs an API command in the switch and prints its output.

    command.py [-e endpoint] command [argument]          Debian: python3-zmq

Exit status: 1 if the command failed, 2 if it was not run, and 3 if it may have run: no reply arrived, and the request
is not sent again.
"""
import argparse
import json
import sys

import zmq

CONNECT_MS, PATIENCE_MS = 2_000, 10_000

parser = argparse.ArgumentParser()
parser.add_argument("-e", "--endpoint", default="tcp://localhost:5557")
parser.add_argument("command")
parser.add_argument("argument", nargs="?")
options = parser.parse_args()

socket = zmq.Context().socket(zmq.REQ)  # one request at a time; use a DEALER for several
socket.setsockopt(zmq.IMMEDIATE, 1)  # else requests queue while the switch is away, and run later (docs/clients.md)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.TCP_MAXRT, PATIENCE_MS)
socket.setsockopt(zmq.SNDTIMEO, CONNECT_MS)
socket.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
socket.connect(options.endpoint)

params = {"command": options.command, "arg": options.argument}
sent = False
try:
    socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "api", "params": params})
    sent = True
    reply = json.loads(socket.recv())
except zmq.Again:
    socket.close()
    print(f"no reply from {options.endpoint}: {'it may have run' if sent else 'not sent'}", file=sys.stderr)
    sys.exit(3 if sent else 2)
if "error" in reply:
    print(f"not run: {reply['error']['message']}", file=sys.stderr)
    sys.exit(2)
print(reply["result"]["output"].rstrip("\n"))
sys.exit(1 if reply["result"]["status"] in ("error", "usage") else 0)
