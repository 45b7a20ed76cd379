#!/usr/bin/env python3
"""Makes a call and waits for its end.

    call.py [-a api endpoint] [-e events endpoint] [-n caller's name] endpoint application [argument]
    call.py user/1000 playback /srv/sounds/hello.wav          Debian: python3-zmq

Exits with 1 when the call was not answered, with 2 when it was not even tried, and with 3 when the switch stopped
answering: nothing is sent again.
"""
import argparse
import json
import sys

import zmq

CONNECT_MS = 5_000
RING_S = 60
ANSWER_MS = 65_000  # longer, so that the answer says how the call ended
REFUSED = -32005  # the switch tried, and says why not
LOOK_MS = 1_000  # without news, we ask whether the call is still there

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
events.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # notices a path that died in silence
events.setsockopt(zmq.SUBSCRIBE, b'{"Event-Name":"CHANNEL_HANGUP_COMPLETE"')
events.connect(options.events)  # before the call is made, so that its end can't be missed by much
requests = context.socket(zmq.REQ)
requests.setsockopt(zmq.IMMEDIATE, 1)  # nothing waits for a switch that is away, and runs later (docs/clients.md)
requests.setsockopt(zmq.LINGER, 0)
requests.setsockopt(zmq.TCP_MAXRT, CONNECT_MS)
requests.setsockopt(zmq.SNDTIMEO, CONNECT_MS)
requests.setsockopt(zmq.RCVTIMEO, ANSWER_MS + 5_000)
requests.connect(options.api)


def ask(method, **params):
    """The result; exits without one."""
    sent = False
    try:
        requests.send_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "timeout_ms": ANSWER_MS}})
        sent = True
        answer = json.loads(requests.recv())
    except zmq.Again:
        print(f"no answer from {options.api}: {'it may have run' if sent else 'not sent'}", file=sys.stderr)
        sys.exit(3 if sent else 2)
    if "error" in answer and answer["error"]["code"] == REFUSED:
        print(f"not answered: {answer['error']['data']['reason']}", file=sys.stderr)
        sys.exit(1)
    if "error" in answer:
        print(f"not run: {answer['error']['message']}", file=sys.stderr)
        sys.exit(2)
    return answer["result"]


def wait_end(call):
    """The cause with which the call hangs up; None when that was not seen."""
    while True:
        try:
            event = json.loads(events.recv())
        except zmq.Again:
            if ask("api", command="uuid_exists", arg=call)["output"].strip() != "true":
                return None  # the event was sent before our subscription had arrived
            continue
        if event.get("Unique-ID") == call:
            return event.get("Hangup-Cause")


then = {"app": options.application, "arg": options.argument}
variables = {"origination_caller_id_name": options.name}  # as it is: quotes and commas mean nothing here
uuid = ask("call.originate", endpoint=options.endpoint, variables=variables, then=then, ring_s=RING_S, wait=True)["call"]
print(f"answered: {uuid}", flush=True)
print(f"ended: {wait_end(uuid) or 'cause not seen'}")
