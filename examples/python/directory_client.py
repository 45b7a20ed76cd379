#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""A directory like directory.py. It registers on the switch, which need not know where it runs.

    directory_client.py [endpoint of the API socket [service]]          Debian: python3-zmq
"""
import json
import sys
import time
from xml.sax.saxutils import quoteattr

import zmq

PASSWORDS = {"1000": "of 1000", "1001": "of 1001"}
CAPACITY = 100  # requests that may wait here
AGAIN_S = 2  # a registration ends with its connection, and libzmq reconnects without telling us


def document(params):
    user, domain = params.get("user"), params.get("domain")
    if not isinstance(user, str) or not isinstance(domain, str) or user not in PASSWORDS:
        return {"found": False}  # a caller can send a list by writing ARRAY::1|:2
    return {"xml": f'<document><section name="directory"><domain name={quoteattr(domain)}><user id={quoteattr(user)}>'
                   f'<params><param name="password" value={quoteattr(PASSWORDS[user])}/></params>'
                   '</user></domain></section></document>'}


def take(socket, message):
    """Takes a request of the switch, or its reply to our registration."""
    if message.get("method") == "xml.fetch":
        result = document(message["params"]["params"])
        socket.send_json({"jsonrpc": "2.0", "id": message["id"], "result": result})
    elif "error" in message:
        sys.exit(f"not registered: {message['error']['message']}")
    elif "result" in message:
        report("registered")


reported = set()


def report(text):
    """Prints each text only once."""
    if text not in reported:
        reported.add(text)
        print(text, file=sys.stderr, flush=True)


def main(endpoint="tcp://localhost:5557", service="directory"):
    socket = zmq.Context().socket(zmq.DEALER)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # detects a connection that died silently
    socket.setsockopt(zmq.IMMEDIATE, 1)  # while the switch is away, nothing is queued
    socket.connect(endpoint)
    register = {"jsonrpc": "2.0", "id": 0, "method": "service.register",
                "params": {"service": service, "capacity": CAPACITY}}
    due = 0
    while True:
        if time.monotonic() >= due and socket.poll(100, zmq.POLLOUT):
            socket.send_json(register)
            due = time.monotonic() + AGAIN_S
        if socket.poll(100):
            try:
                take(socket, json.loads(socket.recv_multipart()[-1]))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                report(f"not a valid message: {error!r}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
