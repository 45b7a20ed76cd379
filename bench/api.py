# SPDX-License-Identifier: MPL-2.0
"""The API socket under load: its configuration, the runs of bench_api, their tables.

Used by bench/run (fszmqd against plain libzmq) and bench/freeswitch/api (against mod_event_socket)."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

from rig import RUN_S, Rig, free_port, median_ratio, medians

CPU, RATE, P50, P99 = "cpu_us_per_request", "rate_per_s", "latency_us.p50", "latency_us.p99"
CLIENTS = 64
WINDOW = 128  # commands in flight on one connection: half of worker-share's default
SLOW_MS = 2000
PACE_US = 5000  # between two other commands while the slow one runs
USER = "bench"

CONFIGURATION = """<configuration name="event_zmq.conf">
  <settings>
    <param name="users-file" value="{folder}/users.json"/>
    <param name="curve-key-file" value="{folder}/switch_secret"/>
  </settings>
  <streams><stream name="bench"><param name="bind" value="{stream}"/></stream></streams>
  <api-sockets>
    <api-socket name="plain"><param name="bind" value="{api}"/></api-socket>
    <api-socket name="curve">
      <param name="bind" value="{curve}"/>
      <param name="security" value="curve"/>
    </api-socket>
  </api-sockets>
  <groups>
    <group name="default"><param name="methods" value="*"/><param name="api" value="*"/></group>
  </groups>
</configuration>
"""


class ApiRig:
    """A folder with keys, a users file and a configuration; runs bench_api against it."""

    def __init__(self, build, folder):
        self.build, self.folder = pathlib.Path(build).resolve(), pathlib.Path(folder)
        self.fszmq = str(self.build / "src/cli/fszmq")
        self.api, self.curve, stream = (f"tcp://127.0.0.1:{free_port()}" for _ in range(3))
        keys = Rig(build).make_keys(self.folder, USER)
        self.configuration = CONFIGURATION.format(folder=self.folder, api=self.api, curve=self.curve, stream=stream)
        self.address = {"api": ["--protocol", "api", "--connect", self.api],
                        "curve": ["--protocol", "api", "--connect", self.curve, *keys.client]}

    def ask(self, role, pid, **how):
        """One run of bench_api; its figures."""
        words = [word for name, value in how.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        done = subprocess.run([str(self.build / "bench/bench_api"), *self.address[role], "--pid", str(pid), *words],
                              check=True, text=True, timeout=RUN_S, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def pairs(self, rounds, roles, **how):
        """Rounds of both roles in turn: {"raw": figures of the first, "engine": of the second}; `roles` are
        pairs of a role and its switch's process id."""
        runs = {"raw": [], "engine": []}
        for turn in range(rounds):
            both = list(zip(runs, roles))
            for name, (role, pid) in both if turn % 2 == 0 else both[::-1]:
                runs[name].append(self.ask(role, pid, **how))
        return runs


def cases(scale):
    """The cases: {name: options of bench_api}; FSZ_CASES selects some, separated by semicolons."""
    every = {"one at a time": {"count": int(8000 * scale)},
             "1 client, pipelined": {"count": int(60000 * scale), "window": WINDOW},
             f"{CLIENTS} clients": {"count": int(60000 * scale), "clients": CLIENTS}}
    wanted = os.environ.get("FSZ_CASES", ";".join(every)).split(";")
    return {name: how for name, how in every.items() if name in wanted}


def table_head(first, second):
    return [*(f"{what}{side}" for what in ("", "rate/s, ", "switch CPU, µs/request, ", "p50, µs, ", "p99, µs, ")
              for side in ((first, second) if what else ("",)))]


def row(name, runs):
    """A row of medians: both sides of each figure."""
    pairs = [medians(runs, path) for path in (RATE, CPU, P50, P99)]
    return [name, *(f"{value:,.0f}" if value >= 100 else f"{value:.1f}" for pair in pairs for value in pair)]


def wait_answer(rig, pid):
    """Waits until the switch replies."""
    for _ in range(10):
        try:
            return rig.ask("api", pid, count=1)
        except subprocess.CalledProcessError:
            time.sleep(0.1)
    raise TimeoutError("no answer on the API socket")


def against_libzmq(build, rounds, scale=1):
    """A table: fszmqd with the simulated switch, and an echo of plain libzmq."""
    with tempfile.TemporaryDirectory(prefix="fsz-bench-") as folder:
        rig, echo = ApiRig(build, folder), f"tcp://127.0.0.1:{free_port()}"
        configuration = pathlib.Path(folder, "event_zmq.conf.xml")
        configuration.write_text(rig.configuration)
        rig.address["libzmq"] = ["--protocol", "api", "--connect", echo]
        started = [subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for words in (
            [str(rig.build / "bench/bench_api"), "--echo", echo],
            [str(rig.build / "src/daemon/fszmqd"), "--switch", "sim", "--calls-per-second", "0", "--config",
             str(configuration)])]
        try:
            wait_answer(rig, started[1].pid)
            pids = [process.pid for process in started]
            runs = {name: rig.pairs(rounds, list(zip(("libzmq", "api"), pids)), **how)
                    for name, how in cases(scale).items()}
        finally:
            for process in started:
                process.terminate()
                process.wait()
    return [row(name, each) for name, each in runs.items()]


__all__ = ["against_libzmq", "CPU", "P99", "PACE_US", "RATE", "SLOW_MS", "ApiRig", "cases", "median_ratio", "row", "table_head",
           "wait_answer"]
