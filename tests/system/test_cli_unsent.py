# SPDX-License-Identifier: MPL-2.0
"""fszmq and commands that it cannot send, or whose replies are lost: it never sends them later, nor twice.

The switch here is a ROUTER socket in the test, so that the test sees every message of the tool.
"""

import json
import socket
import subprocess
import time

import pytest
import zmq
from conftest import PATIENCE_S, find_program, wait_until
from tool import Terminal, environment, run

CALL = "f04b34aa-3489-4946-bb7c-878aa07c72c6"
COMMANDS = {
    "api": ["api", "hupall"],
    "job start": ["job", "start", "hupall"],
    "job run": ["job", "run", "hupall"],
    "call": ["call", "hangup", CALL],
    "send": ["send", "CUSTOM/acme::x"],
    "stats": ["stats"],
}


class FakeSwitch:
    """An API socket; the test sends its replies."""

    def __init__(self, endpoint):
        self.context = zmq.Context()
        self.endpoint, self.socket = endpoint, None
        self.start()

    def start(self):
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.socket.bind(self.endpoint)
            except zmq.ZMQError:  # the previous socket is still being closed
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def stop(self):
        self.socket.close()

    def receive(self):
        """(sender, message) of the next request."""
        assert self.socket.poll(PATIENCE_S * 1000), "no request arrived"
        frames = self.socket.recv_multipart()
        return frames[0], json.loads(frames[-1])

    def reply(self, sender, message, result):
        text = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
        self.socket.send_multipart([sender, text.encode()])

    def serve(self, method, result):
        """Replies to requests up to and including the next one of `method`; returns that one."""
        while True:
            sender, message = self.receive()
            own = message["method"] == method
            self.reply(sender, message, result if own else {"switchname": "fake", "output": "{}", "status": "ok"})
            if own:
                return message

    def close(self):
        self.stop()
        self.context.term()


@pytest.fixture
def fake(ports):
    switch = FakeSwitch(ports.api)
    yield switch
    switch.close()


@pytest.fixture
def background(ports, tmp_path):
    """Factory: the running tool, with a pipe as standard input."""
    started = []

    def start(*args):
        started.append(subprocess.Popen([find_program("fszmq"), *args], env=environment(tmp_path, ports), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()
        for pipe in (each.stdin, each.stdout, each.stderr):
            pipe.close()


@pytest.fixture
def terminal(ports, tmp_path):
    """Factory: a shell on a terminal, at its first prompt, connected to the fake switch."""
    opened = []

    def start(fake, *args):
        opened.append(Terminal("shell", *args, env=environment(tmp_path, ports)))
        fake.serve("server.hello", {"switchname": "fake"})
        fake.serve("api", {"output": "{}", "status": "ok"})  # the commands for Tab
        opened[-1].wait("fszmq> ")
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_not_sent_and_does_not_wait_if_nothing_listens(name, ports, tmp_path):
    began = time.monotonic()
    command = COMMANDS[name]
    done = run(command[0], "--timeout=600", *command[1:], env=environment(tmp_path, ports), code=3)
    assert "nothing answers there" in done.stderr and "not sent" in done.stderr and done.stdout == ""
    assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_not_sent_without_a_handshake(name, ports, tmp_path):
    with socket.create_server(("127.0.0.1", int(ports.api.rpartition(":")[2]))) as listener:
        command = COMMANDS[name]
        done = run(command[0], "--timeout=0.5", *command[1:], env=environment(tmp_path, ports), code=3)
        assert "not sent" in done.stderr
        listener.settimeout(PATIENCE_S)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            received = b""
            while piece := connection.recv(65536):
                received += piece
    assert b"jsonrpc" not in received


@pytest.mark.parametrize("name", [each for each in COMMANDS if each != "job run"])
def test_a_lost_reply_is_reported_and_nothing_is_sent_again(name, fake, background):
    tool = background(*COMMANDS[name])
    fake.receive()
    fake.stop()
    fake.start()
    output, errors = tool.communicate(timeout=PATIENCE_S)
    assert (tool.returncode, output) == (3, "") and "it may have run" in errors
    assert not fake.socket.poll(300)


def test_job_run_looks_for_a_job_whose_reply_was_lost(fake, background):
    tool = background(*COMMANDS["job run"])
    _, started = fake.receive()
    assert started["method"] == "bgapi"
    fake.stop()
    fake.start()
    query = fake.serve("job.result", {"job": started["params"]["job"], "output": "+OK done", "status": "ok"})
    assert query["params"]["job"] == started["params"]["job"]
    output, errors = tool.communicate(timeout=PATIENCE_S)
    assert (tool.returncode, output) == (0, "+OK done\n") and "it may have run" in errors


def test_a_missing_reply_is_reported(fake, ports, tmp_path):
    errors = run("api", "--timeout=0.3", "hupall", env=environment(tmp_path, ports), code=3).stderr
    assert "no reply within 0.3 s: it may have run" in errors


def test_the_shell_never_sends_lines_typed_while_the_switch_was_away(fake, terminal):
    shell = terminal(fake)
    fake.stop()
    shell.wait("connection lost")
    for line in ("hupall", "/bg hupall", "/stats"):
        shell.type(f"{line}\n")
        shell.wait("not sent: no connection to the switch")
    fake.start()
    shell.wait(r": connected")
    shell.type("echo later\n")
    message = fake.serve("api", {"output": "later", "status": "raw"})
    assert message["params"]["arg"] == "later"  # the first request that arrived
    shell.wait("later\r\n")
    shell.type("/quit\n")
    shell.wait_end()


def test_the_shell_reports_lines_whose_replies_were_lost_and_sends_none_again(fake, terminal):
    shell = terminal(fake)
    shell.type("hupall\necho two\n")
    assert [fake.receive()[1]["params"]["command"] for _ in range(2)] == ["hupall", "echo"]
    fake.stop()
    shell.wait("hupall: the connection ended before the reply: it may have run")
    shell.wait("echo two: the connection ended before the reply: it may have run")
    fake.start()
    shell.wait(r": connected")
    shell.type("echo three\n")
    assert fake.receive()[1]["params"]["arg"] == "three"


def test_the_shell_gives_up_an_overdue_reply_and_its_connection(fake, terminal):
    shell = terminal(fake, "--timeout=3")
    shell.type("hupall\n")
    sender, message = fake.receive()
    assert message["params"]["timeout_ms"] == 3000
    shell.wait("hupall: no reply in time: it may have run")

    def type_next():
        shell.type("echo next\n")
        return fake.socket.poll(200)

    wait_until(type_next, "the new connection")
    other, message = fake.receive()
    assert message["params"]["arg"] == "next" and other != sender


def test_a_shell_in_a_pipe_sends_no_line_later(fake, background):
    shell = background("shell")
    fake.serve("server.hello", {"switchname": "fake"})
    shell.stdin.write("echo here\n")
    shell.stdin.flush()
    fake.serve("api", {"output": "here\n", "status": "ok"})
    assert shell.stdout.readline() == "here\n"  # it has read both replies, so the socket may close
    fake.stop()
    shell.stdin.write("hupall\n")
    shell.stdin.flush()
    errors = shell.stderr.readline()
    fake.start()
    shell.stdin.close()
    assert shell.wait(PATIENCE_S) == 3
    errors += shell.stderr.read()
    assert "not sent" in errors or "it may have run" in errors  # depends on whether it has detected the loss
    assert not fake.socket.poll(300)

