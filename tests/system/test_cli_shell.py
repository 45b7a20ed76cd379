# SPDX-License-Identifier: MPL-2.0
"""fszmq shell with a real fszmqd, reading from a pipe and on a terminal."""

import fcntl
import json
import os
import stat
import struct
import subprocess
import termios

import pytest
from conftest import PATIENCE_S, find_program, group_xml, wait_until
from tool import ALL, Terminal, environment, run, switch_xml

PROMPT = "fszmq> "


@pytest.fixture
def switch(fszmqd, ports):
    return fszmqd(calls_per_second=0, endpoint=ports.events, config=switch_xml(ports, [group_xml("default", *ALL)]))


@pytest.fixture
def terminal(switch, ports, tmp_path):
    """Factory: a shell on a terminal, at its first prompt."""
    opened = []

    def start(**more):
        opened.append(Terminal("shell", env=environment(tmp_path, ports, **more)))
        opened[-1].wait(PROMPT)
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def pipe(ports, folder, lines, code=0):
    return run("shell", env=environment(folder, ports), stdin=lines, code=code)


def test_lines_from_a_pipe_run_one_after_another(switch, ports, tmp_path):
    done = pipe(ports, tmp_path, "echo one\n\n  echo two words\n/help\n/quit\necho never\n")
    assert done.stdout.startswith("one\ntwo words\nEach line is an API command")
    assert "never" not in done.stdout and done.stderr == ""
    assert not (tmp_path / ".fszmq_history").exists()


def test_a_shell_in_a_pipe_exits_with_the_status_of_its_last_line(switch, ports, tmp_path):
    assert pipe(ports, tmp_path, "no_such_command\necho x").stdout.endswith("x\n")
    assert "-ERR" in pipe(ports, tmp_path, "echo x\nno_such_command\n", code=1).stdout
    assert "no such command of the shell" in pipe(ports, tmp_path, "/nonsense\n", code=2).stderr
    assert "needs a command" in pipe(ports, tmp_path, "/bg\n", code=2).stderr
    assert "'A B'" not in pipe(ports, tmp_path, "/events CUSTOM/*/x\n", code=2).stdout
    pipe(ports, tmp_path, "/stats\n/bg echo x\n")


def test_the_shell_reports_that_no_switch_is_there_and_ends(ports, tmp_path):
    env = environment(tmp_path, ports)
    assert "nothing answers there" in run("shell", "--timeout=0.5", env=env, stdin="echo x\n", code=3).stderr


def test_replies_are_shown_while_lines_are_typed(terminal):
    shell = terminal()
    shell.type("msleep 700\necho meanwhile\n")
    shell.wait("Kmeanwhile\r\n")
    shell.wait(r"K\+OK\r\n")
    shell.wait(PROMPT)
    shell.type("/quit\n")
    shell.wait_end()


def test_the_shell_reports_an_error_and_continues(terminal):
    shell = terminal()
    shell.type("no_such_command\n")
    shell.wait("-ERR")
    shell.type("/nonsense\n")
    shell.wait("no such command of the shell")
    shell.type("echo still here\n")
    shell.wait("Kstill here\r\n")


def test_history_is_saved_and_readable_only_by_its_owner(terminal, tmp_path):
    shell = terminal()
    shell.type("echo remember me\n")
    shell.wait("Kremember me\r\n")
    shell.type("\x04")
    shell.wait_end()
    history = tmp_path / ".fszmq_history"
    assert stat.S_IMODE(os.stat(history).st_mode) == 0o600

    history.chmod(0o644)
    shell = terminal()
    shell.type("\x1b[A\n")  # the previous line
    shell.wait("Kremember me\r\n")
    shell.type("/quit\n")
    shell.wait_end()
    assert stat.S_IMODE(os.stat(history).st_mode) == 0o600


