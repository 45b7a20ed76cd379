"""Each row of the table in docs/access.md, in a real switch: refused for a user whose grants do not cover what a request
names, and without effect; the same road with something harmless is allowed; and an administrator's request has its
effect, so the road is real."""

import json
import os
import re
import string
import time
import wave

import pytest
import zmq
import zmq.auth

from apiclient import ApiClient, ApiError
from detours import HARMLESS, ROADS as RUN
from detours_named import NAMED
from sipanswer import SipAnswer
from switch import PATIENCE_S, ROOT, free_port, wait_until

UNAUTHORIZED = -32001
MODULES = ("mod_hash", "mod_sndfile", "mod_tone_stream", "mod_lua")
EVERY_LETTER = [f"{letter}*" for letter in string.ascii_lowercase]  # all names, and none spelled out
ROADS = [*RUN, *NAMED]
COMMON = [("methods", "*"), ("variables", "acme_*"), ("variables", "hold_music")]
WILDCARDS = [*COMMON, ("send-events", "CUSTOM/*"), *(
    (right, each) for right in ("api", "applications", "json-api", "send-events") for each in EVERY_LETTER)]
GROUPS = {
    "wildcards": [*WILDCARDS, *((right, "*") for right in ("variables", "endpoints", "files", "contexts"))],
    "narrow": [*WILDCARDS, ("endpoints", "sofia/gateway/carrier/*"), ("endpoints", "loopback/*/*"),
               ("endpoints", "loopback/*/*/XML"), ("contexts", "default"), ("files", "read:{folder}/sounds/*"),
               ("files", "write:{folder}/rec/*"), ("files", "read:file_string://*"), *(
                   ("variables", each) for each in ("sip_*", "sound_*", "playback_*", "ringback", "transfer_after_*",
                                                    "record_*", "spool_*"))],
    "dialler": [*COMMON, ("api", "originate *"), ("endpoints", "loopback/*/default/inline"), *(
        ("applications", each) for each in ("park", "answer", "sleep", "system *"))],
    "administrators": [(right, "*") for right in ("methods", "api", "applications", "json-api", "send-events",
                                                  "variables")],
}
DIALPLAN = """<document><section name="dialplan"><context name="default"><extension name="any">
<condition><action application="system" data="{program}"/></condition></extension></context></section></document>"""
USERS = {"wildcards": "wildcards", "narrow": "narrow", "dialler": "dialler", "admin": "administrators"}


def configuration(folder, endpoint, stream):
    groups = "".join(f'<group name="{name}">' + "".join(
        f'<param name="{right}" value="{pattern.replace("{folder}", str(folder))}"/>' for right, pattern in grants)
        + "</group>" for name, grants in GROUPS.items())
    return (f'<configuration name="event_zmq.conf"><settings>'
            f'<param name="users-file" value="{folder}/users.json"/>'
            f'<param name="curve-key-file" value="{folder}/switch.key_secret"/></settings>'
            f'<streams><stream name="default"><param name="bind" value="{stream}"/></stream></streams>'
            f'<api-sockets><api-socket name="default"><param name="bind" value="{endpoint}"/>'
            f'<param name="security" value="curve"/></api-socket></api-sockets>'
            f'<groups>{groups}</groups></configuration>')


def write_silence(path, milliseconds):
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(16 * milliseconds))


