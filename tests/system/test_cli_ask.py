# SPDX-License-Identifier: MPL-2.0
"""fszmq api, job, call, send and stats with a real fszmqd: effect, output and exit status."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import PATIENCE_S, find_program, free_endpoint, group_xml, receive_until, wait_until
from tool import ALL, LOOKING, environment, free_ports, run, switch_xml

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Switch:
    """An fszmqd, and the tool set up for it."""

    def __init__(self, fszmqd, folder, grants):
        self.ports = free_ports()
        self.daemon = fszmqd(calls_per_second=0, endpoint=self.ports.events,
                             config=switch_xml(self.ports, [group_xml("default", *grants)]))
        self.env = environment(folder, self.ports)

    def run(self, *args, **more):
        return run(*args, env=self.env, **more)

    def out(self, *args, **more):
        return self.run(*args, **more).stdout

    def originate(self):
        """A call that stays up; its UUID."""
        return re.fullmatch(rf"\+OK ({UUID})\n", self.out("api", "originate", "loopback/1000", "&park"))[1]

    def start(self, *args):
        return subprocess.Popen([find_program("fszmq"), *args], env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def switch(fszmqd, tmp_path):
    return Switch(fszmqd, tmp_path, ALL)


def test_api_prints_the_output_and_exits_with_the_result_of_the_command(switch):
    assert switch.out("api", "status").startswith("UP ")
    assert switch.out("api", "echo", "two", "words") == "two words\n"
    assert switch.out("api", "echo two words") == "two words\n"
    assert switch.out("api", "originate", "error/USER_BUSY", "&park", code=1) == "-ERR USER_BUSY\n"
    assert switch.out("api", "uuid_getvar", code=1).startswith("-USAGE")
    assert "-ERR" in switch.out("api", "no_such_command", code=1)


def test_api_json_shows_status_and_reason(switch):
    assert json.loads(switch.out("api", "--json", "echo", "x")) == {"output": "x", "status": "raw"}
    result = json.loads(switch.out("api", "-j", "originate", "error/USER_BUSY", "&park", code=1))
    assert (result["status"], result["reason"]) == ("error", "USER_BUSY")


def test_arguments_of_the_command_reach_the_switch_unchanged(switch):
    assert switch.out("api", "echo", "-x", "--json", "--", "-e") == "-x --json -- -e\n"
    assert switch.out("api", "--", "echo", "--help") == "--help\n"
    assert switch.out("api", "echo", "--", "-x", "--", "y") == "-x -- y\n"
    assert switch.out("api", "--json", "--", "echo", "--json") == '{"output":"--json","status":"raw"}\n'
    assert switch.out("job", "run", "echo", "--", "--job=x") == "--job=x\n"
    assert switch.out("job", "--", "run", "echo", "--", "x") == "-- x\n"
    assert switch.out("job", "run", "echo", "--job=x") == "--job=x\n"
    assert switch.out("api", "echo", "naïve ☎") == "naïve ☎\n"


def test_an_invalid_command_line_ends_with_2(switch):
    for words, complaint in [
        (["api"], "no command"), (["api", "--colour", "status"], "'--colour'"), (["api", b"\xff"], "not UTF-8"),
        (["job", "stop", "x"], "start or run"), (["job", "result"], "result and an id"),
        (["call", "freeze", "x"], "needs get, set"), (["call", "set", "x"], "wrong number"),
        (["call", "set", "x", "a=1", "b"], "'b' is not NAME=VALUE"),
        (["call", "hangup", "x", "y", "z"], "wrong number"), (["api", "-e", "CODEC", "status"], "'-e'"),
        (["call", "set", "x", b"a=\xff"], "not UTF-8"), (["send"], "no event"),
        (["send", "CUSTOM/acme::x", "=1"], "'=1' is not HEADER=VALUE"), (["send", "--json"], "not a JSON object"),
        (["api", "--timeout=soon", "status"], "--timeout: 'soon'"), (["api", "-a", "nowhere", "status"], "endpoint"),
    ]:
        done = subprocess.run([find_program("fszmq"), *words], env=switch.env, input=b"[]", capture_output=True,
                              timeout=PATIENCE_S, check=False)
        assert (done.returncode, done.stdout) == (2, b""), words
        assert complaint in done.stderr.decode(), words


def test_lost_output_shows_in_the_exit_status(switch):
    job = switch.out("job", "start", "echo", "x").strip()
    wait_until(lambda: stats(switch)["api"]["jobs"]["finished"] == 1, "the end of the job")
    for words in (["api", "status"], ["api", "--json", "status"], ["job", "start", "echo", "x"], ["job", "result", job],
                  ["job", "run", "echo", "x"], ["stats"], ["shell"], ["--help"], ["api", "--help"], ["--version"]):
        with open("/dev/full", "wb") as full:
            ends(switch, words, full, "No space left on device")
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as closed:
            ends(switch, words, closed, "")


def ends(switch, words, output, complaint):
    done = subprocess.run([find_program("fszmq"), *words], env=switch.env, input=b"echo x\n", stdout=output,
                          stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1, words
    assert complaint in done.stderr.decode() or "standard output" in done.stderr.decode(), words
    assert complaint or done.stderr == b"", words


def test_requests_without_a_grant_are_refused_with_the_reason(fszmqd, tmp_path):
    switch = Switch(fszmqd, tmp_path, LOOKING)
    assert switch.out("api", "status").startswith("UP ")
    for words in (["api", "hupall"], ["job", "start", "status"], ["send", "CUSTOM/acme::x"],
                  ["call", "hangup", "f04b34aa-3489-4946-bb7c-878aa07c72c6"]):
        errors = switch.run(*words, code=1).stderr
        assert "-32001" in errors and "not allowed" in errors, words


def test_no_reply_ends_with_3_and_says_what_to_check(switch, tmp_path):
    nobody = environment(tmp_path, switch.ports._replace(api=free_endpoint()))
    errors = run("api", "--timeout=0.3", "status", env=nobody, code=3).stderr
    assert "not sent: no connection" in errors and "nothing answers there" in errors
    switch.run("api", "--timeout=0.2", "msleep", "60000", code=3)


def test_a_waiting_tool_ends_on_a_signal(switch):
    asking = switch.start("api", "--timeout=600", "msleep", "60000")
    try:
        wait_until(lambda: stats(switch)["api"]["requests"]["in_flight"] > 1, "the command to run")
        asking.send_signal(signal.SIGINT)
        asking.communicate(timeout=PATIENCE_S)
        assert asking.returncode == 3
    finally:
        asking.kill()
        asking.wait()


def stats(switch):
    return json.loads(switch.out("stats"))


def test_stats_are_the_counters_as_json(switch):
    before = stats(switch)
    switch.run("api", "echo", "x")
    after = stats(switch)
    assert after["streams"][0]["name"] == "default"
    assert after["api"]["requests"]["messages"] == before["api"]["requests"]["messages"] + 2


def test_a_kicked_subscriber_comes_back_under_another_id(switch, subscriber):
    def ids():
        listed = json.loads(switch.out("clients"))["connections"]
        return [one["id"] for one in listed if one["owner"] == "stream/default"]

    events = subscriber(switch.ports.events, b'{"Event-Name":"CUSTOM","Event-Subclass":"acme::')
    wait_until(lambda: len(ids()) == 1, "the subscriber")
    (before,) = ids()
    switch.run("kick", str(before))
    wait_until(lambda: ids() and ids() != [before], "the subscriber's return")
    assert stats(switch)["streams"][0]["endings"]["kicked"] == 1
    # libzmq subscribes again only while its socket is used.
    wait_until(lambda: events.poll(1) or stats(switch)["streams"][0]["subscriptions"] == 1, "its subscription")
    switch.run("send", "CUSTOM/acme::alarm")
    assert json.loads(events.recv())["Event-Subclass"] == "acme::alarm"
    assert "-32004" in switch.run("kick", str(before), code=1).stderr
    for words in ([], ["x"], ["0"], ["1", "2"], ["1x"]):
        assert "needs one ID" in switch.run("kick", *words, code=2).stderr


def test_job_start_prints_the_id_for_job_result(switch):
    job = switch.out("job", "start", "msleep", "500").strip()
    assert re.fullmatch(UUID, job)
    assert "still running" in switch.run("job", "result", job, code=3).stderr

    def ended():
        done = subprocess.run([find_program("fszmq"), "job", "result", job], env=switch.env, capture_output=True,
                              text=True, timeout=PATIENCE_S, check=False)
        return done if done.returncode != 3 else None

    done = wait_until(ended, "the end of the job")
    assert (done.returncode, done.stdout) == (0, "+OK\n")
    assert json.loads(switch.out("job", "result", "--json", job))["job"] == job
    assert "-32004" in switch.run("job", "result", "never-started", code=1).stderr


def test_job_run_waits_and_exits_with_the_result_of_the_command(switch):
    assert switch.out("job", "run", "msleep", "300") == "+OK\n"
    assert switch.out("job", "run", "originate", "error/USER_BUSY", "&park", code=1) == "-ERR USER_BUSY\n"
    result = json.loads(switch.out("job", "--job=mine", "--json", "run", "echo", "x"))
    assert result == {"job": "mine", "output": "x", "status": "raw"}


def test_call_set_and_get_change_and_show_variables(switch):
    call = switch.originate()
    assert switch.out("call", "set", call, "tier=gold", "note=a = b") == ""
    assert switch.out("call", "get", call, "tier", "note", "none") == "tier gold\nnote a = b\nnone (not set)\n"
    assert "tier gold\n" in switch.out("call", "get", call)


def test_call_execute_waits_for_the_end_of_the_application(switch):
    call = switch.originate()
    began = time.monotonic()
    result = json.loads(switch.out("call", "execute", "--wait", call, "sleep", "700"))
    assert result["app"] == "sleep" and time.monotonic() - began > 0.7
    switch.run("call", "execute", call, "set", "mood=-w", "and --more")
    wait_until(lambda: switch.out("call", "get", call, "mood") == "mood -w and --more\n", "the variable")
    switch.run("call", "execute", call, "set", "--", "-mood=--wait")
    wait_until(lambda: switch.out("call", "get", call, "--", "-mood") == "-mood --wait\n", "the other variable")


def test_call_transfer_moves_and_hangup_ends_a_call(switch, subscriber):
    events = subscriber(switch.ports.events, b'{"Event-Name":"CHANNEL_HANGUP"')
    wait_until(lambda: stats(switch)["streams"][0]["subscribers"] == 1, "the subscription")
    call = switch.originate()
    switch.run("call", "transfer", call, "1001")
    assert switch.out("call", "get", call, "destination_number") == "destination_number 1001\n"
    assert "-32602" in switch.run("call", "transfer", "--leg=sideways", call, "1001", code=1).stderr
    switch.run("call", "hangup", call, "USER_BUSY")
    assert receive_until(events, lambda event: event["Unique-ID"] == call)[-1]["Hangup-Cause"] == "USER_BUSY"
    for words in (["hangup", call], ["get", call], ["execute", call, "park"]):
        assert "-32004" in switch.run("call", *words, code=1).stderr


def test_send_fires_an_event_that_subscribers_receive(switch, subscriber):
    events = subscriber(switch.ports.events, b'{"Event-Name":"CUSTOM","Event-Subclass":"acme::')
    wait_until(lambda: stats(switch)["streams"][0]["subscribers"] == 1, "the subscription")
    switch.run("send", "CUSTOM/acme::alarm", "Room=12", "--body=smoke")
    event = json.loads(events.recv())
    assert (event["Event-Subclass"], event["Room"], event["_body"]) == ("acme::alarm", "12", "smoke")
    whole = {"Event-Name": "CUSTOM", "Event-Subclass": "acme::list", "Rooms": ["1", "2"]}
    switch.run("send", "--json", stdin=json.dumps(whole))
    event = json.loads(events.recv())
    assert (event["Event-Subclass"], event["Rooms"]) == ("acme::list", ["1", "2"])
    assert "-32005" in switch.run("send", "NO_SUCH_EVENT", code=1).stderr
