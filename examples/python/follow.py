#!/usr/bin/env python3
"""Follows a stream with framing `envelope` and tells of every event that did not arrive.

    follow.py [endpoint [kind ...]]          Debian: python3-zmq

A kind is an Event-Name, or Event-Name/Event-Subclass as topics have it: CHANNEL_ANSWER,
CUSTOM/sofia::register. Without one, every event is followed. Events go to stdout, one JSON object
per line; losses, restarts and silence are told on stderr.
"""
import json
import re
import sys

import zmq

SILENCE_MS = 3500  # a stream beats once a second: three beats missed


class Follower:
    """The last number seen of each kind. `seq` is not compared: it counts also what we may not see."""

    def __init__(self, prefixes):
        self.prefixes = prefixes
        self.epoch = None
        self.complete = False  # does a kind that we have no number of begin at 1?
        self.last = {}

    def take(self, topic, meta):
        """Accounts for one message; True when it is an event."""
        is_event = not topic.startswith(b".")
        if meta["epoch"] != self.epoch:
            self.complete = self.epoch is not None  # it began while we were listening
            tell(f"{'restarted' if self.complete else 'joined'}: epoch {meta['epoch']}")
            self.epoch, self.last = meta["epoch"], {}
        for kind, number in self.numbers(meta):
            self.sent_up_to(kind, number - 1 if is_event else number)
            self.last[kind] = max(number, self.last.get(kind, 0))
        self.complete = self.complete or meta.get("all", False)  # a beat that named all kinds
        return is_event

    def numbers(self, meta):
        moved = meta.get("types", {})  # of a beat
        if "type_seq" in meta:
            moved = {meta["type"]: meta["type_seq"]}
        return [(kind, number) for kind, number in moved.items() if (kind + "/").startswith(self.prefixes)]

    def sent_up_to(self, kind, number):
        # What was sent before we joined is not lost, only not ours.
        known = self.last.get(kind, 0 if self.complete else number)
        if number > known:
            tell(f"lost {number - known}: {kind} {known + 1}-{number}")


def tell(text):
    print(text, file=sys.stderr, flush=True)


def prefix_of(kind):
    # A typing error would be followed in silence. FreeSWITCH's own spellings are understood.
    name, slash, subclass = kind.partition("/")
    name = name.upper().removeprefix("SWITCH_EVENT_")
    if not re.fullmatch(r"[A-Z0-9_]+\*?|\*", name):
        sys.exit(f"{kind}: a kind is written CHANNEL_ANSWER or CUSTOM/sofia::register")
    whole = "*" if name == "ALL" else name + slash + subclass
    return whole[:-1] if whole.endswith("*") else whole + "/"


def main(endpoint="tcp://localhost:5556", *kinds):
    prefixes = tuple(prefix_of(kind) for kind in kinds) or ("",)
    socket = zmq.Context().socket(zmq.SUB)
    socket.setsockopt(zmq.RCVTIMEO, SILENCE_MS)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # a connection that died unnoticed is made anew
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, SILENCE_MS)
    socket.setsockopt(zmq.SNDHWM, 0)  # else subscriptions beyond 1,000 are dropped unseen
    for prefix in (*prefixes, ".bye/", ".beat/"):
        socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
    socket.connect(endpoint)
    tell(f"listening to {endpoint}")

    follower = Follower(prefixes)
    while True:
        try:
            frames = socket.recv_multipart()
        except zmq.Again:
            tell("silence: the publisher or the way to it is gone; waiting")
            continue
        if len(frames) > 3:  # over multicast: the end of a message was lost, and the next one is behind it
            tell(f"incomplete: {len(frames)} frames of several messages, dropped")
            continue
        if len(frames) < 3:
            sys.exit("not a stream with framing envelope")
        topic, meta, event = frames
        if follower.take(topic, json.loads(meta)):
            print(event.decode(), flush=True)
        elif topic == b".bye/":
            tell("stopped: the publisher said goodbye")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
