# SPDX-License-Identifier: MPL-2.0
"""The programs in examples/, each in the runtime of its language, with a real fszmqd."""

import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from typing import NamedTuple

import pytest
import zmq

from conftest import EXAMPLES, PATIENCE_S, ROOT, find_program, free_endpoint, wait_until

ENDLESS = 10_000_000  # more events than any test sees
DEFAULT_PORT, NUMBERED_PORT = 5556, 5558


class Language(NamedTuple):
    needs: str  # packages to install, named if the test is skipped
    probe: list  # succeeds if they are installed
    run: list  # runs in examples/; {out} is the folder of compiled programs
    compile: list = []


def java(jar, needs):
    return Language(
        f"default-jdk-headless {needs}", ["test", "-f", f"/usr/share/java/{jar}"],
        ["java", "-cp", f"/usr/share/java/{jar}:{{out}}", "Subscribe"],
        ["javac", "-cp", f"/usr/share/java/{jar}", "-d", "{out}", "java/Subscribe.java"],
    )


LANGUAGES = {
    "python": Language("python3-zmq", [sys.executable, "-c", "import zmq"], [sys.executable, "python/subscribe.py"]),
    "node": Language(
        "nodejs npm, then npm ci in examples/node", ["sh", "-c", "node --version && test -d node/node_modules/zeromq"],
        ["node", "node/subscribe.mjs"],
    ),
    "c": Language(
        "gcc libzmq3-dev", ["sh", "-c", "gcc --version && test -f /usr/include/zmq.h"], ["{out}/subscribe"],
        ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "{out}/subscribe", "c/subscribe.c", "-lzmq"],
    ),
    "cpp": Language(
        "g++ cppzmq-dev", ["sh", "-c", "g++ --version && test -f /usr/include/zmq.hpp"], ["{out}/subscribe"],
        ["g++", "-O0", "-Wall", "-Wextra", "-Werror", "-o", "{out}/subscribe", "cpp/subscribe.cpp", "-lzmq"],
    ),
    "ruby": Language("ruby-ffi-rzmq", ["ruby", "-e", "require 'ffi-rzmq'"], ["ruby", "ruby/subscribe.rb"]),
    "perl": Language("libzmq-ffi-perl", ["perl", "-MZMQ::FFI", "-e1"], ["perl", "perl/subscribe.pl"]),
    "php": Language(
        "php-cli php-zmq", ["php", "-r", "exit(extension_loaded('zmq') ? 0 : 1);"], ["php", "php/subscribe.php"]
    ),
    "lua": Language("luajit libzmq5", ["luajit", "-v"], ["luajit", "lua/subscribe.lua"]),
    "java-jeromq": java("jeromq.jar", "libjeromq-java"),
    "java-jzmq": java("zmq.jar", "libzmq-java libzmq-jni"),
}
FOLLOWERS = {"python": [sys.executable, "python/follow.py"], "node": ["node", "node/follow.mjs"]}


@functools.cache
def is_installed(language):
    probe = LANGUAGES[language].probe
    return bool(shutil.which(probe[0])) and subprocess.run(
        probe, cwd=EXAMPLES, capture_output=True, timeout=PATIENCE_S, check=False
    ).returncode == 0


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """command(language) runs its subscribe program, compiled once. Skips the test if the language is not installed."""

    @functools.cache
    def compiled(language):
        if not is_installed(language):
            return None
        out = tmp_path_factory.mktemp(language)
        build, run = ([word.format(out=out) for word in words]
                      for words in (LANGUAGES[language].compile, LANGUAGES[language].run))
        if build:
            subprocess.run(build, cwd=EXAMPLES, check=True, timeout=60)
        return run

    def get(language):
        return compiled(language) or pytest.skip(f"{language} needs {LANGUAGES[language].needs}")

    return get