class Scene:
    """A switch with the module, its users, and the calls of one request."""

    SECRET_MS = 240  # of the file that only an administrator may play

    def __init__(self, switch, folder):
        self.switch, self.folder, self.marks, self.outside = switch, folder, 0, SipAnswer()
        write_silence(folder / "secret.wav", self.SECRET_MS)
        write_silence(folder / "sounds/a.wav", 40)
        (folder / "rec").mkdir()
        endpoint, stream = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        self.modules = [name for name in MODULES if (switch.installation.modules / f"{name}.so").exists()]
        self.loaded = [name for name in self.modules if switch.load(name) == "+OK"]  # the others were already
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
        self.admin, self.call, self.other, self.words = self.clients["admin"], None, None, {}

    def certificate(self, name):
        public, secret = zmq.auth.create_certificates(self.folder, name)
        os.chmod(secret, 0o600)
        return zmq.auth.load_certificate(secret)

    def close(self):
        for client in self.clients.values():
            client.close()
        self.context.term()
        self.outside.close()
        self.switch.unload()
        for name in self.loaded:
            self.switch.unload(name)

    def dialled(self, dial):
        answer = self.admin.call("api", command="originate", arg=f"{dial} &park()")
        assert answer["status"] == "ok", answer
        return answer["output"].split()[1]

    def held_call(self, variables=""):
        return self.dialled(f"{variables}loopback/hold/default")

    def variable(self, call, name):
        """None: it is not set, or the call has ended."""
        try:
            return self.admin.call("call.get", call=call, names=[name])["variables"][name]
        except ApiError:
            return None

    def wait_variable(self, call, name, value):
        wait_until(lambda: self.variable(call, name) == value, f"{name} to be {value}")

    def new_words(self):
        """What a request names: a program that leaves a mark, a number outside, a file outside. Letters and digits
        only, which no road reads as anything else."""
        self.marks += 1
        program = self.switch.folder / f"evil{self.marks}"
        mark = self.switch.folder / f"evil{self.marks}.was.run"
        program.write_text(f"#!/bin/sh\ntouch {mark}\n")
        program.chmod(0o755)
        program.with_suffix(".xml").write_text(DIALPLAN.format(program=program))
        return {"evil": program, "mark": mark, "word": program.name, "xml": program.with_suffix(".xml"),
                "folder": self.folder, "host": self.outside.address, "number": f"5{self.marks:05}",
                "out": self.folder / f"out{self.marks}.wav"}

    def go_on(self, then):
        """Once the call has done what it was asked to, which comes in order."""
        if then:
            self.admin.call("call.execute", call=self.call, app="sleep", arg="1", lock=True, wait=True)
            then(self)

    def ask(self, user, ask, words, before=()):
        """The result, or the first ApiError. Fills in the calls in `words`."""
        self.call, self.other, self.words = self.held_call(), self.held_call(), words
        words.update(call=self.call, other=self.other)

        def fill(value):
            if isinstance(value, dict):
                return {name: fill(each) for name, each in value.items()}
            return value.format(**words) if isinstance(value, str) else value

        try:
            for each in before:
                if callable(each):
                    each(self)
                    words["call"] = self.call
                else:
                    self.clients[user].call(each.method, timeout_ms=PATIENCE_S * 1000, **fill(each.params))
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
    refused = scene.new_words()
    answer = scene.ask(road.user, road.evil, refused, road.before)
    assert is_refused(answer), answer
    scene.go_on(road.then)
    if road.twin:
        answer = scene.ask(road.user, road.twin, scene.new_words(), road.before)
        assert not isinstance(answer, ApiError), answer
    if road.shown and (not road.needs or road.needs in scene.modules):
        own = scene.new_words()
        answer = scene.ask("admin", road.evil, own, road.before)
        assert not is_refused(answer), answer
        scene.go_on(road.then)
        wait_until(lambda: road.effect(scene, own), "the administrator's request to have its effect")
    assert not road.effect(scene, refused)  # and what was refused before that has had time enough


@pytest.mark.parametrize("row", HARMLESS)
def test_what_needs_no_grant_does_nothing_for_an_administrator_either(scene, row):
    words = scene.new_words()
    assert not isinstance(scene.ask("admin", HARMLESS[row], words), ApiError)
    time.sleep(1)
    assert not words["mark"].exists()


def test_every_row_of_the_table_has_its_test():
    table = (ROOT / "docs/access.md").read_text().partition("### The table")[2].partition("\n##")[0]
    cells = [re.split(r"(?<!\\)\|", line)[1].strip() for line in table.splitlines() if line.startswith("| ")]
    rows = [cell for cell in cells if cell != "road" and not cell.startswith("**")]
    covered = {road.row for road in ROADS} | set(HARMLESS)
    assert len(rows) > 40
    assert [cell for cell in rows if not any(cell.startswith(row) for row in covered)] == []
    assert [row for row in covered if not any(cell.startswith(row) for cell in rows)] == []