def test_history_is_saved_in_xdg_state_home(terminal, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    shell = terminal(XDG_STATE_HOME=str(state))
    shell.type("/quit\n")
    shell.wait_end()
    assert "/quit" in (state / "fszmq_history").read_text()
    assert not (tmp_path / ".fszmq_history").exists()


def test_tab_completes_the_first_word(terminal):
    shell = terminal()
    shell.type("/sta\t\n")
    shell.wait('"uptime_ms"')
    shell.type("echo /sta\tx\n")  # the second word is not completed
    shell.wait("/stax\r\n")


def test_tab_completes_the_commands_of_the_switch(terminal):
    shell = terminal()
    shell.type("uuid_ex\tnobody\n")
    shell.wait("Kfalse\r\n")
    shell.type("uuid_get\t\n")
    shell.wait("-USAGE: <uuid> <var>")


def make_call(shell):
    """Makes a call that is answered and then hangs up."""
    shell.type("originate loopback/1000 &park\n")
    uuid = shell.wait(r"\+OK ([0-9a-f-]{36})")[1]
    shell.type(f"uuid_kill {uuid} USER_BUSY\n")
    shell.wait(r"K\+OK\r\n")
    return uuid


def test_live_events_appear_between_the_lines_until_noevents(terminal):
    shell = terminal()
    shell.type("/events CHANNEL_ANSWER CHANNEL_HANGUP*\n")
    wait_until(lambda: make_call(shell) and "CHANNEL_HANGUP_COMPLETE" in shell.seen, "the subscription to arrive")
    shell.type("echo half a li")
    shell.wait("half a li")
    shell.type("ne\n")
    shell.wait("Khalf a line\r\n")
    uuid = make_call(shell)
    shell.type("echo seen\n")
    wait_until(lambda: shell.read() and shell.seen.count(uuid[:8]) > 3, "the events of that call")
    assert "CHANNEL_CREATE" not in shell.seen
    shell.type("/noevents\n")
    shell.wait("/noevents")
    passed = shell.passed
    for _ in range(3):
        make_call(shell)
    assert "CHANNEL_ANSWER" not in shell.seen[passed:]


def test_a_job_shows_its_id_and_later_its_output(terminal):
    shell = terminal()
    shell.type("/bg echo from the job\n")
    job = shell.wait(r"\+OK job ([0-9a-f-]{36})")[1]
    shell.wait(job)
    shell.wait("from the job")
    shell.type("/stats\n")
    shell.wait('"finished": 1')


def test_the_shell_reports_the_loss_and_return_of_the_switch(terminal, switch):
    shell = terminal()
    switch.kill()
    shell.wait("connection lost")
    switch.start()
    switch.wait_ready()
    shell.wait("connected")
    shell.type("echo back\n")
    shell.wait("Kback\r\n")


def set_width(shell, columns=60):
    fcntl.ioctl(shell.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def test_ctrl_c_clears_the_line_and_the_shell_continues(terminal):
    shell = terminal()
    for typed in ("hupall", "", "echo ☎ " + 100 * "x"):
        shell.type(typed)
        if typed:
            shell.wait(typed[-4:])
        shell.interrupt(r"\^C\r\n" + PROMPT)
    shell.type("echo here\n")
    shell.wait("Khere\r\n")
    assert "hupall" in shell.seen and "no_such" not in shell.seen
    shell.type("/stats\n")
    requests = shell.wait(r'"messages": (\d+)')[1]
    assert int(requests) == 4  # hello, the commands for Tab, echo, stats


def test_a_wrapped_line_is_hidden_completely(terminal):
    shell = terminal()
    set_width(shell)
    shell.type("msleep 600\n")
    shell.type("echo " + 140 * "x")
    shell.wait(r"\x1b\[2A\r\x1b\[J\r\x1b\[K\+OK\r\n")  # from the third row up two rows, then clears all below
    shell.wait(PROMPT)
    shell.type("yz\n")
    shell.wait(r"K" + 140 * "x" + "yz\r\n")


def test_help_fits_60_columns(terminal):
    shell = terminal()
    set_width(shell)
    shell.type("/help\n")
    shell.wait("/help\r\n")
    shell.wait("clears the line\r\n")
    lines = shell.seen.split("/help\r\n")[1].split("\r\n")
    assert "/events [NAME...]" in shell.seen and max(map(len, lines)) <= 60


def test_a_shell_with_a_full_output_runs_no_further_line(switch, ports, tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([find_program("fszmq"), "shell"], input=b"echo x\nevent_this\n", stdout=full,
                              stderr=subprocess.PIPE, env=environment(tmp_path, ports), timeout=PATIENCE_S, check=False)
    assert (done.returncode, b"standard output" in done.stderr) == (1, True)
    requests = json.loads(run("stats", env=environment(tmp_path, ports)).stdout)["api"]["requests"]["messages"]
    assert requests == 3  # hello, echo, stats
