"""What fszmq does with a command that it can't send, or whose answer is lost: it never sends it later, nor twice.

The switch here is a ROUTER socket of the test's own, so that the test sees every message of the tool.
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
    """An API socket that says what the test says."""

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
            except zmq.ZMQError:  # the one before is still being closed
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def stop(self):
        self.socket.close()

    def receive(self):
        """(who, message) of the next one."""
        assert self.socket.poll(PATIENCE_S * 1000), "no request came"
        frames = self.socket.recv_multipart()
        return frames[0], json.loads(frames[-1])

    def answer(self, who, message, result):
        self.socket.send_multipart([who, json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()])

    def serve(self, method, result):
        """Answers what only looks, until a request of `method` comes, and answers that."""
        while True:
            who, message = self.receive()
            own = message["method"] == method
            self.answer(who, message, result if own else {"switchname": "fake", "output": "{}", "status": "ok"})
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
    """Factory: the tool, running; its standard input is a pipe."""
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
    """Factory: a shell on a terminal, at its first prompt; the switch is a fake."""
    opened = []

    def start(fake, *args):
        opened.append(Terminal("shell", *args, env=environment(tmp_path, ports)))
        fake.serve("server.hello", {"switchname": "fake"})
        fake.serve("api", {"output": "{}", "status": "ok"})  # for what Tab completes
        opened[-1].wait("fszmq> ")
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_not_sent_where_nobody_listens_and_does_not_wait_for_one(name, ports, tmp_path):
    began = time.monotonic()
    command = COMMANDS[name]
    told = run(command[0], "--timeout=600", *command[1:], env=environment(tmp_path, ports), code=3)
    assert "nothing answers there" in told.stderr and "not sent" in told.stderr and told.stdout == ""
    assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_not_sent_to_what_accepts_but_never_shakes_hands(name, ports, tmp_path):
    with socket.create_server(("127.0.0.1", int(ports.api.rpartition(":")[2]))) as listener:
        command = COMMANDS[name]
        told = run(command[0], "--timeout=0.5", *command[1:], env=environment(tmp_path, ports), code=3)
        assert "not sent" in told.stderr
        listener.settimeout(PATIENCE_S)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            received = b""
            while piece := connection.recv(65536):
                received += piece
    assert b"jsonrpc" not in received


@pytest.mark.parametrize("name", [each for each in COMMANDS if each != "job run"])
def test_a_lost_answer_is_told_and_nothing_sent_again(name, fake, background):
    tool = background(*COMMANDS[name])
    fake.receive()
    fake.stop()
    fake.start()
    output, told = tool.communicate(timeout=PATIENCE_S)
    assert (tool.returncode, output) == (3, "") and "it may have run" in told
    assert not fake.socket.poll(300)


def test_job_run_looks_for_a_job_whose_answer_was_lost(fake, background):
    tool = background(*COMMANDS["job run"])
    _, started = fake.receive()
    assert started["method"] == "bgapi"
    fake.stop()
    fake.start()
    asked = fake.serve("job.result", {"job": started["params"]["job"], "output": "+OK done", "status": "ok"})
    assert asked["params"]["job"] == started["params"]["job"]
    output, told = tool.communicate(timeout=PATIENCE_S)
    assert (tool.returncode, output) == (0, "+OK done\n") and "it may have run" in told


def test_no_answer_in_time_is_told_as_such(fake, ports, tmp_path):
    told = run("api", "--timeout=0.3", "hupall", env=environment(tmp_path, ports), code=3).stderr
    assert "no reply within 0.3 s: it may have run" in told


def test_the_shell_sends_nothing_later_that_was_typed_while_the_switch_was_away(fake, terminal):
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
    assert message["params"]["arg"] == "later"  # and this is the first that came
    shell.wait("later\r\n")
    shell.type("/quit\n")
    shell.wait_end()


def test_the_shell_tells_which_lines_lost_their_answers_and_sends_none_again(fake, terminal):
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


def test_the_shell_gives_up_an_answer_that_is_overdue_and_the_connection_with_it(fake, terminal):
    shell = terminal(fake, "--timeout=3")
    shell.type("hupall\n")
    who, message = fake.receive()
    assert message["params"]["timeout_ms"] == 3000
    shell.wait("hupall: no reply in time: it may have run")

    def type_next():
        shell.type("echo next\n")
        return fake.socket.poll(200)

    wait_until(type_next, "the new connection")
    other, message = fake.receive()
    assert message["params"]["arg"] == "next" and other != who


def test_a_shell_that_reads_a_pipe_sends_no_line_later(fake, background):
    shell = background("shell")
    fake.serve("server.hello", {"switchname": "fake"})
    fake.stop()
    shell.stdin.write("hupall\n")
    shell.stdin.flush()
    told = shell.stderr.readline()
    fake.start()
    shell.stdin.close()
    assert shell.wait(PATIENCE_S) == 3
    told += shell.stderr.read()
    assert "not sent" in told or "it may have run" in told  # by whether the loss had been seen
    assert not fake.socket.poll(300)

