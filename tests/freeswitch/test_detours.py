"""Each row of the table of detours in docs/access.md, in a real switch: refused for a user whose grants do not reach
what is inside, and it did not happen; the same road with something harmless is allowed; and for an administrator what
is inside is run, so the road is real."""

import json
import os
import re
import string
import time

import pytest
import zmq
import zmq.auth

from apiclient import ApiClient, ApiError
from detours import HARMLESS, ROADS
from switch import PATIENCE_S, ROOT, free_port, wait_until

UNAUTHORIZED = -32001
MODULES = ("mod_hash", "mod_sndfile", "mod_tone_stream", "mod_lua")
EVERY_LETTER = [f"{letter}*" for letter in string.ascii_lowercase]  # all names, and none spelled out
COMMON = [("methods", "*"), ("variables", "acme_*"), ("variables", "hold_music")]
GROUPS = {
    "wildcards": [*COMMON, ("send-events", "CUSTOM/*"), *(
        (right, each) for right in ("api", "applications", "json-api", "send-events") for each in EVERY_LETTER)],
    "dialler": [*COMMON, ("api", "originate loopback/*/inline &park()"), *(
        ("applications", each) for each in ("park", "answer", "sleep", "system *"))],
    "administrators": [(right, "*") for right in ("methods", "api", "applications", "json-api", "send-events",
                                                  "variables")],
}
DIALPLAN = """<document><section name="dialplan"><context name="default"><extension name="any">
<condition><action application="system" data="{program}"/></condition></extension></context></section></document>"""
USERS = {"wildcards": "wildcards", "dialler": "dialler", "admin": "administrators"}


def configuration(folder, endpoint, stream):
    groups = "".join(f'<group name="{name}">' + "".join(f'<param name="{right}" value="{pattern}"/>'
                                                        for right, pattern in grants) + "</group>"
                     for name, grants in GROUPS.items())
    return (f'<configuration name="event_zmq.conf"><settings>'
            f'<param name="users-file" value="{folder}/users.json"/>'
            f'<param name="curve-key-file" value="{folder}/switch.key_secret"/></settings>'
            f'<streams><stream name="default"><param name="bind" value="{stream}"/></stream></streams>'
            f'<api-channels><api-channel name="default"><param name="bind" value="{endpoint}"/>'
            f'<param name="security" value="curve"/></api-channel></api-channels>'
            f'<groups>{groups}</groups></configuration>')


class Scene:
    """A switch with the module, its users, and the calls of one request."""

    def __init__(self, switch, folder):
        self.switch, self.folder, self.marks = switch, folder, 0
        endpoint, stream = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        self.modules = [name for name in MODULES if (switch.installation.modules / f"{name}.so").exists()]
        for name in self.modules:
            switch.load(name)
        server, _ = self.certificate("switch")
        keys = {name: self.certificate(name) for name in USERS}
        (folder / "users.json").write_text(json.dumps({"users": {
            name: {"keys": [keys[name][0].decode()], "groups": [group]} for name, group in USERS.items()}}))
        (folder / "users.json").chmod(0o600)
        switch.configure(configuration(folder, endpoint, stream))
        answer = switch.load()
        assert answer == "+OK", answer
        self.context = zmq.Context()
        self.clients = {name: ApiClient(self.context, endpoint, curve=(server, *keys[name])) for name in USERS}
        self.admin, self.call, self.other = self.clients["admin"], None, None

    def certificate(self, name):
        public, secret = zmq.auth.create_certificates(self.folder, name)
        os.chmod(secret, 0o600)
        return zmq.auth.load_certificate(secret)

    def close(self):
        for client in self.clients.values():
            client.close()
        self.context.term()
        self.switch.unload()
        for name in self.modules:
            self.switch.unload(name)

    def held_call(self, variables=""):
        answer = self.admin.call("api", command="originate", arg=f"{variables}loopback/hold/default &park()")
        assert answer["status"] == "ok", answer
        return answer["output"].split()[1]

    def wait_variable(self, call, name, value):
        def now():
            return self.admin.call("call.get", call=call, names=[name])["variables"][name]
        wait_until(lambda: now() == value, f"{name} to be {value}")

    def new_mark(self):
        """A program that leaves a mark, and the mark. Letters and digits only: no road takes them for anything."""
        self.marks += 1
        program = self.switch.folder / f"evil{self.marks}"
        mark = self.switch.folder / f"evil{self.marks}.was.run"
        program.write_text(f"#!/bin/sh\ntouch {mark}\n")
        program.chmod(0o755)
        program.with_suffix(".xml").write_text(DIALPLAN.format(program=program))
        return program, mark

    def go_on(self, then):
        """Once the call has done what it was asked to, which comes in order."""
        if then:
            self.admin.call("call.execute", call=self.call, app="sleep", arg="1", lock=True, wait=True)
            then(self)

    def ask(self, user, ask, program=None, before=()):
        """The result, or the ApiError."""
        self.call, self.other = self.held_call(), self.held_call()
        words = {"call": self.call, "other": self.other, "evil": program, "word": program and program.name,
                 "folder": self.folder, "xml": program and program.with_suffix(".xml")}

        def fill(value):
            if isinstance(value, dict):
                return {name: fill(each) for name, each in value.items()}
            return value.format(**words) if isinstance(value, str) else value

        for each in before:
            if callable(each):
                each(self)
                words["call"] = self.call
            else:
                self.clients[user].call(each.method, timeout_ms=PATIENCE_S * 1000, **fill(each.params))
        try:
            return self.clients[user].call(ask.method, timeout_ms=PATIENCE_S * 1000, **fill(ask.params))
        except ApiError as error:
            return error


