#!/usr/bin/env python3
"""A directory like directory.py, for a switch that knows nothing of where it runs: it registers there.

    directory_client.py [endpoint of the API socket [service]]          Debian: python3-zmq
"""
import json
import sys
import time
from xml.sax.saxutils import quoteattr

import zmq

PASSWORDS = {"1000": "of 1000", "1001": "of 1001"}
CAPACITY = 100  # questions that may wait here
AGAIN_S = 2  # a registration ends with its connection, and libzmq makes the next one unseen


def document(asked):
    user, domain = asked.get("user"), asked.get("domain")
    if not isinstance(user, str) or not isinstance(domain, str) or user not in PASSWORDS:
        return {"found": False}  # a caller makes a list of it by writing ARRAY::1|:2
    return {"xml": f'<document><section name="directory"><domain name={quoteattr(domain)}><user id={quoteattr(user)}>'
                   f'<params><param name="password" value={quoteattr(PASSWORDS[user])}/></params>'
                   '</user></domain></section></document>'}


def take(socket, message):
    """A question of the switch, or its answer to our registration."""
    if message.get("method") == "xml.fetch":
        result = document(message["params"]["params"])
        socket.send_json({"jsonrpc": "2.0", "id": message["id"], "result": result})
    elif "error" in message:
        sys.exit(f"not registered: {message['error']['message']}")
    elif "result" in message:
        tell("registered")


told = set()


def tell(text):
    """Once is enough."""
    if text not in told:
        told.add(text)
        print(text, file=sys.stderr, flush=True)


def main(endpoint="tcp://localhost:5557", service="directory"):
    socket = zmq.Context().socket(zmq.DEALER)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # a connection that died unnoticed is made anew
    socket.setsockopt(zmq.IMMEDIATE, 1)  # nothing is kept for a switch that is not there
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
                tell(f"no message: {error!r}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
