# SPDX-License-Identifier: MPL-2.0
"""One publisher and its subscribers as processes, and the figures that they print."""

import json
import pathlib
import statistics
import subprocess
import sys
from typing import NamedTuple

TESTS = pathlib.Path(__file__).resolve().parents[1] / "tests"
sys.path.append(str(TESTS))

from testports import Ports  # noqa: E402

LINES = TESTS / "data/calls.jsonl"
BACKLOG = 1000  # events, at full rate: libzmq's own high-water mark
RUN_S = 120
free_port = Ports().free


class Keys(NamedTuple):
    """For CURVE: a folder with switch_secret and users.json, and the options of a client with a user's key."""
    folder: pathlib.Path
    client: list


class Rig:
    """The programs of one build folder."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.fszmq = str(self.build / "src/cli/fszmq")
        self.fszmq_bench = str(self.build / "bench/fszmq-bench")

    def program(self, name, *arguments):
        """The output of a benchmark program."""
        return subprocess.run([str(self.build / "bench" / name), *arguments], check=True, text=True, timeout=RUN_S,
                              stdout=subprocess.PIPE).stdout

    def make_keys(self, folder, user):
        """Makes keys for a switch and a user."""
        folder = pathlib.Path(folder)
        for words in (["keygen", folder / "switch"], ["keygen", folder / user],
                      ["user", f"--file={folder / 'users.json'}", f"--key={folder / user}", "--group=default", "add", user]):
            subprocess.run([self.fszmq, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return Keys(folder, ["--key", f"{folder / user}_secret", "--server-key", str(folder / "switch")])

    def _publisher(self, role, endpoint, rate, count, subscribers, subscriptions, framing, keys):
        common = ["--bind", endpoint, "--rate", str(rate), "--count", str(count)]
        if role == "raw":
            flow = ["--block", "--hwm", str(BACKLOG)] if rate == "max" else ["--hwm", "0"]
            return [self.fszmq_bench, "raw", "--json", "--sizes-from", str(LINES),
                    "--wait", str(subscribers * subscriptions), *common, *flow]
        flow = ["--backlog", str(BACKLOG)] if rate == "max" else []
        flow += ["--curve", str(keys.folder)] if keys else []
        return [str(self.build / "bench/bench_publish"), "--file", str(LINES), "--wait", str(subscribers),
                "--subscriptions", str(subscriptions), "--hwm", "0", "--framing", framing, *common, *flow]

    def run(self, role, subscribers, count, rate="max", subscriptions=1, framing="json", keys=None):
        """One run: the publisher's figures, with those of the subscribers in "sub"."""
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        readers = subprocess.Popen(
            [self.fszmq_bench, "subscriber", "--json", "--latency", "--connect", endpoint, "--subscribers",
             str(subscribers), "--count", str(count), "--subscriptions", str(subscriptions),
             *(keys.client if keys else [])],
            stdout=subprocess.PIPE, text=True)
        try:
            done = subprocess.run(self._publisher(role, endpoint, rate, count, subscribers, subscriptions, framing, keys),
                                  check=True, text=True, timeout=RUN_S, stdout=subprocess.PIPE)
            figures = json.loads(done.stdout)
            figures["sub"] = json.loads(readers.communicate(timeout=RUN_S)[0])
        finally:
            readers.kill()
            readers.wait()
        if figures["sub"]["lost"]:
            print(f"bench: {role} lost {figures['sub']['lost']} of {subscribers} x {count} events", file=sys.stderr)
        return figures

    def pairs(self, rounds, **how):
        """Rounds of raw and engine in turn: {"raw": [figures…], "engine": [figures…]}."""
        runs = {"raw": [], "engine": []}
        for turn in range(rounds):
            for role in ("raw", "engine") if turn % 2 == 0 else ("engine", "raw"):
                runs[role].append(self.run(role, **how))
        return runs


def pick(figures, path):
    """"sub.latency_us.p99" of figures."""
    for name in path.split("."):
        figures = figures[name]
    return figures


def medians(runs, path):
    """The medians of raw and of the engine."""
    return tuple(statistics.median(pick(figures, path) for figures in runs[role]) for role in ("raw", "engine"))


def median_ratio(runs, path):
    """The median of engine / raw of each pair, so that load on both cancels out."""
    return statistics.median(pick(engine, path) / pick(raw, path) for raw, engine in zip(runs["raw"], runs["engine"]))
