# SPDX-License-Identifier: MPL-2.0
"""fszmqd as a process: start, events, console, reload, stop, restart, notifications to systemd."""

import collections
import json
import signal
import socket
import subprocess
import time

import pytest

from conftest import (PATIENCE_S, config_xml, find_program, free_endpoint, free_port, receive, receive_until,
                      stream_xml, wait_until)

ORDER = ["CHANNEL_CREATE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"]


def run(*args):
    return subprocess.run([find_program("fszmqd"), *args], capture_output=True, text=True, timeout=PATIENCE_S)


def seen_by(sub, daemon):
    """Returns when events arrive, so that the next ones are not missed."""
    while not sub.poll(100):
        daemon.command("echo hello")
    sub.recv()


# Events

def test_events_of_every_leg_are_in_order_with_one_identity(fszmqd, subscriber):
    daemon = fszmqd(calls_per_second=30)
    legs = collections.defaultdict(list)
    for event in receive(subscriber(daemon.endpoint), 2000):
        if "Unique-ID" in event:
            legs[event["Unique-ID"]].append(event)
    whole = [leg for leg in legs.values() if "CHANNEL_CREATE" in {e["Event-Name"] for e in leg}
             and "CHANNEL_DESTROY" in {e["Event-Name"] for e in leg}]
    assert len(whole) > 5
    for leg in whole:
        assert [e["Event-Name"] for e in leg if e["Event-Name"] in ORDER] == ORDER
        # A bridge puts both legs under one of them.
        assert {e["Channel-Call-UUID"] for e in leg if "Channel-Call-UUID" in e} <= set(legs)
        assert {e["variable_uuid"] for e in leg if "variable_uuid" in e} == {leg[0]["Unique-ID"]}
        for event in leg:
            other = event.get("Other-Leg-Unique-ID")
            assert other is None or other in legs


def test_event_sequence_rises_and_core_uuid_stays(fszmqd, subscriber):
    events = receive(subscriber(fszmqd(calls_per_second=30).endpoint), 500)
    sequence = [int(e["Event-Sequence"]) for e in events]
    assert sequence == list(range(sequence[0], sequence[0] + 500))
    assert len({e["Core-UUID"] for e in events}) == 1
    assert {e["FreeSWITCH-Hostname"] for e in events} == {socket.gethostname()}
    assert abs(int(events[-1]["Event-Date-Timestamp"]) / 1e6 - time.time()) < 60


def test_event_name_is_the_first_member(fszmqd, subscriber):
    sub = subscriber(fszmqd(calls_per_second=30).endpoint, b'{"Event-Name":"CHANNEL_ANSWER"')
    assert json.loads(sub.recv())["Answer-State"] == "answered"


# Console

def test_console_call_is_parked_shown_and_killed(fszmqd, subscriber):
    daemon = fszmqd(calls_per_second=0, console=True)
    sub = subscriber(daemon.endpoint)
    seen_by(sub, daemon)
    output = daemon.command("originate loopback/1001 &park")
    uuid = output.removeprefix("+OK ")
    assert len(uuid) == 36
    receive_until(sub, lambda e: e["Event-Name"] == "CHANNEL_PARK" and e["Unique-ID"] == uuid)
    assert daemon.command(f"uuid_exists {uuid}") == "true"
    rows = json.loads(daemon.command("show channels as json"))["rows"]
    assert uuid in {row["uuid"] for row in rows}
    assert daemon.command(f"uuid_setvar {uuid} colour dark blue") == "+OK"
    assert daemon.command(f"uuid_getvar {uuid} colour") == "dark blue"
    assert daemon.command(f"uuid_kill {uuid} CALL_REJECTED") == "+OK"
    done = receive_until(sub, lambda e: e["Event-Name"] == "CHANNEL_HANGUP_COMPLETE" and e["Unique-ID"] == uuid)[-1]
    assert done["Hangup-Cause"] == "CALL_REJECTED"
    assert done["variable_colour"] == "dark blue"
    wait_until(lambda: daemon.command(f"uuid_exists {uuid}") == "false", "the channel to end")


def test_console_answers_zmq_and_unknown_commands(fszmqd):
    daemon = fszmqd(calls_per_second=0, console=True)
    status = daemon.status()
    assert isinstance(status, dict) and status
    assert "simulated" in daemon.command("status")
    assert daemon.command("frobnicate") == "-ERR frobnicate Command not found!"
    assert daemon.command("show channels") == "0 total."
    assert daemon.command("zmq reload") == "+OK reloaded"


def test_console_end_of_input_leaves_the_daemon_running(fszmqd, subscriber):
    daemon = fszmqd(calls_per_second=30, console=True)
    daemon.process.stdin.close()
    assert receive(subscriber(daemon.endpoint), 50)
    assert daemon.stop() == 0


# Reload

def test_reload_adds_a_stream_and_keeps_subscribers(fszmqd, subscriber):
    daemon = fszmqd(calls_per_second=30)
    kept = subscriber(daemon.endpoint)
    receive(kept, 10)
    more = free_endpoint()
    daemon.reload(config_xml([stream_xml(binds=[daemon.endpoint]),
                              stream_xml("more", [more], events="CHANNEL_ANSWER")]))
    daemon.wait_log("configuration reloaded")
    assert {e["Event-Name"] for e in receive(subscriber(more), 5)} == {"CHANNEL_ANSWER"}
    # The audit reports the second subscriber. Audit events have no number: only the switch numbers its own.
    sequence = [int(e["Event-Sequence"]) for e in receive(kept, 500) if "Event-Sequence" in e]
    assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))


