# SPDX-License-Identifier: MPL-2.0
"""Reports of the switch: the audit, the log, `zmq status`."""

import contextlib
import json
import socket
import subprocess
import threading

import pytest

from conftest import (PATIENCE_S, ROOT, api_socket_xml, config_xml, find_program, free_endpoint, group_xml, need_node,
                      service_xml, stream_xml, wait_until)
from lookups import clients_of
from tool import ALL, environment, free_ports, run, switch_xml

LOOKERS = (("streams", "*"), ("events", "HEARTBEAT"), ("events", "CUSTOM/fszmq::audit"), ("services", "*"),
           ("methods", "*"), ("api", "status"), ("api", "uuid_setvar *"), ("variables", "*"))


class Switch:
    """An fszmqd with a stream, an API socket, a service `s` and a console."""

    def __init__(self, fszmqd, grants=ALL, settings=None):
        self.events, self.api = (free_endpoint() for _ in range(2))
        self.grants, self.settings = grants, settings
        self.daemon = fszmqd(config=self.config(), endpoint=self.events, calls_per_second=0, console=True)

    def config(self, *more_groups, events="*", **settings):
        return config_xml([stream_xml(binds=[self.events], events=events)], {**(self.settings or {}), **settings},
                          [api_socket_xml(binds=[self.api])], [group_xml("default", *self.grants), *more_groups],
                          [service_xml("s")])

    def status(self):
        return self.daemon.status()

    def audit(self):
        """The audit lines in the log."""
        return [line for line in self.daemon.log if "audit: " in line]


@pytest.fixture
def switch(fszmqd):
    return lambda *args, **options: Switch(fszmqd, *args, **options)


@pytest.fixture
def client():
    """Factory: client(switch) is a client of its API socket."""
    opened = []

    def connect(switch):
        opened.append(clients_of(switch.api))
        return opened[-1].__enter__()[0]

    yield connect
    for each in opened:
        each.__exit__(None, None, None)


def audit_of(subscriber, switch):
    """A subscriber to the audit that is ready for the next record."""
    audit = subscriber(switch.events, b'{"Event-Name":"CUSTOM","Event-Subclass":"fszmq::audit"')
    wait_until(lambda: switch.status()["streams"][0]["subscriptions"] == 1,
               "the subscription")
    return audit


def test_refused_subscription_is_in_the_audit_and_the_log(switch, subscriber):
    here = switch(LOOKERS)
    audit = audit_of(subscriber, here)
    subscriber(here.events, b'{"Event-Name":"CHANNEL_CREATE"')
    record = json.loads(audit.recv())
    while record["Audit-Action"] == "connect":
        record = json.loads(audit.recv())
    assert (record["Audit-Action"], record["Audit-Outcome"]) == ("subscribe", "refused")
    assert record["Audit-What"].startswith('{"Event-Name":"CHANNEL_CREATE"')
    assert record["Audit-Socket"] == "default" and record["Audit-Address"] == "127.0.0.1"
    here.daemon.wait_log("subscribe {\"Event-Name\":\"CHANNEL_CREATE\": refused")


def test_subscription_in_the_form_of_the_other_framing_is_not_refused(switch, subscriber):
    here = switch(LOOKERS)
    audit = audit_of(subscriber, here)
    subscriber(here.events, b"CUSTOM/fszmq::audit/")
    subscriber(here.events, b'{"Event-Name":"CHANNEL_CREATE"')
    records = [json.loads(audit.recv()) for _ in range(3)]
    assert [record["Audit-Action"] for record in records].count("connect") == 2
    assert [record["Audit-What"] for record in records if record["Audit-Outcome"] == "refused"] == [
        '{"Event-Name":"CHANNEL_CREATE"']


