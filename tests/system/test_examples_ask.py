# SPDX-License-Identifier: MPL-2.0
"""The programs in examples/ that send requests or authenticate, with a real fszmqd."""

import html
import json
import re
import subprocess
import sys

import pytest
import zmq
from conftest import EXAMPLES, PATIENCE_S, ROOT, free_endpoint, group_xml, wait_until
from test_examples import LANGUAGES, Client, is_installed
from test_cli_users import Secured
from tool import ALL, Requests, free_ports, switch_xml

RUN = {"python": ([sys.executable], "python/{}.py"), "node": (["node"], "node/{}.mjs")}
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(params=RUN)
def example(request):
    """example("command") is the command line of that program, in each language."""
    if not is_installed(request.param):
        pytest.skip(f"{request.param} needs {LANGUAGES[request.param].needs}")
    interpreter, path = RUN[request.param]
    return lambda name: [*interpreter, path.format(name)]


def finish(words, *args):
    """Runs a program; returns its exit status, standard output and standard error."""
    done = subprocess.run([*words, *map(str, args)], cwd=EXAMPLES, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=3 * PATIENCE_S, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def ports(fszmqd):
    """The endpoints of a switch that allows everything."""
    at = free_ports()
    fszmqd(calls_per_second=0, endpoint=at.events, config=switch_xml(at, [group_xml("default", *ALL)]))
    return at


@pytest.fixture
def switch(ports):
    """Another client of the same switch."""
    context = zmq.Context()
    client = Requests(context, ports.api)
    yield client
    client.socket.close()
    context.term()


def test_command_prints_the_output_and_exits_with_the_result(example, ports):
    command = example("command")
    assert finish(command, "-e", ports.api, "echo", "two words") == (0, "two words\n", "")
    assert finish(command, "-e", ports.api, "status")[1].startswith("UP ")
    assert finish(command, "-e", ports.api, "uuid_kill", "nobody")[0] == 1


def test_command_reports_a_missing_grant(example, fszmqd):
    at = free_ports()
    fszmqd(calls_per_second=0, endpoint=at.events,
           config=switch_xml(at, [group_xml("default", ("methods", "api"), ("api", "status"))]))
    code, output, errors = finish(example("command"), "-e", at.api, "echo", "x")
    assert (code, output) == (2, "") and "not run: not allowed" in errors and "echo" in errors


def test_command_reports_that_there_is_no_switch(example):
    nobody = free_endpoint()
    code, output, errors = finish(example("command"), "-e", nobody, "status")
    assert (code, output) == (2, "") and f"no reply from {nobody}: not sent" in errors


def bound(socket, endpoint):
    try:
        socket.bind(endpoint)
    except zmq.ZMQError:
        return False
    return True


def test_command_whose_reply_is_lost_is_not_sent_again(example):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as fake:
        fake.linger, fake.rcvtimeo = 0, PATIENCE_S * 1000
        endpoint = f"tcp://127.0.0.1:{fake.bind_to_random_port('tcp://127.0.0.1')}"
        command = Client([*example("command"), "-e", endpoint, "hupall"])
        try:
            assert json.loads(fake.recv_multipart()[-1])["params"]["command"] == "hupall"
            fake.unbind(endpoint)
            fake.close()
            with context.socket(zmq.ROUTER) as again:
                again.linger = 0
                wait_until(lambda: bound(again, endpoint), "the port to be free again")
                assert command.wait_end() == 3
                assert "it may have run" in "\n".join(command.errors)
                assert not again.poll(300)
        finally:
            command.stop()


def test_call_is_made_and_waits_for_its_end(example, ports, switch):
    call = Client([*example("call"), "-a", ports.api, "-e", ports.events, "loopback/1000", "park"])
    try:
        wait_until(lambda: call.lines or call.process.poll() is not None, "the call to be answered")
        uuid = re.fullmatch(f"answered: ({UUID})", call.lines[0])[1]
        assert call.process.poll() is None  # it waits
        assert switch.call("call.hangup", call=uuid, cause="USER_BUSY") == {"id": 1, "jsonrpc": "2.0", "result": {}}
        assert call.wait_end() == 0
        assert call.lines[1:] == ["ended: USER_BUSY"] and call.errors == []
    finally:
        call.stop()


def test_call_ends_without_the_event_of_its_end(example, ports, switch):
    elsewhere = free_endpoint()  # no events arrive from there
    call = Client([*example("call"), "-a", ports.api, "-e", elsewhere, "loopback/1000", "park"])
    try:
        wait_until(lambda: call.lines or call.process.poll() is not None, "the call to be answered")
        switch.call("call.hangup", call=call.lines[0].split()[1])
        assert call.wait_end() == 0
        assert call.lines[1:] == ["ended: cause not seen"]
    finally:
        call.stop()


def test_call_that_is_not_answered_is_reported_with_its_cause(example, ports):
    code, output, errors = finish(example("call"), "-a", ports.api, "-e", ports.events, "error/USER_BUSY", "park")
    assert (code, output, errors) == (1, "", "not answered: USER_BUSY\n")


def test_call_needs_only_the_grants_in_the_readme(example, fszmqd):
    readme = (EXAMPLES / "README.md").read_text().partition("`call` needs")[2]
    grants = re.findall(r'^    <param name="([a-z-]+)" value="(.*)"/>$', readme, re.MULTILINE)
    assert len(grants) == 8
    here = [(right, html.unescape(value).replace("user/*", "loopback/1000")) for right, value in grants]
    here.append(("contexts", "*/1000"))  # for the loopback endpoint, which stands in for the user
    at = free_ports()
    fszmqd(calls_per_second=0, endpoint=at.events, config=switch_xml(at, [group_xml("default", *here)]))
    how = [*example("call"), "-a", at.api, "-e", at.events]
    code, output, errors = finish(how, "-n", "Shaun O'Neil", "loopback/1000", "playback", "/srv/sounds/hello.wav")
    assert code == 0 and "ended: NORMAL_CLEARING" in output, errors
    for other in (("playback", "/etc/hello.wav"), ("park",)):
        assert finish(how, "loopback/1000", *other)[0] == 2


@pytest.fixture
def curve(fszmqd, tmp_path):
    """A switch with CURVE, the user alice, and a key pair that no user has."""
    switch = Secured(fszmqd, tmp_path, "curve")
    for name in ("alice", "nobody"):
        switch.run("keygen", tmp_path / f"{name}.key")
    switch.add(f"--key={tmp_path}/alice.key", "alice")
    return switch


def test_secure_prints_events_with_a_known_key(example, curve):
    folder, program = curve.folder, example("secure")
    code, output, errors = finish(program, curve.ports.events, folder / "switch.key", folder / "alice.key_secret", 20)
    assert code == 0, errors
    assert len([json.loads(line)["Event-Name"] for line in output.splitlines()]) == 20


@pytest.mark.parametrize("server, own", [("switch.key", "nobody.key_secret"), ("nobody.key", "alice.key_secret")])
def test_secure_gets_nothing_with_an_unknown_key(example, curve, server, own):
    folder = curve.folder
    stranger = Client([*example("secure"), curve.ports.events, str(folder / server), str(folder / own), "1"])
    known = Client([*example("secure"), curve.ports.events, str(folder / "switch.key"),
                    str(folder / "alice.key_secret"), "50"])
    try:
        stranger.wait_error("listening to")
        assert known.wait_end() == 0
        assert stranger.lines == []
    finally:
        stranger.stop()
        known.stop()


def test_every_program_is_in_the_readme():
    text = (EXAMPLES / "README.md").read_text()
    programs = [path for folder in ("python", "node") for path in (ROOT / "examples" / folder).glob("*.*")
                if path.suffix in (".py", ".mjs")]
    assert len(programs) == 16
    assert [p.name for p in programs if f"{p.parent.name}/{p.name}" not in text] == []