@pytest.mark.parametrize("config, message", [
    ("<configuration", "event_zmq.conf.xml"),
    (config_xml([stream_xml(binds=["tcp://127.0.0.1:1"], framing="morse")]), "morse"),
    (config_xml([stream_xml(binds=["tcp://127.0.0.1:1"], acl="lan")]), "lan"),
])
def test_reload_with_a_mistake_is_reported_and_changes_nothing(fszmqd, subscriber, config, message):
    daemon = fszmqd(calls_per_second=30)
    sub = subscriber(daemon.endpoint)
    receive(sub, 10)
    daemon.reload(config)
    daemon.wait_log(message)
    daemon.wait_log("the old one stays in effect")
    sequence = [int(e["Event-Sequence"]) for e in receive(sub, 500)]
    assert sequence == list(range(sequence[0], sequence[0] + 500))


# Stop and restart

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_with_bye(fszmqd, subscriber, number):
    daemon = fszmqd(calls_per_second=30, framing="envelope")
    sub = subscriber(daemon.endpoint)
    last_seq = json.loads(sub.recv_multipart()[1])["seq"]
    daemon.process.send_signal(number)
    while True:
        topic, meta, _ = sub.recv_multipart()
        if topic.startswith(b".bye/"):
            break
        if not topic.startswith(b"."):
            last_seq = json.loads(meta)["seq"]
    assert json.loads(meta)["seq"] == last_seq
    assert daemon.process.wait(PATIENCE_S) == 0


def test_subscribers_come_back_after_a_kill_and_restart(fszmqd, subscriber):
    daemon = fszmqd(calls_per_second=30)
    sub = subscriber(daemon.endpoint)
    first = receive(sub, 10)[-1]["Core-UUID"]
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    receive_until(sub, lambda e: e["Core-UUID"] != first)


def test_seconds_ends_it_by_itself(fszmqd):
    daemon = fszmqd(calls_per_second=30, args=["--seconds", 1])
    assert daemon.process.wait(PATIENCE_S) == 0


def test_identities_differ_from_run_to_run_but_not_with_a_seed(fszmqd):
    def created(*args):
        daemon = fszmqd(calls_per_second=0, console=True, args=args)
        return daemon.command("originate loopback/1000 &park")

    assert created() != created()
    assert created("--seed", 7) == created("--seed", 7)


# Command line and checks

@pytest.mark.parametrize("args, message", [
    (["--switch", "esl9"], "must be sim"),
    (["--switch", "sim", "--calls-per-second", "-1"], "a number from 0 to 100000"),
    (["--switch", "sim", "--calls-per-second", "many"], "a number from 0 to 100000"),
    (["--switch", "sim", "--seconds", "0"], "a whole number from 1"),
    (["--switch", "sim", "--frobnicate"], "--frobnicate"),
    (["--switch", "sim", "stray"], "stray"),
    ([], "--switch sim"),
])
def test_wrong_command_line_is_reported_and_ends_with_2(args, message):
    done = run(*args)
    assert done.returncode == 2 and message in done.stderr


def test_check_reports_every_mistake_and_ends_with_3(tmp_path):
    path = tmp_path / "bad.xml"
    path.write_text(config_xml([stream_xml(binds=["tcp://127.0.0.1:1"], framing="morse", send_hwm="lots")]))
    done = run("--check", "--config", str(path))
    assert done.returncode == 3
    assert "morse" in done.stderr and "lots" in done.stderr


def test_check_of_a_right_configuration_ends_with_0(tmp_path):
    path = tmp_path / "good.xml"
    path.write_text(config_xml([stream_xml(binds=["tcp://127.0.0.1:1"], acl="10.0.0.0/8")]))
    assert run("--check", "--config", str(path)).returncode == 0


def test_missing_files_are_named(tmp_path):
    config, flows = str(tmp_path / "none.xml"), str(tmp_path / "none.jsonl")
    done = run("--switch", "sim", "--config", config)
    assert done.returncode == 3 and config in done.stderr
    done = run("--switch", "sim", "--flows", flows, "--seconds", "1")
    assert done.returncode == 1 and flows in done.stderr


# systemd

@pytest.fixture
def notify(tmp_path):
    """A socket in place of systemd's: notify() waits for the next message and returns it as a dictionary."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        path = str(tmp_path / "notify")
        sock.bind(path)
        sock.settimeout(20)

        def receive_one():
            return dict(line.split("=", 1) for line in sock.recv(4096).decode().splitlines())

        receive_one.path = path
        yield receive_one


def test_systemd_gets_ready_reloading_and_stopping(fszmqd, notify):
    daemon = fszmqd(env={"NOTIFY_SOCKET": notify.path})
    assert notify()["READY"] == "1"
    before_us = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
    daemon.reload()
    reloading = notify()
    assert reloading["RELOADING"] == "1" and int(reloading["MONOTONIC_USEC"]) >= int(before_us)
    assert notify()["READY"] == "1"
    assert daemon.stop() == 0
    assert notify()["STOPPING"] == "1"


def test_systemd_watchdog_is_fed(fszmqd, notify):
    fszmqd(env={"NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "200000"})
    messages = [notify() for _ in range(5)]
    assert sum(m.get("WATCHDOG") == "1" for m in messages) >= 3


# Security

def test_passwords_in_the_clear_cause_a_warning_if_others_can_read_them(fszmqd, tmp_path):
    users = tmp_path / "users.json"
    users.write_text('{"users": {}}')
    users.chmod(0o600)
    daemon = fszmqd(config=config_xml(
        [stream_xml("far", [f"tcp://*:{free_port()}"], security="plain"),
         stream_xml("near", [free_endpoint()], security="plain")],
        settings={"users-file": users}), endpoint="")
    warnings = [line for line in daemon.log if "passwords in the clear" in line]
    assert len(warnings) == 1 and 'stream "far"' in warnings[0] and "curve" in warnings[0]