def test_audit_of_requests_that_change_nothing_is_only_an_event(switch, client, subscriber):
    here = switch(LOOKERS)
    audit, asks, commands = audit_of(subscriber, here), client(here), 40
    for _ in range(commands):
        assert "result" in asks.call("api", command="status")
    assert "result" in asks.call("service.register", service="s", capacity=1)
    assert "result" in asks.call("service.register", service="s", capacity=1)  # renewed
    assert "error" in asks.call("api", command="system", arg="date")
    assert "result" in asks.call("service.register", service="s", capacity=2)  # changed
    assert "result" in asks.call("api", command="uuid_setvar", arg="none a b")
    here.daemon.wait_log("uuid_setvar none a b: ok")
    lines = [line.split("default: ")[1] for line in here.audit()]
    assert [line.split(":")[0] for line in lines] == [
        "service.register s", "api system date", "service.register s", "api uuid_setvar none a b"]
    records = []
    while len(records) < commands + 5:
        records.append(json.loads(audit.recv()))
        if records[-1]["Audit-Action"] == "connect":
            records.pop()
    assert [each["Audit-What"] for each in records].count("status") == commands
    assert [each["Audit-Action"] for each in records].count("service.register") == 3


# ---- configuration ---------------------------------------------------------------------------------------


def test_refused_reload_is_in_the_status_until_the_next_reload(switch, client):
    here = switch()
    asks = client(here)
    assert here.status()["reload_refused"] is None
    here.daemon.reload(here.config(linger_ms="1 s", io_threads=1).replace("linger_ms", "linger-ms"))
    here.daemon.wait_log("configuration not reloaded")
    refused = here.status()["reload_refused"]
    assert refused["mistakes"] == 2 and refused["ago_ms"] >= 0
    assert 'settings: linger-ms="1 s" is not valid' in refused["first"]
    assert "reload   REFUSED" in here.daemon.command("zmq status") and "linger-ms" in here.daemon.command("zmq status")
    # A mistake may name users and files, so server.stats, which every client may call, omits it.
    assert set(asks.call("server.stats")["result"]["reload_refused"]) == {"mistakes", "ago_ms"}

    here.daemon.reload("<configuration>")
    here.daemon.wait_log("configuration not reloaded")
    assert "linger-ms" not in here.status()["reload_refused"]["first"]

    here.daemon.reload(here.config())
    here.daemon.wait_log("configuration reloaded")
    assert here.status()["reload_refused"] is None
    assert "REFUSED" not in here.daemon.command("zmq status")


@pytest.mark.parametrize("grant, words", [
    (("methods", "serverr.*"), 'group "g": methods: "serverr.*" matches no method'),
    (("methods", "call.hangups"), 'group "g": methods: "call.hangups" matches no method; did you mean call.hangup?'),
    (("methods", "API"), 'group "g": methods: "API" matches no method; did you mean api?'),
    (("streams", "deflaut"), 'group "g": streams: "deflaut" matches no stream of <streams>; did you mean default?'),
    (("services", "t"), 'group "g": services: "t" matches no service of <services>'),
    (("sections", "phrases"), 'group "g": sections: "phrases" matches no section'),
])
def test_grant_that_can_never_match_is_a_mistake(switch, grant, words):
    here = switch()
    here.daemon.reload(here.config(group_xml("g", grant)))
    here.daemon.wait_log(words)
    assert words in here.status()["reload_refused"]["first"]
    checked = subprocess.run([find_program("fszmqd"), "--check", "--config", here.daemon.config_path],
                             capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert checked.returncode != 0 and words in checked.stderr


def test_user_in_a_group_that_does_not_exist_is_a_mistake(switch, tmp_path):
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"users": {"alice": {"keys": [], "groups": ["operators"]}}}))
    here = switch()
    here.daemon.reload(here.config().replace("<settings>", f'<settings><param name="users-file" value="{users}"/>'))
    here.daemon.wait_log('the configuration has no group "operators"')
    assert "alice" in here.status()["reload_refused"]["first"]


def test_no_streams_means_none(fszmqd):
    api = free_endpoint()
    daemon = fszmqd(config=config_xml([], api_sockets=[api_socket_xml(binds=[api])]), endpoint=api, console=True)
    assert daemon.status()["streams"] == []


