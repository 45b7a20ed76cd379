# SPDX-License-Identifier: MPL-2.0
"""fszmq, the tool, with publishers in the test: its output, its messages and its exit status."""

import json
import os
import pty
import re
import signal
import socket
import subprocess

import pytest
import zmq
from zmq.auth.thread import ThreadAuthenticator

from conftest import PATIENCE_S, find_program, free_endpoint, free_port

UUID = "f04b34aa-3489-4946-bb7c-878aa07c72c6"


def event(name, subclass=None, /, **headers):
    """An event as the publisher writes it: name first, subclass second, every value a string."""
    members = {"Event-Name": name}
    if subclass is not None:
        members["Event-Subclass"] = subclass
    members.update({key.replace("_", "-"): value for key, value in headers.items()})
    return json.dumps(members, separators=(",", ":")).encode()


class Publisher:
    """An XPUB socket on a free port, which receives subscriptions."""

    def __init__(self, context):
        self.socket = context.socket(zmq.XPUB)
        self.socket.linger = 0
        self.socket.rcvtimeo = PATIENCE_S * 1000
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"

    def wait_subscriptions(self, count=1):
        arrived = []
        while len(arrived) < count:
            message = self.socket.recv()
            if message[:1] == b"\x01":  # the rest are unsubscriptions of a tool that ended earlier
                arrived.append(message[1:])
        return arrived

    def json(self, *events):
        for one in events:
            self.socket.send(one)

    def envelope(self, seq, type_seq, one, epoch="e1"):
        name = json.loads(one)
        event_type = f"{name['Event-Name']}/{name.get('Event-Subclass', '')}"
        meta = {"stream": "live", "epoch": epoch, "seq": seq, "type": event_type, "type_seq": type_seq, "time": 1}
        self.socket.send_multipart([f"{event_type}/".encode(), json.dumps(meta).encode(), one])

    def own(self, topic, seq, event_types=None):
        meta = {"stream": "live", "epoch": "e1", "seq": seq, "time": 1, "types": event_types or {}}
        self.socket.send_multipart([topic, json.dumps(meta).encode(), b"{}"])


@pytest.fixture
def publisher():
    context = zmq.Context()
    yield Publisher(context)
    context.destroy(linger=0)