@pytest.fixture(scope="module")
def module_scene(shared_switch, tmp_path_factory):
    made = Scene(shared_switch, tmp_path_factory.mktemp("detours"))
    yield made
    made.close()


@pytest.fixture
def scene(module_scene):
    pid = module_scene.switch.pid
    yield module_scene
    assert module_scene.switch.is_alive() and module_scene.switch.pid == pid
    module_scene.switch.api("hupall")


def name_of(road):
    return re.sub(r"[^A-Za-z0-9_]+", "-", f"{road.row} {road.evil.params}")[:90]


def is_refused(answer):
    return isinstance(answer, ApiError) and answer.code == UNAUTHORIZED


@pytest.mark.parametrize("road", ROADS, ids=name_of)
def test_road_is_closed_to_what_is_not_granted_and_open_to_what_is(scene, road):
    program, mark = scene.new_mark()
    answer = scene.ask(road.user, road.evil, program, road.before)
    assert is_refused(answer), answer
    scene.go_on(road.then)
    if road.twin:
        answer = scene.ask(road.user, road.twin, program, road.before)
        assert not isinstance(answer, ApiError), answer
    if road.shown and (not road.needs or road.needs in scene.modules):
        own_program, own_mark = scene.new_mark()
        answer = scene.ask("admin", road.evil, own_program, road.before)
        assert not is_refused(answer), answer
        scene.go_on(road.then)
        wait_until(own_mark.exists, "the administrator's request to have its effect")
    assert not mark.exists()  # and what was refused before that has had time enough


@pytest.mark.parametrize("row", HARMLESS)
def test_what_needs_no_grant_does_nothing_for_an_administrator_either(scene, row):
    program, mark = scene.new_mark()
    assert not isinstance(scene.ask("admin", HARMLESS[row], program), ApiError)
    time.sleep(1)
    assert not mark.exists()


def test_every_row_of_the_table_has_its_test():
    table = (ROOT / "docs/access.md").read_text().partition("### The table")[2].partition("\n##")[0]
    cells = [re.split(r"(?<!\\)\|", line)[1].strip() for line in table.splitlines() if line.startswith("| ")]
    rows = [cell for cell in cells if cell != "road" and not cell.startswith("**")]
    covered = {road.row for road in ROADS} | set(HARMLESS)
    assert len(rows) > 40
    assert [cell for cell in rows if not any(cell.startswith(row) for row in covered)] == []
    assert [row for row in covered if not any(cell.startswith(row) for cell in rows)] == []