def test_deleted_ipc_file_is_created_by_a_reload_and_removed_at_the_end(fszmqd, tmp_path, subscriber):
    paths = [tmp_path / "events", tmp_path / "api"]
    config = config_xml([stream_xml(binds=[f"ipc://{paths[0]}"])],
                        api_sockets=[api_socket_xml(binds=[f"ipc://{paths[1]}"])])
    daemon = fszmqd(config=config, endpoint=f"ipc://{paths[0]}", console=True)

    def endpoints():
        status = daemon.status()
        return [each["endpoints"][0] for each in (status["streams"][0], status["api"]["sockets"][0])]

    assert all(each["open"] for each in endpoints())
    for path in paths:
        path.unlink()
    assert [each["open"] for each in endpoints()] == [False, False]
    assert all("its file was deleted" in each["why"] for each in endpoints())
    assert daemon.command("zmq status").count("NOT OPEN: its file was deleted") == 2
    daemon.reload()
    daemon.wait_log("configuration reloaded")
    assert all(each["open"] for each in endpoints())
    assert json.loads(subscriber(daemon.endpoint).recv())
    with clients_of(f"ipc://{paths[1]}") as clients:
        assert "result" in clients[0].call("server.ping")
    daemon.stop()
    assert not any(path.exists() for path in paths)


# ---- names of events -------------------------------------------------------------------------------------


@pytest.mark.parametrize("events, expected", [
    ("ALL", {"CHANNEL_CREATE", "HEARTBEAT"}), ("all", {"CHANNEL_CREATE", "HEARTBEAT"}),
    ("SWITCH_EVENT_CHANNEL_CREATE", {"CHANNEL_CREATE"}), ("ALL !SWITCH_EVENT_HEARTBEAT", {"CHANNEL_CREATE"}),
])
def test_selection_accepts_the_spellings_of_freeswitch(switch, client, subscriber, events, expected):
    here = switch()
    here.daemon.reload(here.config(events=events))
    here.daemon.wait_log("configuration reloaded")
    asks, events = client(here), subscriber(here.events, b"")
    wait_until(lambda: here.status()["streams"][0]["subscriptions"] == 1, "the subscription")
    for name in ("HEARTBEAT", "CHANNEL_CREATE"):
        assert "result" in asks.call("event.send", event={"Event-Name": f"SWITCH_EVENT_{name}", "mark": "x"})
    seen = set()
    while "CHANNEL_CREATE" not in seen:
        seen |= {event["Event-Name"] for event in [json.loads(events.recv())] if event.get("mark")}
    assert seen == expected


def test_unknown_event_in_a_selection_is_a_warning(switch):
    here = switch()
    here.daemon.reload(here.config(events="CHANEL_CREATE"))
    words = "FreeSWITCH 1.10 and 1.11 have no event CHANEL_CREATE; did you mean CHANNEL_CREATE?"
    here.daemon.wait_log(words)
    assert any(words in line for line in here.status()["warnings"])
    assert "warning  " in here.daemon.command("zmq status")


@pytest.mark.parametrize("name, words", [
    ("CUSTOM sofia::register", "write CUSTOM/sofia::register"), ("sofia::register", "write CUSTOM/sofia::register"),
    ("ALL/x", "write CUSTOM/x"), ("CHANNEL.ANSWER", "such as CHANNEL_ANSWER")])
def test_tool_says_how_to_write_an_event(name, words, tmp_path):
    for arguments in (("tail", "--event", name), ("send", name)):
        done = subprocess.run([find_program("fszmq"), *arguments], capture_output=True, text=True,
                              env=environment(tmp_path), timeout=PATIENCE_S, check=False)
        assert done.returncode == 2 and words in done.stderr, done


def test_tool_warns_of_an_event_that_no_switch_has(switch, tmp_path):
    here = switch()
    done = subprocess.run([find_program("fszmq"), "tail", "--event", "CHANEL_ANSWER", "--timeout", "0.1", here.events],
                          capture_output=True, text=True, env=environment(tmp_path), timeout=PATIENCE_S, check=False)
    assert "did you mean CHANNEL_ANSWER?" in done.stderr