@pytest.fixture
def fszmq():
    """Factory: fszmq("tail", …) is the running tool. It is ended with the test."""
    running = []

    def start(*args, env=None, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([find_program("fszmq"), *map(str, args)], text=True, stdin=subprocess.DEVNULL,
                                   env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})}, **options)
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process, code=0):
    """Waits until it ends by itself; returns its standard output and standard error."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    return out, err


def test_tail_json_writes_each_event_unchanged(publisher, fszmq):
    tail = fszmq("tail", "--json", "--count", 3, publisher.endpoint)
    assert publisher.wait_subscriptions() == [b""]
    events = [event("DTMF", DTMF_Digit="1"), event("API", name="é\n\u0001"), event("HEARTBEAT", list=["a", "b"])]
    publisher.json(*events)
    out, _ = ended(tail)
    assert out.encode().splitlines() == events


def test_tail_detects_both_framings_on_one_socket(publisher, fszmq):
    tail = fszmq("tail", "--json", "-n", 2, publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.json(event("DTMF"))
    publisher.envelope(1, 1, event("API"))
    out, _ = ended(tail)
    assert [json.loads(line)["Event-Name"] for line in out.splitlines()] == ["DTMF", "API"]


def test_tail_shows_an_event_on_one_line_for_people(publisher, fszmq):
    tail = fszmq("tail", "-n", 1, publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.json(event("CHANNEL_HANGUP", Event_Date_Timestamp="1795402011941350", Unique_ID=UUID,
                         Caller_Caller_ID_Number="1001", Caller_Destination_Number="1004",
                         Hangup_Cause="USER_BUSY"))
    out, _ = ended(tail)
    assert out == "02:46:51.941 CHANNEL_HANGUP             f04b34aa 1001→1004  USER_BUSY\n"


def on_terminal(fszmq, publisher, events, *args, env=None):
    """The output of the tool if standard output is a terminal."""
    ours, theirs = pty.openpty()
    tail = fszmq("tail", "-n", len(events), "-t", PATIENCE_S, *args, publisher.endpoint, stdout=theirs, env=env)
    os.close(theirs)
    publisher.wait_subscriptions()
    publisher.json(*events)
    output = b""
    try:
        while chunk := os.read(ours, 65536):
            output += chunk
    except OSError:
        pass  # the other end of the pty is closed
    os.close(ours)
    tail.wait(PATIENCE_S)
    return output


def test_tail_colours_on_a_terminal_unless_no_color_is_set(publisher, fszmq):
    assert b"\x1b[1;31mCHANNEL_HANGUP\x1b[0m" in on_terminal(fszmq, publisher, [event("CHANNEL_HANGUP")],
                                                             env={"TERM": "xterm", "NO_COLOR": ""})
    assert b"\x1b" not in on_terminal(fszmq, publisher, [event("CHANNEL_HANGUP")], env={"NO_COLOR": "1"})


@pytest.mark.parametrize("form", [(), ("--json",), ("--fields", "Hangup-Cause")])
def test_tail_writes_no_control_characters_of_an_event_to_the_terminal(publisher, fszmq, form):
    nasty = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e\x7f\x08\r"
    raw = '{"Event-Name":"CHANNEL_HANGUP","Hangup-Cause":%s}' % json.dumps(nasty, ensure_ascii=False)
    raw = re.sub(r"\\u(007f)", "\x7f", raw)
    output = on_terminal(fszmq, publisher, [raw.encode()], "--color", "never", *form).decode()
    assert output.endswith("\r\n") and output.count("\n") == 1
    assert not re.search("[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202e]", output)
    if form == ("--json",):
        assert json.loads(output)["Hangup-Cause"] == nasty


def test_tail_subscribes_to_events_in_both_framings(publisher, fszmq):
    tail = fszmq("tail", "--json", "-n", 2, "-e", "DTMF", "-e", "CUSTOM/sofia::*", publisher.endpoint)
    assert set(publisher.wait_subscriptions(7)) == {
        b'{"Event-Name":"DTMF"', b"DTMF/", b".beat/", b".lost/", b".bye/",
        b'{"Event-Name":"CUSTOM","Event-Subclass":"sofia::', b"CUSTOM/sofia::"}
    publisher.json(event("DTMF_X"), event("CUSTOM", "conference::x"), event("CUSTOM", "sofia::register"))
    publisher.envelope(1, 1, event("CODEC"))
    publisher.envelope(2, 1, event("DTMF"))
    out, _ = ended(tail)
    assert [json.loads(line)["Event-Name"] for line in out.splitlines()] == ["CUSTOM", "DTMF"]


def test_tail_selects_by_uuid_and_header(publisher, fszmq):
    tail = fszmq("tail", "--json", "-n", 2, "-u", UUID[:8], "-w", "caller-context=public", publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.json(event("A", Unique_ID=UUID, Caller_Context="default"), event("B", Caller_Context="public"),
                   event("C", Unique_ID=UUID, Caller_Context="public"),
                   event("D", Other_Leg_Unique_ID=UUID, Caller_Context=["x", "public"]))
    out, _ = ended(tail)
    assert [json.loads(line)["Event-Name"] for line in out.splitlines()] == ["C", "D"]


def test_tail_shows_chosen_fields(publisher, fszmq):
    for form, expected in [(["--json"], '{"unique-id":"u","Event-Name":"A"}\n'),
                           ([], "--:--:--.000 A                          unique-id=u Nope= Event-Name=A\n")]:
        tail = fszmq("tail", "-n", 1, "-f", "unique-id,Nope,Event-Name", *form, publisher.endpoint)
        publisher.wait_subscriptions()
        publisher.json(event("A", Unique_ID="u", more="x"))
        assert ended(tail)[0] == expected


def test_tail_envelope_shows_numbers_and_reports_gaps(publisher, fszmq):
    tail = fszmq("tail", "--envelope", "-n", 3, publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.envelope(4710, 5, event("DTMF"))
    publisher.envelope(4723, 18, event("DTMF"))
    publisher.own(b".beat/", 4725, {"DTMF/": 20})
    publisher.envelope(4, 1, event("DTMF"), epoch="e2")
    out, err = ended(tail)
    assert [line.split()[:2] for line in out.splitlines()] == [["live", "4710/5"], ["live", "4723/18"], ["live", "4/1"]]
    assert [line for line in err.splitlines() if "stream live" in line] == [
        "fszmq tail: lost 12 events of stream live, type DTMF/ (type_seq 6–17)",
        "fszmq tail: lost 2 events of stream live, type DTMF/ (type_seq 19–20)",
        "fszmq tail: stream live was restarted"]


def test_tail_reports_no_loss_for_events_that_it_may_not_see(publisher, fszmq):
    tail = fszmq("tail", "--envelope", "-n", 3, publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.envelope(10, 5, event("DTMF"))
    publisher.envelope(70, 6, event("DTMF"))
    publisher.own(b".beat/0123456789abcdef/", 99, {"DTMF/": 6})
    publisher.envelope(120, 7, event("DTMF"))
    assert "lost" not in ended(tail)[1]


def test_tail_of_some_event_types_reports_only_their_gaps(publisher, fszmq):
    tail = fszmq("tail", "-e", "DTMF", "-n", 2, "--json", "--envelope", publisher.endpoint)
    publisher.wait_subscriptions(5)
    publisher.envelope(1, 1, event("DTMF"))
    publisher.envelope(90, 3, event("DTMF"))
    out, err = ended(tail)
    assert [json.loads(line)["meta"]["seq"] for line in out.splitlines()] == [1, 90]
    assert "lost 1 event of stream live, type DTMF/ (type_seq 2)" in err
    assert err.count("lost") == 1


def test_tail_reports_the_events_that_were_dropped_because_it_read_too_slowly(publisher, fszmq):
    tail = fszmq("tail", "-n", 1, "--envelope", publisher.endpoint)
    publisher.wait_subscriptions()
    meta = {"stream": "live", "epoch": "e", "seq": 9, "type": ".lost/", "time": 1,
            "lost": {"low": 5, "normal": 2, "high": 0}, "first_seq": 2, "last_seq": 8}
    publisher.socket.send_multipart([b".lost/", json.dumps(meta).encode(), b"{}"])
    publisher.envelope(9, 1, event("DTMF"))
    assert "read too slowly: 5 of low priority, 2 normal, 0 high (.lost/)" in ended(tail)[1]


def test_tail_reports_an_orderly_stop(publisher, fszmq):
    tail = fszmq("tail", "-n", 1, publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.own(b".bye/", 1)
    publisher.envelope(2, 1, event("DTMF"))
    assert "stream live is being stopped" in ended(tail)[1]


def test_tail_skips_messages_that_are_not_events_and_reports_them_once(publisher, fszmq):
    tail = fszmq("tail", "--json", "-n", 1, publisher.endpoint)
    publisher.wait_subscriptions()
    for frames in ([b"\xff\x00 not json"], [b"[]"], [b""], [b"a", b"b"], [b"a"] * 7, [b"a", b"\xff", b"{"],
                   [b".beat/", b"[]", b""], [b".bye/", b"{}", b""], [b'{"Event-Name":"\xff"}']):
        publisher.socket.send_multipart(frames)
    publisher.json(event("DTMF"))
    out, err = ended(tail)
    assert out.encode() == event("DTMF") + b"\n"
    assert err.count("is not an event") == 1


def test_tail_reports_several_messages_in_one_as_a_loss(publisher, fszmq):
    tail = fszmq("tail", "-n", 2, "--json", "--envelope", publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.envelope(1, 1, event("DTMF"))
    publisher.socket.send_multipart([b"DTMF//", b'{"seq":2}', b"DTMF//", b'{"seq":3}', event("DTMF")])
    publisher.envelope(4, 4, event("DTMF"))
    out, err = ended(tail)
    assert [json.loads(line)["meta"]["seq"] for line in out.splitlines()] == [1, 4]
    assert "5 frame(s)" in err and "several messages in one" in err
    assert "lost 2 events of stream live, type DTMF/ (type_seq 2" in err


def test_tail_ends_quietly_when_its_reader_ends(publisher, fszmq):
    tail = fszmq("tail", "--json", publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.json(event("DTMF"))
    assert tail.stdout.readline().encode() == event("DTMF") + b"\n"
    tail.stdout.close()  # it must detect this without another event
    assert tail.wait(PATIENCE_S) == 1
    assert "roken pipe" not in tail.stderr.read()


@pytest.mark.parametrize("more", [[], ["-n", 1], ["--json"]])
def test_tail_ends_with_1_when_its_output_is_full(publisher, fszmq, more):
    with open("/dev/full", "wb") as full:
        tail = fszmq("tail", *more, publisher.endpoint, stdout=full)
    publisher.wait_subscriptions()
    publisher.json(event("DTMF"))
    assert tail.wait(PATIENCE_S) == 1
    assert "standard output" in tail.stderr.read()


def test_tail_quiet_is_quiet(publisher, fszmq):
    tail = fszmq("tail", "--quiet", "--timeout=0.3", free_endpoint())
    assert ended(tail, 3) == ("", "")
    tail = fszmq("tail", "-q", "--envelope", "--timeout=1", publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.envelope(1, 1, event("DTMF"))
    publisher.envelope(9, 9, event("DTMF"))
    publisher.socket.send_multipart([b"no", b"event"])
    out, err = ended(tail)
    assert out.count("DTMF") == 2 and err == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tail_ends_on_a_signal(publisher, fszmq, number):
    tail = fszmq("tail", publisher.endpoint)
    publisher.wait_subscriptions()
    tail.send_signal(number)
    ended(tail)


def test_tail_writes_an_event_at_once_into_a_pipe(publisher, fszmq):
    tail = fszmq("tail", "--json", publisher.endpoint)
    publisher.wait_subscriptions()
    for digit in "123":
        publisher.json(event("DTMF", DTMF_Digit=digit))
        assert json.loads(tail.stdout.readline())["DTMF-Digit"] == digit


def test_tail_prints_a_rate_when_asked(publisher, fszmq):
    tail = fszmq("tail", "--json", "--rate", publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.json(*[event("DTMF")] * 5)
    assert re.fullmatch(r"[\d.]+ events/s, [\d.]+ MB/s; 5 events, 0 lost\n", tail.stderr.readline())


def test_tail_with_timeout_reports_that_nothing_listens_and_what_to_check(fszmq):
    endpoint = free_endpoint()
    _, err = ended(fszmq("tail", "--timeout", 1, endpoint), 3)
    assert f"{endpoint}: nothing answers there (Connection refused)" in err
    assert "load mod_event_zmq" in err and "zmq status" in err


def test_tail_says_when_the_address_does_not_resolve(fszmq):
    _, err = ended(fszmq("tail", "--timeout", 2, "tcp://no-such-host.invalid:5556"), 3)
    assert "tcp://no-such-host.invalid:5556: nothing answers there (" in err


def test_tail_connects_to_a_publisher_that_starts_later_and_restarts(fszmq):
    port = free_port()
    tail = fszmq("tail", "--json", f"tcp://127.0.0.1:{port}")
    assert "nothing answers there" in tail.stderr.readline()
    for _ in range(2):
        with zmq.Context() as context, context.socket(zmq.XPUB) as late:
            late.linger, late.rcvtimeo = 0, PATIENCE_S * 1000
            late.bind(f"tcp://127.0.0.1:{port}")
            assert late.recv() == b"\x01"
            late.send(event("DTMF"))
            assert tail.stdout.readline().encode() == event("DTMF") + b"\n"
    tail.terminate()
    _, err = ended(tail)
    assert "connected" in err and "connection lost; trying again" in err


def test_tail_says_that_access_control_refused_it(fszmq):
    context = zmq.Context()
    access = ThreadAuthenticator(context)
    access.start()
    access.deny("127.0.0.1")
    try:
        closed = context.socket(zmq.PUB)
        closed.linger, closed.zap_domain = 0, b"events"
        port = closed.bind_to_random_port("tcp://127.0.0.1")
        _, err = ended(fszmq("tail", "--quiet", f"tcp://127.0.0.1:{port}"), 1)
        assert "refused by access control" in err and "apply-inbound-acl" in err
    finally:
        access.stop()
        context.destroy(linger=0)


def test_tail_says_that_the_port_belongs_to_something_else(fszmq):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        tail = fszmq("tail", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        other, _ = server.accept()
        other.sendall(b"Content-Type: auth/request\n\n")
        other.close()
        assert "ends the connection before the handshake" in tail.stderr.readline()


def test_tail_reports_that_it_is_connected_and_receives_nothing(publisher, fszmq):
    _, err = ended(fszmq("tail", "--timeout", 0.5, publisher.endpoint), 3)
    assert f"{publisher.endpoint}: connected" in err and "zmq streams" in err


def test_tail_timeout_after_events_is_not_a_failure_without_a_count(publisher, fszmq):
    tail = fszmq("tail", "--timeout", 2, publisher.endpoint)
    publisher.wait_subscriptions()
    publisher.json(event("DTMF"))
    ended(tail, 0)


def test_tail_takes_several_endpoints(fszmq):
    with zmq.Context() as context:
        publishers = [Publisher(context), Publisher(context)]
        tail = fszmq("tail", "--json", "-n", 2, *[one.endpoint for one in publishers])
        for number, one in enumerate(publishers):
            one.wait_subscriptions()
            one.json(event("DTMF", number=str(number)))
        out, _ = ended(tail)
        assert {json.loads(line)["number"] for line in out.splitlines()} == {"0", "1"}
        for one in publishers:
            one.socket.close()


@pytest.mark.parametrize("args", [
    (), ("nonsense",), ("tail", "--nonsense"), ("tail", "--count"), ("tail", "--count", "-1"),
    ("tail", "--count", "x"), ("tail", "--timeout", "nan"), ("tail", "--color", "pink"), ("tail", "--event", "A*B"),
    ("tail", "--where", "=x"), ("tail", "no-endpoint"),
])
def test_an_invalid_command_line_is_reported_and_ends_with_2(fszmq, args):
    out, err = ended(fszmq(*args), 2)
    assert out == "" and err.startswith(("fszmq", "Usage: fszmq"))


@pytest.mark.parametrize("args", [(), ("tail",)])
def test_every_command_has_help(fszmq, args):
    out, err = ended(fszmq(*args, "--help"))
    assert out.startswith("Usage: " + " ".join(("fszmq",) + args)) and err == ""


def test_version_names_the_protocol(fszmq):
    assert re.match(r"fszmq \d+\.\d+\.\d+ \(fszmq/1, libzmq 4", ended(fszmq("--version"))[0])
