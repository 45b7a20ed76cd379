#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes a call and waits for its end.

    call.py [-a api endpoint] [-e events endpoint] [-n caller's name] endpoint application [argument]
    call.py user/1000 playback /srv/sounds/hello.wav          Debian: python3-zmq

Exit status: 1 if the call was not answered, 2 if it was not attempted, and 3 if the switch stopped replying; nothing
is sent again.
"""
import argparse
import json
import sys

import zmq

CONNECT_MS = 5_000
RING_S = 60
REPLY_MS = 65_000  # longer, so that the reply says how the call ended
REFUSED = -32005  # the attempt failed; the error says why
LOOK_MS = 1_000  # after this time without an event, ask whether the call still exists

parser = argparse.ArgumentParser()
parser.add_argument("-a", "--api", default="tcp://localhost:5557")
parser.add_argument("-e", "--events", default="tcp://localhost:5556")
parser.add_argument("-n", "--name", default="Example")
parser.add_argument("endpoint")
parser.add_argument("application")
parser.add_argument("argument", nargs="?", default="")
options = parser.parse_args()

context = zmq.Context()
events = context.socket(zmq.SUB)
events.setsockopt(zmq.RCVTIMEO, LOOK_MS)
events.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # detects a connection that died silently
events.setsockopt(zmq.SUBSCRIBE, b'{"Event-Name":"CHANNEL_HANGUP_COMPLETE"')
events.connect(options.events)  # before the call is made, so that its end is unlikely to be missed
requests = context.socket(zmq.REQ)
requests.setsockopt(zmq.IMMEDIATE, 1)  # else requests queue while the switch is away, and run later (docs/clients.md)
requests.setsockopt(zmq.LINGER, 0)
requests.setsockopt(zmq.TCP_MAXRT, CONNECT_MS)
requests.setsockopt(zmq.SNDTIMEO, CONNECT_MS)
requests.setsockopt(zmq.RCVTIMEO, REPLY_MS + 5_000)
requests.connect(options.api)


def ask(method, **params):
    """Returns the result; exits if there is none."""
    sent = False
    try:
        requests.send_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "timeout_ms": REPLY_MS}})
        sent = True
        reply = json.loads(requests.recv())
    except zmq.Again:
        print(f"no reply from {options.api}: {'it may have run' if sent else 'not sent'}", file=sys.stderr)
        sys.exit(3 if sent else 2)
    if "error" in reply and reply["error"]["code"] == REFUSED:
        print(f"not answered: {reply['error']['data']['reason']}", file=sys.stderr)
        sys.exit(1)
    if "error" in reply:
        print(f"not run: {reply['error']['message']}", file=sys.stderr)
        sys.exit(2)
    return reply["result"]


def wait_end(call):
    """The hangup cause of the call; None if its event was missed."""
    while True:
        try:
            event = json.loads(events.recv())
        except zmq.Again:
            if ask("api", command="uuid_exists", arg=call)["output"].strip() != "true":
                return None  # the event was sent before our subscription arrived
            continue
        if event.get("Unique-ID") == call:
            return event.get("Hangup-Cause")


then = {"app": options.application, "arg": options.argument}
variables = {"origination_caller_id_name": options.name}  # no escaping: quotes and commas have no meaning here
uuid = ask("call.originate", endpoint=options.endpoint, variables=variables, then=then, ring_s=RING_S, wait=True)["call"]
print(f"answered: {uuid}", flush=True)
print(f"ended: {wait_end(uuid) or 'cause not seen'}")
