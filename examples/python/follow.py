#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Follows a stream with framing `envelope` and reports every event that did not arrive.

    follow.py [endpoint [event-type ...]]          Debian: python3-zmq

An event type is an Event-Name, or Event-Name/Event-Subclass as in topics: CHANNEL_ANSWER,
CUSTOM/sofia::register. Without one, all events are followed. Events go to stdout, one JSON object
per line; losses, restarts and silence are reported on stderr.
"""
import json
import re
import sys

import zmq

SILENCE_MS = 3500  # a stream beats once a second: three beats missed


class Follower:
    """The last number seen of each event type. `seq` is not compared: it also counts events that we may not see."""

    def __init__(self, prefixes):
        self.prefixes = prefixes
        self.epoch = None
        self.complete = False  # true: an event type not seen yet starts at 1
        self.last = {}

    def take(self, topic, meta):
        """Accounts for one message; True if it is an event."""
        is_event = not topic.startswith(b".")
        if meta["epoch"] != self.epoch:
            self.complete = self.epoch is not None  # true: it began while we were listening
            report(f"{'restarted' if self.complete else 'joined'}: epoch {meta['epoch']}")
            self.epoch, self.last = meta["epoch"], {}
        for event_type, number in self.numbers(meta):
            self.sent_up_to(event_type, number - 1 if is_event else number)
            self.last[event_type] = max(number, self.last.get(event_type, 0))
        self.complete = self.complete or meta.get("all", False)  # a beat that names all event types
        return is_event

    def numbers(self, meta):
        moved = meta.get("types", {})  # in a beat
        if "type_seq" in meta:
            moved = {meta["type"]: meta["type_seq"]}
        return [each for each in moved.items() if (each[0] + "/").startswith(self.prefixes)]

    def sent_up_to(self, event_type, number):
        # Events that were sent before we joined are not losses.
        known = self.last.get(event_type, 0 if self.complete else number)
        if number > known:
            report(f"lost {number - known}: {event_type} {known + 1}-{number}")


def report(text):
    print(text, file=sys.stderr, flush=True)


def prefix_of(event_type):
    # Checks the spelling: a misspelt name would match nothing. Accepts FreeSWITCH's own spellings too.
    name, slash, subclass = event_type.partition("/")
    name = name.upper().removeprefix("SWITCH_EVENT_")
    if not re.fullmatch(r"[A-Z0-9_]+\*?|\*", name):
        sys.exit(f"{event_type}: write an event type as CHANNEL_ANSWER or CUSTOM/sofia::register")
    whole = "*" if name == "ALL" else name + slash + subclass
    return whole[:-1] if whole.endswith("*") else whole + "/"


def main(endpoint="tcp://localhost:5556", *event_types):
    prefixes = tuple(prefix_of(event_type) for event_type in event_types) or ("",)
    socket = zmq.Context().socket(zmq.SUB)
    socket.setsockopt(zmq.RCVTIMEO, SILENCE_MS)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)  # detects a connection that died silently
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, SILENCE_MS)
    socket.setsockopt(zmq.SNDHWM, 0)  # otherwise subscriptions beyond 1,000 are dropped silently
    for prefix in (*prefixes, ".bye/", ".beat/"):
        socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
    socket.connect(endpoint)
    report(f"listening to {endpoint}")

    follower = Follower(prefixes)
    while True:
        try:
            frames = socket.recv_multipart()
        except zmq.Again:
            report("silence: the publisher or the connection to it is gone; waiting")
            continue
        if len(frames) > 3:  # over multicast: the end of a message was lost, and another message followed
            report(f"incomplete: {len(frames)} frames of several messages; dropped")
            continue
        if len(frames) < 3:
            sys.exit("not a stream with framing envelope")
        topic, meta, event = frames
        if follower.take(topic, json.loads(meta)):
            print(event.decode(), flush=True)
        elif topic == b".bye/":
            report("stopped: the publisher has ended")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
