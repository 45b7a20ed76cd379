"""callprocess.py ENDPOINT SERVICE: a worker that takes every call, and says what happens, JSON a line.

It sets a variable, plays a long tone, and tries to take the call further when its own call ends as lost."""

import json
import sys

import zmq

from apiclient import ApiError
from callworker import CallWorker

LONG = "tone_stream://%(60000,0,440)"


def say(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


def serve(worker, offer):
    held = worker.take(offer)
    held.execute("set", "language=de", wait=True)
    held.execute("playback", LONG)
    while held.get("current_application") != "playback":
        pass
    say("plays", call=held.call, lease=held.lease)
    return held


def after(held, message):
    say(message["method"], params=message["params"])
    if message["method"] == "call.end" and message["params"]["reason"] == "lost":
        try:
            held.execute("set", "language=none")
            say("done")
        except ApiError as error:
            say("refused", code=error.code)


def main(endpoint, service):
    worker, calls = CallWorker(zmq.Context(), endpoint, service), {}
    worker.socket.setsockopt(zmq.RCVTIMEO, -1)
    say("ready")
    while True:
        while worker.offers:
            held = serve(worker, worker.next_offer())
            calls[held.call] = held
        while worker.notifications:
            message = worker.notifications.pop(0)
            after(calls.get(message["params"]["call"]), message)
        worker._read()


if __name__ == "__main__":
    main(*sys.argv[1:])
