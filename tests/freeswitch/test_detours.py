# SPDX-License-Identifier: MPL-2.0
"""Each row of the table in docs/access.md, in a real switch: refused for a user whose grants do not cover what a request
names, and without effect; the same detour with a harmless target is allowed; and an administrator's request has the
effect, so the detour is real."""

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
EVERY_LETTER = [f"{letter}*" for letter in string.ascii_lowercase]  # all names, but no single one
ROADS = [*RUN, *NAMED]
COMMON = [("methods", "*"), ("variables", "acme_*"), ("variables", "hold_music")]
WILDCARDS = [*COMMON, ("send-events", "CUSTOM/*"), *(
    (right, each) for right in ("api", "applications", "json-api", "send-events") for each in EVERY_LETTER)]
GROUPS = {
    "wildcards": [*WILDCARDS, *((right, "*") for right in ("variables", "endpoints", "files", "contexts"))],
    "scoped": [*WILDCARDS, ("endpoints", "sofia/gateway/carrier/*"), ("endpoints", "loopback/*/*"),
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
USERS = {"wildcards": "wildcards", "scoped": "scoped", "dialler": "dialler", "admin": "administrators"}


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

    SECRET_MS = 240  # length of the file that only an administrator may play

    def __init__(self, switch, folder):
        self.switch, self.folder, self.marks, self.outside = switch, folder, 0, SipAnswer()
        write_silence(folder / "secret.wav", self.SECRET_MS)
        write_silence(folder / "sounds/a.wav", 40)
        (folder / "rec").mkdir()
        endpoint, stream = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        self.modules = [name for name in MODULES if (switch.installation.modules / f"{name}.so").exists()]
        self.loaded = [name for name in self.modules if switch.load(name) == "+OK"]  # the others were loaded already
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

    def parked_call(self, variables=""):
        return self.dialled(f"{variables}loopback/hold/default")

    def variable(self, call, name):
        """The variable; None: not set, or the call has ended."""
        try:
            return self.admin.call("call.get", call=call, names=[name])["variables"][name]
        except ApiError:
            return None

    def wait_variable(self, call, name, value):
        wait_until(lambda: self.variable(call, name) == value, f"{name} to be {value}")

    def new_words(self):
        """The targets in a request: a program that leaves a mark, a number outside, a file outside. They have only
        letters and digits, which have no special meaning in any detour."""
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
        """Waits until the call has run its applications, which run in order."""
        if then:
            self.admin.call("call.execute", call=self.call, app="sleep", arg="1", lock=True, wait=True)
            then(self)

    def ask(self, user, ask, words, before=()):
        """The result, or the first ApiError. Fills in the calls in `words`."""
        self.call, self.other, self.words = self.parked_call(), self.parked_call(), words
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


def name_of(detour):
    return re.sub(r"[^A-Za-z0-9_]+", "-", f"{detour.row} {detour.evil.params}")[:90]


def is_refused(answer):
    return isinstance(answer, ApiError) and answer.code == UNAUTHORIZED


@pytest.mark.parametrize("detour", ROADS, ids=name_of)
def test_detour_is_closed_without_a_grant_and_open_with_one(scene, detour):
    refused = scene.new_words()
    answer = scene.ask(detour.user, detour.evil, refused, detour.before)
    assert is_refused(answer), answer
    scene.go_on(detour.then)
    if detour.twin:
        answer = scene.ask(detour.user, detour.twin, scene.new_words(), detour.before)
        assert not isinstance(answer, ApiError), answer
    if detour.shown and (not detour.needs or detour.needs in scene.modules):
        own = scene.new_words()
        answer = scene.ask("admin", detour.evil, own, detour.before)
        assert not is_refused(answer), answer
        scene.go_on(detour.then)
        wait_until(lambda: detour.effect(scene, own), "the administrator's request to have its effect")
    assert not detour.effect(scene, refused)  # the refused request has had enough time


@pytest.mark.parametrize("row", HARMLESS)
def test_requests_without_a_grant_have_no_effect_for_administrators(scene, row):
    words = scene.new_words()
    assert not isinstance(scene.ask("admin", HARMLESS[row], words), ApiError)
    time.sleep(1)
    assert not words["mark"].exists()


def test_every_row_of_the_table_has_its_test():
    table = (ROOT / "docs/access.md").read_text().partition("### The table")[2].partition("\n##")[0]
    cells = [re.split(r"(?<!\\)\|", line)[1].strip() for line in table.splitlines() if line.startswith("| ")]
    rows = [cell for cell in cells if cell != "detour" and not cell.startswith("**")]
    covered = {detour.row for detour in ROADS} | set(HARMLESS)
    assert len(rows) > 40
    assert [cell for cell in rows if not any(cell.startswith(row) for row in covered)] == []
    assert [row for row in covered if not any(cell.startswith(row) for cell in rows)] == []
