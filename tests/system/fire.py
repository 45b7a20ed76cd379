# SPDX-License-Identifier: MPL-2.0
"""Helpers for tests of faults and overload: readers that count events and losses."""

import collections
import json
import pathlib
import subprocess
import sys
import threading

import zmq

Ledger = collections.namedtuple("Ledger", "first last received lost gaps by_type lost_by_type bye epochs")


class Reader:
    """A subscriber of an envelope stream, in a thread, that checks `seq`.

    ledger() stops it and returns the counts: received + lost == last - first + 1, where `last` comes from the last
    event, `.beat/` or `.bye/`."""

    def __init__(self, endpoint, prefix=b"", rcvhwm=0):
        self.context = zmq.Context()
        self.endpoint, self.prefix, self.rcvhwm = endpoint, prefix, rcvhwm
        self.first = self.last = None
        self.received = self.lost = 0
        self.gaps, self.epochs, self.bye = [], [], False
        self.by_type, self.last_type_seq, self.lost_by_type = (collections.Counter() for _ in range(3))
        self.started = threading.Event()
        self.ending = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with self.context.socket(zmq.SUB) as sub:
            sub.setsockopt(zmq.LINGER, 0)
            sub.setsockopt(zmq.RCVHWM, self.rcvhwm)
            sub.setsockopt(zmq.RCVTIMEO, 100)
            sub.setsockopt(zmq.RECONNECT_IVL, 50)
            sub.setsockopt(zmq.SUBSCRIBE, self.prefix)
            sub.connect(self.endpoint)
            while not self.ending:
                try:
                    topic, meta, _ = sub.recv_multipart()
                except zmq.Again:
                    continue
                self._take(topic, json.loads(meta))
                self.started.set()

    def _take(self, topic, meta):
        if not self.epochs or meta["epoch"] != self.epochs[-1]:
            self.epochs.append(meta["epoch"])
            self.first = self.last = None
            self.last_type_seq.clear()
        self.bye = self.bye or topic == b".bye/"
        own = topic.startswith(b".")
        seq, before = meta["seq"], self.last
        if self.first is None:
            self.first = seq + own
            before = seq - (not own)
        missed = seq - before - (not own)
        if missed > 0:
            self.lost += missed
            self.gaps.append((before + 1, before + missed))
        self.last = seq
        if not own:
            self.received += 1
            self._take_type(meta["type"], meta["type_seq"])

    def _take_type(self, event_type, type_seq):
        before = self.last_type_seq.get(event_type, type_seq - 1)
        self.by_type[event_type] += 1
        self.lost_by_type[event_type] += type_seq - before - 1
        self.last_type_seq[event_type] = type_seq

    def ledger(self):
        self.ending = True
        self.thread.join(20)
        self.context.destroy(linger=0)
        return Ledger(self.first, self.last, self.received, self.lost, self.gaps, self.by_type,
                      self.lost_by_type, self.bye, self.epochs)


class Subscriber:
    """A Reader in a separate process, which can be stopped and killed. It ends at `.bye/`."""

    def __init__(self, endpoint, rcvhwm=1000):
        self.process = subprocess.Popen(
            [sys.executable, __file__, endpoint, str(rcvhwm)], stdout=subprocess.PIPE, text=True,
        )
        assert self.process.stdout.readline() == "receiving\n"

    def ledger(self, seconds=30):
        output, _ = self.process.communicate(timeout=seconds)
        values = json.loads(output)
        return Ledger(*(values[name] for name in Ledger._fields))

    def end(self):
        self.process.kill()
        self.process.communicate()


def subscriber_main(endpoint, rcvhwm):
    reader = Reader(endpoint, rcvhwm=int(rcvhwm))
    reader.started.wait()
    print("receiving", flush=True)
    while not reader.bye:
        reader.thread.join(0.02)
    print(json.dumps(reader.ledger()._asdict()))


def sanitized(program):
    """The sanitizer that the program is built with, or "". With one, memory and speed cannot be checked."""
    code = pathlib.Path(program).read_bytes()
    return "address" if b"__asan_init" in code else "thread" if b"__tsan_init" in code else ""


if __name__ == "__main__":
    subscriber_main(*sys.argv[1:])
