#!/usr/bin/env python3
"""Makes a call and waits for its end.

    call.py [-a api endpoint] [-e events endpoint] dial-string application
    call.py user/1000 '&playback(/srv/sounds/hello.wav)'          Debian: python3-zmq

Exits with 1 when the call was not answered, and with 2 when it was not even tried.
"""
import argparse
import json
import sys

import zmq

ORIGINATE_MS = 60_000  # how long it may ring
LOOK_MS = 1_000  # without news, we ask whether the call is still there

parser = argparse.ArgumentParser()
parser.add_argument("-a", "--api", default="tcp://localhost:5557")
parser.add_argument("-e", "--events", default="tcp://localhost:5556")
parser.add_argument("dial")
parser.add_argument("application")
options = parser.parse_args()

context = zmq.Context()
events = context.socket(zmq.SUB)
events.setsockopt(zmq.RCVTIMEO, LOOK_MS)
events.setsockopt(zmq.SUBSCRIBE, b'{"Event-Name":"CHANNEL_HANGUP_COMPLETE"')
events.connect(options.events)  # before the call is made, so that its end can't be missed by much
requests = context.socket(zmq.REQ)
requests.setsockopt(zmq.LINGER, 0)
requests.setsockopt(zmq.RCVTIMEO, ORIGINATE_MS + 5_000)
requests.connect(options.api)


def api(command, arg):
    """The command's result: `output` and `status`."""
    params = {"command": command, "arg": arg, "timeout_ms": ORIGINATE_MS}
    requests.send_json({"jsonrpc": "2.0", "id": 1, "method": "api", "params": params})
    try:
        answer = json.loads(requests.recv())
    except zmq.Again:
        print(f"no answer from {options.api}", file=sys.stderr)
        sys.exit(2)
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
            if api("uuid_exists", call)["output"].strip() != "true":
                return None  # the event was sent before our subscription had arrived
            continue
        if event.get("Unique-ID") == call:
            return event.get("Hangup-Cause")


result = api("originate", f"{options.dial} {options.application}")
if result["status"] != "ok":
    print(f"not answered: {result.get('reason', result['output'])}", file=sys.stderr)
    sys.exit(1)
uuid = result["output"].split()[1]  # +OK UUID
print(f"answered: {uuid}", flush=True)
print(f"ended: {wait_end(uuid) or 'cause not seen'}")
