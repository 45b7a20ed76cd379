# SPDX-License-Identifier: MPL-2.0
"""callprocess.py ENDPOINT SERVICE: a worker that takes every call, and prints what happens, one JSON object per line.

It sets a variable and plays a long tone. When its call ends as lost, it tries one more command on it."""

import json
import sys

import zmq

from apiclient import ApiError
from callworker import CallWorker

LONG = "tone_stream://%(60000,0,440)"


def say(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


def serve(worker, offer):
    controlled = worker.take(offer)
    controlled.execute("set", "language=de", wait=True)
    controlled.execute("playback", LONG)
    while controlled.get("current_application") != "playback":
        pass
    say("plays", call=controlled.call, lease=controlled.lease)
    return controlled


def after(controlled, message):
    say(message["method"], params=message["params"])
    if message["method"] == "call.end" and message["params"]["reason"] == "lost":
        try:
            controlled.execute("set", "language=none")
            say("done")
        except ApiError as error:
            say("refused", code=error.code)


def main(endpoint, service):
    worker, calls = CallWorker(zmq.Context(), endpoint, service), {}
    worker.socket.setsockopt(zmq.RCVTIMEO, -1)
    say("ready")
    while True:
        while worker.offers:
            controlled = serve(worker, worker.next_offer())
            calls[controlled.call] = controlled
        while worker.notifications:
            message = worker.notifications.pop(0)
            after(calls.get(message["params"]["call"]), message)
        worker._read()


if __name__ == "__main__":
    main(*sys.argv[1:])
