# SPDX-License-Identifier: MPL-2.0
"""fszmq-bench, the load of the benchmarks: what it sends, receives and reports."""

import json
import os
import subprocess

import pytest
import zmq

from conftest import PATIENCE_S, find_program
from test_cli import Publisher, ended, event


@pytest.fixture
def bench():
    """Factory: bench("raw", …) is the running program; ended with the test."""
    running = []

    def start(*args, columns=80):
        running.append(subprocess.Popen([find_program("fszmq-bench"), *map(str, args)], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": str(columns)}))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("args", [(), ("nonsense",), ("raw",), ("subscriber", "-k", 0)])
def test_a_wrong_command_line_is_reported_and_ends_with_2(bench, args):
    out, err = ended(bench(*args), 2)
    assert out == "" and err.startswith(("fszmq-bench", "Usage: fszmq-bench"))


@pytest.mark.parametrize("columns", [45, 80, 132])
@pytest.mark.parametrize("args", [(), ("raw",), ("subscriber",)])
def test_help_fits_the_width_of_the_terminal(bench, args, columns):
    out, err = ended(bench(*args, "--help", columns=columns))
    assert out.startswith("Usage: " + " ".join(("fszmq-bench",) + args)) and err == ""
    assert max(map(len, out.splitlines())) <= columns


@pytest.fixture
def events_file(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(event("CHANNEL_STATE", filler="x" * size) for size in (10, 500, 3000)))
    return path


@pytest.mark.parametrize("rate", ["max", "2000"])
def test_raw_and_subscribers_agree_on_what_was_sent(bench, events_file, tmp_path, rate):
    endpoint = f"ipc://{tmp_path}/raw"
    raw = bench("raw", "--bind", endpoint, "--sizes-from", events_file, "--count", 1000,
                "--rate", rate, "--wait", 20, "--block", "--json")
    subscribers = bench("subscriber", "--connect", endpoint, "--subscribers", 10, "--threads", 3,
                        "--subscriptions", 2, "--count", 1000, "--latency", "--json", "--seconds", PATIENCE_S)
    sent, received = json.loads(ended(raw)[0]), json.loads(ended(subscribers)[0])
    assert (sent["role"], sent["messages"]) == ("raw", 1000)
    assert (received["role"], received["received"], received["lost"]) == ("subscriber", 10000, 0)
    assert received["bytes"] == 10 * sent["bytes"]
    latency = received["latency_us"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    assert sent["cpu_us_per_message"] > 0 and sent["seconds"] > 0 and sent["rate_per_s"] > 0


def test_subscriber_counts_loss_by_the_numbers_of_the_events(bench):
    with zmq.Context() as context:
        publisher = Publisher(context)
        subscribers = bench("subscriber", "-c", publisher.endpoint, "-k", 1, "--idle", 0.3, "--json")
        publisher.wait_subscriptions()
        for number in (7, 8, 12):
            publisher.envelope(number, 1, event("DTMF"))
            publisher.own(b".beat/", number)
        figures = json.loads(ended(subscribers)[0])
        publisher.socket.close()
    assert (figures["received"], figures["lost"]) == (3, 3)
    assert "latency_us" not in figures


def test_serves_256_subscribers(bench, events_file, tmp_path):
    endpoint = f"ipc://{tmp_path}/raw"
    raw = bench("raw", "-b", endpoint, "-s", events_file, "-n", 20, "-w", 256, "--json")
    subscribers = bench("subscriber", "-c", endpoint, "-k", 256, "-n", 20, "--json", "-s", PATIENCE_S)
    assert json.loads(ended(subscribers)[0])["received"] == 20 * 256
    ended(raw)


def test_raw_gives_up_when_no_subscriber_comes(bench, events_file, tmp_path):
    raw = bench("raw", "-b", f"ipc://{tmp_path}/raw", "-s", events_file, "--wait-seconds", 0.2)
    assert "0 of 1 subscriptions" in ended(raw, 3)[1]