@pytest.mark.parametrize("command", [("/usr/bin/python3", "python/follow.py"), ("node", "node/follow.mjs")])
def test_followers_say_how_to_write_an_event(command):
    if command[0] == "node":
        need_node()
    done = subprocess.run([command[0], ROOT / "examples" / command[1], "tcp://127.0.0.1:9", "CUSTOM sofia::register"],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1 and "CUSTOM/sofia::register" in done.stderr


# ---- security --------------------------------------------------------------------------------------------


def secured(fszmqd, folder, security):
    """An fszmqd with that security on stream and API socket and a user alice; returns it and both endpoints."""
    env, ports = environment(folder), free_ports()
    for name in ("switch", "alice"):
        run("keygen", folder / name, env=env)
    run("user", f"--file={folder}/users.json", "add", "--group=default", "--password", f"--key={folder}/alice", "alice",
        env=env, stdin="open sesame\n")
    settings = {"users-file": folder / "users.json", "curve-key-file": folder / "switch_secret"}
    daemon = fszmqd(calls_per_second=0, endpoint=ports.events, config=switch_xml(
        ports, [group_xml("default", *ALL)], settings, security=security))
    return daemon, ports


OPTIONS = {"none": [], "plain": ["--user=alice"],
           "curve": ["--key={folder}/alice_secret", "--server-key={folder}/switch"]}


@pytest.mark.parametrize("wanted, shown", [(wanted, shown) for wanted in OPTIONS for shown in OPTIONS
                                           if wanted != shown])
def test_wrong_security_is_logged_and_the_tool_names_the_required_one(fszmqd, tmp_path, wanted, shown):
    daemon, ports = secured(fszmqd, tmp_path, wanted)
    options = [option.format(folder=tmp_path) for option in OPTIONS[shown]]
    words = f"this endpoint requires security {wanted}; this side uses {shown}"
    env = environment(tmp_path, FSZMQ_PASSWORD="open sesame")
    for arguments in (["api", "-a", ports.api, *options, "status"], ["tail", *options, "--timeout=20", ports.events]):
        done = subprocess.run([find_program("fszmq"), *arguments], capture_output=True, text=True, env=env,
                              timeout=2 * PATIENCE_S, check=False)
        assert done.returncode == 1 and words in done.stderr, done
    for owner in ("API socket", "stream") if wanted != "none" else ():
        words = f'{owner} "default" has security {wanted}'
        wait_until(lambda words=words: [line for line in daemon.log if words in line],
                   f"the line about the {owner}")


def test_tool_reports_that_something_else_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        ended = threading.Event()

        def serve():
            server.settimeout(0.1)
            while not ended.is_set():
                with contextlib.suppress(TimeoutError), server.accept()[0] as peer:
                    peer.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        done = subprocess.run([find_program("fszmq"), "tail", "--timeout=2", endpoint], capture_output=True, text=True,
                              env=environment(tmp_path), timeout=2 * PATIENCE_S, check=False)
        ended.set()
        thread.join()
    assert "not mod_event_zmq: it does not speak ZeroMQ" in done.stderr


# ---- commands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command, words", [
    ("status", "uptime"), ("status json", '"reload_refused":null'), ("streams", "default (json)"),
    ("api", "workers "), ("services", "s\n"), ("bindings", "no bindings"), ("cache flush", "+OK 0 removed"),
    ("cache flush x*", "+OK 0 removed"), ("reload", "+OK reloaded"), ("help", "zmq cache flush"), (None, "zmq help"),
    ("nonsense", "-USAGE: zmq status")])
def test_every_zmq_command_runs_through_the_api_too(switch, client, command, words):
    here = switch((*ALL, ("api", "zmq"), ("api", "zmq *")))
    params = {} if command is None else {"arg": command}
    reply = client(here).call("api", command="zmq", **params)
    assert words.replace("uptime", "event_zmq ") in reply["result"]["output"]
    assert "zmq" in client(here).call("api", command="show", arg="api")["result"]["output"]


def test_operations_page_lists_every_command(switch):
    page = (ROOT / "docs/operations.md").read_text()
    for line in switch().daemon.command("zmq help").splitlines():
        command = line.split("  ")[0].strip()
        assert f"| `{command}` |" in page, command
