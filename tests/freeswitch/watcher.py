# SPDX-License-Identifier: MPL-2.0
"""watcher.py ENDPOINT: a subscriber as a process, so that it can be stopped with a signal.

Prints a line of JSON every 0.2 s and at SIGTERM: received (events), invalid (not JSON), and for framing envelope
first and last (seq), lost (by seq), gaps, epochs, bye (an orderly stop was announced)."""

import json
import signal
import sys
import time

import zmq

EVERY_S = 0.2
MULTICAST_KBIT, MULTICAST_MS = 20000, 5000  # same as the stream


class Watcher:
    def __init__(self):
        self.state = {"received": 0, "first": None, "last": None, "lost": 0, "gaps": 0, "epochs": 0, "invalid": 0,
                      "bye": False}
        self.epoch = None

    def take(self, frames):
        own = len(frames) == 3 and self.follow(frames[0], json.loads(frames[1]))
        if own:
            return
        self.state["received"] += 1
        try:
            json.loads(frames[-1])
        except ValueError:
            self.state["invalid"] += 1

    def follow(self, topic, meta):
        """Follows the numbers; true for a message of the stream itself, which is not an event."""
        if meta["epoch"] != self.epoch:
            self.epoch = meta["epoch"]
            self.state.update(last=None, epochs=self.state["epochs"] + 1)
        own = topic.startswith(b".")
        self.state["bye"] |= topic == b".bye/"
        if self.state["last"] is not None:
            missing = meta["seq"] - self.state["last"] - (0 if own else 1)
            self.state["lost"] += missing
            self.state["gaps"] += missing > 0
        self.state["last"] = meta["seq"]
        if not own and self.state["first"] is None:
            self.state["first"] = meta["seq"]
        return own


def main(endpoint):
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    sub = zmq.Context.instance().socket(zmq.SUB)
    sub.setsockopt(zmq.LINGER, 0)
    for option, value in ((zmq.RCVHWM, 1000), (zmq.RECONNECT_IVL, 50), (zmq.SUBSCRIBE, b""),
                          (zmq.RATE, MULTICAST_KBIT), (zmq.RECOVERY_IVL, MULTICAST_MS)):
        sub.setsockopt(option, value)
    sub.connect(endpoint)
    watcher, due = Watcher(), 0
    while not ended:
        if sub.poll(50):
            watcher.take(sub.recv_multipart())
        if time.monotonic() >= due:
            print(json.dumps(watcher.state), flush=True)
            due = time.monotonic() + EVERY_S
    print(json.dumps(watcher.state), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