class Client:
    """A running example; `lines` and `errors` have its output so far."""

    def __init__(self, argv):
        self.process = subprocess.Popen(
            argv, cwd=EXAMPLES, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        self.lines, self.errors = [], []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(pipe, keep):
        for line in pipe:
            keep.append(line.rstrip("\n"))

    def wait_error(self, text):
        """Waits for a line on stderr that starts with this."""
        wait_until(lambda: any(line.startswith(text) for line in self.errors), f"{text!r} of {self.process.args}")

    def wait_events(self, count):
        wait_until(lambda: len(self.lines) >= count or self.process.poll() is not None,
                   f"{count} events in {self.process.args}")
        assert len(self.lines) >= count, f"{self.process.args} ended: {self.errors}"

    def wait_event(self, wanted, what):
        """Waits for an event for which wanted(event) is true. The program must keep running until then."""
        seen = 0

        def found():
            nonlocal seen
            assert self.process.poll() is None, f"{self.process.args} ended: {self.errors}"
            fresh = self.lines[seen:]
            seen += len(fresh)
            return any(wanted(json.loads(line)) for line in fresh)

        wait_until(found, f"{what} in {self.process.args}")

    def wait_end(self):
        status = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return status

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait_end()


@pytest.fixture
def client():
    """client(argv, argument…) starts an example, which is stopped at the end of the test."""
    clients = []

    def start(argv, *args):
        clients.append(Client([*argv, *map(str, args)]))
        return clients[-1]

    yield start
    for each in clients:
        each.stop()
        print(each.process.args, each.errors)  # shown if the test fails


def names(lines):
    return [json.loads(line)["Event-Name"] for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_started_after_the_publisher_prints_the_requested_number_of_events(language, command, client, fszmqd):
    program = command(language)
    daemon = fszmqd(calls_per_second=20)
    example = client(program, daemon.endpoint, 50)
    assert example.wait_end() == 0, example.errors
    assert len(names(example.lines)) == 50
    assert len(set(example.lines)) == 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_started_before_the_publisher_waits_for_it(language, command, client, fszmqd):
    endpoint = free_endpoint()
    example = client(command(language), endpoint, 20)
    example.wait_error("listening to")
    fszmqd(calls_per_second=20, endpoint=endpoint)
    assert example.wait_end() == 0, example.errors
    assert len(names(example.lines)) == 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_continues_when_the_publisher_is_killed_and_restarted(language, command, client, fszmqd):
    program = command(language)
    daemon = fszmqd(calls_per_second=20)
    example = client(program, daemon.endpoint, ENDLESS)
    example.wait_events(10)
    first_switch = json.loads(example.lines[0])["Core-UUID"]
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    example.wait_event(lambda event: event["Core-UUID"] != first_switch, "an event after the restart")


def common_part(logs):
    """The part of each log from the first event of the client that joined last, cut to the same length. Empty until
    that event is in all logs."""
    for first in (log[0] for log in logs if log):
        if all(first in log for log in logs):
            parts = [log[log.index(first):] for log in logs]
            shortest = min(map(len, parts))
            return [part[:shortest] for part in parts]
    return []


def test_examples_of_all_languages_receive_the_same_events(command, client, fszmqd):
    installed = [language for language in LANGUAGES if is_installed(language)]
    programs = [command(language) for language in installed]
    daemon = fszmqd(calls_per_second=10, acl="any")
    examples = [client(program, daemon.endpoint, ENDLESS) for program in programs]
    for example in examples:
        example.wait_events(1)

    def long_enough():
        parts = common_part([list(example.lines) for example in examples])
        return parts if parts and len(parts[0]) >= 300 else None

    parts = wait_until(long_enough, "300 events that all clients received")
    for language, part in zip(installed, parts):
        assert part == parts[0], f"{language} received other events than {installed[0]}"


def need_port(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            pytest.skip(f"port {port} is taken")


def test_subscriber_works_without_arguments_and_with_the_default_stream(client, fszmqd):
    need_port(DEFAULT_PORT)
    fszmqd(calls_per_second=20, config='<configuration name="event_zmq.conf"/>',
           endpoint=f"tcp://127.0.0.1:{DEFAULT_PORT}")
    example = client(LANGUAGES["python"].run)
    assert example.wait_end() == 0, example.errors
    assert len(names(example.lines)) == 100


def test_the_readme_shows_a_stream_with_numbers_that_exists_by_default(fszmqd):
    for port in (DEFAULT_PORT, NUMBERED_PORT):
        need_port(port)
    command, = re.findall(r"^fszmq (tail --envelope \S+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    fszmqd(calls_per_second=20, config='<configuration name="event_zmq.conf"/>',
           endpoint=f"tcp://127.0.0.1:{DEFAULT_PORT}")
    done = subprocess.run([find_program("fszmq"), *command.split(), "--json", "-n", "3"], capture_output=True,
                          text=True, timeout=PATIENCE_S, check=True)
    metas = [json.loads(line)["meta"] for line in done.stdout.splitlines()]
    assert [meta["stream"] for meta in metas] == ["live"] * 3 and metas[0]["type_seq"] > 0


@pytest.fixture(params=FOLLOWERS)
def follower(request, client):
    """follower(endpoint, event type…) starts the follow program of each language."""
    if not is_installed(request.param):
        pytest.skip(f"{request.param} needs {LANGUAGES[request.param].needs}")
    return functools.partial(client, FOLLOWERS[request.param])


def test_follower_reports_silence_and_restart_and_no_false_loss(follower, fszmqd):
    daemon = fszmqd(calls_per_second=20, framing="envelope")
    example = follower(daemon.endpoint, "CHANNEL_ANSWER", "CHANNEL_HANGUP")
    example.wait_events(30)
    first_switch = json.loads(example.lines[0])["Core-UUID"]
    daemon.kill()
    example.wait_error("silence")
    assert not [line for line in example.errors if line.startswith("lost")]

    daemon.start()
    daemon.wait_ready()
    example.wait_event(lambda event: event["Core-UUID"] != first_switch, "an event after the restart")
    example.wait_error("restarted: epoch")
    daemon.stop()
    example.wait_error("stopped")
    assert set(names(example.lines)) == {"CHANNEL_ANSWER", "CHANNEL_HANGUP"}


class LossyStream:
    """An envelope stream whose losses are up to the test."""

    def __init__(self):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.XPUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, PATIENCE_S * 1000)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.epoch = "e1"

    def wait_subscription(self, prefix):
        while self.socket.recv() != b"\x01" + prefix:
            pass

    def send(self, topic, event="{}", **meta):
        meta = {"stream": "default", "epoch": self.epoch, "time": 1, **meta}
        self.socket.send_multipart([topic.encode(), json.dumps(meta).encode(), event.encode()])

    def channel_answer(self, seq, **type_seq):
        self.send("CHANNEL_ANSWER//u", f'{{"seq":{seq}}}', seq=seq, type="CHANNEL_ANSWER/", **type_seq)

    def beat(self, seq, /, whole=False, **types):
        more = {"all": True} if whole else {}
        self.send(".beat/", seq=seq, types={f"{name}/": number for name, number in types.items()}, **more)

    def close(self):
        self.socket.close()
        self.context.term()


@pytest.fixture
def lossy():
    stream = LossyStream()
    yield stream
    stream.close()


def test_follower_of_an_event_type_reports_every_loss_of_it(follower, lossy):
    example = follower(lossy.endpoint, "CHANNEL_ANSWER")
    lossy.wait_subscription(b".beat/")
    lossy.channel_answer(50, type_seq=5)  # earlier events are not counted
    lossy.channel_answer(60, type_seq=6)  # other event types in between: no loss
    lossy.channel_answer(61, type_seq=9)
    lossy.beat(70, CHANNEL_ANSWER=9, CHANNEL_HANGUP=3)
    lossy.beat(71, CHANNEL_ANSWER=12)  # a loss that no later event shows
    lossy.channel_answer(72, type_seq=13)
    lossy.channel_answer(73)  # an event type that the stream does not count
    lossy.epoch = "e2"
    lossy.channel_answer(8, type_seq=3)
    lossy.send(".bye/", seq=8)
    example.wait_error("stopped")
    assert example.errors[1:-1] == [
        "joined: epoch e1",
        "lost 2: CHANNEL_ANSWER/ 7-8",
        "lost 3: CHANNEL_ANSWER/ 10-12",
        "restarted: epoch e2",
        "lost 2: CHANNEL_ANSWER/ 1-2",
    ]
    example.wait_events(6)
    assert [json.loads(line)["seq"] for line in example.lines] == [50, 60, 61, 72, 73, 8]


def test_follower_of_all_events_reports_every_loss(follower, lossy):
    example = follower(lossy.endpoint)
    lossy.wait_subscription(b".beat/")
    lossy.beat(49, CHANNEL_ANSWER=4, whole=True)
    lossy.channel_answer(50, type_seq=5)
    lossy.channel_answer(53, type_seq=8)
    lossy.beat(60, CHANNEL_ANSWER=8, CHANNEL_HANGUP=2)  # none of them arrived
    lossy.channel_answer(61)  # an event type that the stream does not count
    lossy.epoch = "e2"
    lossy.channel_answer(1, type_seq=1)
    lossy.beat(2, CHANNEL_HANGUP=1)
    lossy.send(".bye/", seq=2)
    example.wait_error("stopped")
    assert example.errors[1:-1] == [
        "joined: epoch e1",
        "lost 2: CHANNEL_ANSWER/ 6-7",
        "lost 2: CHANNEL_HANGUP/ 1-2",
        "restarted: epoch e2",
        "lost 1: CHANNEL_HANGUP/ 1-1",
    ]


def test_follower_reports_no_loss_for_events_that_it_may_not_see(follower, lossy):
    example = follower(lossy.endpoint)
    lossy.wait_subscription(b".beat/")
    lossy.channel_answer(50, type_seq=5)
    lossy.send(".beat/0123456789abcdef/", seq=99, types={"CHANNEL_ANSWER/": 5}, all=True)
    lossy.channel_answer(500, type_seq=6)
    lossy.send(".bye/", seq=900)
    example.wait_error("stopped")
    assert example.errors[1:-1] == ["joined: epoch e1"]


def test_follower_drops_an_incomplete_message_and_reports_both_losses(follower, lossy):
    example = follower(lossy.endpoint)
    lossy.wait_subscription(b".beat/")
    lossy.channel_answer(1, type_seq=1)
    lossy.socket.send_multipart([b"CHANNEL_ANSWER//u", b'{"seq":2}', b"CHANNEL_ANSWER//u", b'{"seq":3}', b"{}"])
    lossy.channel_answer(4, type_seq=4)
    lossy.send(".bye/", seq=4)
    example.wait_error("stopped")
    assert example.errors[1:-1] == [
        "joined: epoch e1", "incomplete: 5 frames of several messages; dropped", "lost 2: CHANNEL_ANSWER/ 2-3",
    ]
    example.wait_events(2)
    assert [json.loads(line)["seq"] for line in example.lines] == [1, 4]


def test_follower_refuses_a_stream_without_envelope(follower, fszmqd):
    example = follower(fszmqd(calls_per_second=20, framing="json").endpoint)
    assert example.wait_end() != 0
    assert "framing envelope" in "\n".join(example.errors)
