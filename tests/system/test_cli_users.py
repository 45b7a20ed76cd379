# SPDX-License-Identifier: MPL-2.0
"""fszmq keygen, fszmq user and fszmq.conf, and their use: PLAIN and CURVE with a real fszmqd."""

import json
import os
import stat

import pytest
import zmq.auth
from conftest import group_xml
from tool import LOOKING, Ports, Terminal, environment, free_ports, run, switch_xml

GROUPS = [group_xml("default"), group_xml("lookers", *LOOKING)]


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture
def tool(tmp_path):
    """The tool, for a user with an empty home folder and no running switch."""

    def call(*args, **options):
        return run(*args, env=environment(tmp_path, Ports("tcp://127.0.0.1:9", "tcp://127.0.0.1:9")), **options)

    return call


@pytest.fixture
def users(tool, tmp_path):
    """users("add", …) runs `fszmq user` on the file users.path."""

    def call(*args, **options):
        return tool("user", f"--file={call.path}", *args, **options)

    call.path = tmp_path / "users.json"
    call.read = lambda: json.loads(call.path.read_text())["users"]
    return call


# ---- keygen and user -------------------------------------------------------------------------------


def test_keygen_makes_certificates_that_pyzmq_reads(tool, tmp_path):
    path = tmp_path / "alice.key"
    done = tool("keygen", "--name=alice", path)
    public, secret = zmq.auth.load_certificate(f"{path}_secret")
    assert zmq.auth.load_certificate(path) == (public, None)
    assert done.stdout == public.decode() + "\n" and zmq.curve_public(secret) == public
    assert mode(f"{path}_secret") == 0o600
    assert secret.decode() not in path.read_text() + done.stdout + done.stderr


@pytest.mark.parametrize("existing", ["alice.key", "alice.key_secret"])
def test_keygen_never_overwrites(tool, tmp_path, existing):
    (tmp_path / existing).write_text("mine")
    assert existing in tool("keygen", tmp_path / "alice.key", code=1).stderr
    assert (tmp_path / existing).read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == [existing]


def test_keygen_reports_a_missing_folder(tool, tmp_path):
    assert "No such file" in tool("keygen", tmp_path / "none" / "alice.key", code=1).stderr
    assert "one FILE" in tool("keygen", code=2).stderr


def test_user_add_takes_keys_and_certificates_of_pyzmq(users, tmp_path):
    public_path, secret_path = zmq.auth.create_certificates(tmp_path, "bob")
    os.chmod(secret_path, 0o600)
    public = zmq.auth.load_certificate(public_path)[0].decode()
    other = zmq.curve_keypair()[0].decode()
    users("add", f"--key={secret_path}", f"--key={other}", "--group=operators", "--group=lookers", "bob")
    assert users.read()["bob"] == {"keys": [public, other], "groups": ["operators", "lookers"]}
    assert mode(users.path) == 0o600
    assert "key" in users("add", f"--key={public}", "carol", code=1).stderr  # this key belongs to bob
    assert list(users.read()) == ["bob"]


def test_passwords_are_read_from_standard_input_and_stored_as_hashes(users):
    users("add", "--password", "alice", stdin="correct horse\n")
    first = users.read()["alice"]["password"]
    assert first.startswith("$argon2id$") and "correct" not in users.path.read_text()
    users("passwd", "alice", stdin="battery staple")
    assert users.read()["alice"]["password"] not in ("", first)
    for bad in ("", "\n", "x" * 256 + "\n", "a\0b\n"):
        before = users.path.read_text()
        assert "is unchanged" in users("passwd", "alice", stdin=bad, code=1).stderr
        assert users.path.read_text() == before
    users("passwd", "alice", stdin="x" * 255)


def test_user_list_and_del(users):
    key = zmq.curve_keypair()[0].decode()
    users("add", f"--key={key}", "--group=lookers", "bob")
    users("add", "--password", "alice", stdin="x")
    assert [line.split() for line in users("list").stdout.splitlines()] == [
        ["alice", "password", "0", "keys"], ["bob", "-", "1", "key", "lookers"]]
    users("del", "bob")
    assert list(users.read()) == ["alice"]
    assert "no user bob" in users("del", "bob", code=1).stderr
    assert "no user bob" in users("passwd", "bob", stdin="x", code=1).stderr


def test_user_reports_mistakes_and_leaves_the_file_unchanged(users, tool, tmp_path):
    users("add", "--password", "alice", stdin="x")
    before = users.path.read_text()
    for words, code, complaint in [
        (["add", "alice"], 1, "exists already"), (["add", "no spaces"], 1, "is not a valid name"),
        (["add", "--key=short", "bob"], 1, "short"), (["add"], 2, "needs add"), (["promote", "alice"], 2, "needs add"),
    ]:
        assert complaint in users(*words, code=code).stderr
    assert users.path.read_text() == before
    assert "--file" in tool("user", "list", code=2).stderr
    assert "none.json" in tool("user", f"--file={tmp_path}/none.json", "list", code=1).stderr
    users.path.write_text('{"users": {"alice": {"pasword": ""}}}')
    assert "pasword" in users("add", "bob", code=1).stderr


def test_no_option_takes_a_password(tool):
    for command in ("api", "tail", "user"):
        assert "--password=" not in tool(command, "--help").stdout
    assert "--password" in tool("api", "--password=secret", "status", code=2).stderr
    tool("user", "--password=secret", "--file=x", "add", "bob", code=2)


def test_a_password_is_never_shown_on_the_terminal(users, tmp_path):
    terminal = Terminal("user", f"--file={users.path}", "add", "--password", "alice", env=environment(tmp_path))
    terminal.wait("New password for alice: ")
    terminal.type("open sesame\n")
    assert "sesame" not in terminal.wait_end()
    terminal.close()
    assert users.read()["alice"]["password"].startswith("$argon2id$")

    check = 'stty -a | grep -oE -- "-?echo "; "$0" "$@"; stty -a | grep -oE -- "-?echo "; echo done'
    terminal = Terminal("user", f"--file={users.path}", "passwd", "alice", env=environment(tmp_path),
                        through=["sh", "-c", f"trap : INT; {check}"])
    terminal.wait(r"(?m)^echo ")
    terminal.wait("New password for alice: ")
    terminal.type("\x03")
    terminal.wait("is unchanged")
    terminal.wait(r"(?m)^echo ")
    terminal.wait("done")
    terminal.close()


# ---- fszmq.conf and the environment ----------------------------------------------------------------


class Secured:
    """An fszmqd with security on stream and API socket, and its users."""

    def __init__(self, fszmqd, folder, security):
        self.folder, self.ports, self.users = folder, free_ports(), folder / "users.json"
        settings = {"users-file": self.users}
        self.users.write_text('{"users": {}}')
        self.users.chmod(0o600)
        if security == "curve":
            self.run("keygen", folder / "switch.key")
            settings["curve-key-file"] = folder / "switch.key_secret"
        self.daemon = fszmqd(calls_per_second=20, endpoint=self.ports.events,
                             config=switch_xml(self.ports, GROUPS, settings, security=security))

    def run(self, *args, code=0, stdin="", **more):
        return run(*args, env=environment(self.folder, self.ports, **more), code=code, stdin=stdin)

    def add(self, *args, stdin=""):
        self.run("user", f"--file={self.users}", "add", "--group=lookers", *args, stdin=stdin)
        self.daemon.reload()
        self.daemon.wait_log("reloaded")

    def works(self, *options, **env):
        """Checks that the tool gets replies and events."""
        assert self.run("api", *options, "echo", "it works", **env).stdout == "it works\n"
        assert self.run("tail", *options, "--json", "--count=1", "--timeout=10", self.ports.events, **env).stdout

    def refuses(self, *options, **env):
        assert "refused by access control" in self.run("api", *options, "status", code=1, **env).stderr
        assert "refused by access control" in self.run("tail", *options, self.ports.events, code=1, **env).stderr


@pytest.fixture
def plain(fszmqd, tmp_path):
    switch = Secured(fszmqd, tmp_path, "plain")
    switch.add("--password", "alice", stdin="open sesame\n")
    return switch


def test_a_removed_user_is_refused_after_the_reload(plain):
    plain.run("user", f"--file={plain.users}", "del", "alice")
    plain.daemon.reload()
    plain.daemon.wait_log("reloaded")
    plain.refuses("--user=alice", FSZMQ_PASSWORD="open sesame")


def test_options_override_the_environment_which_overrides_the_file(plain):
    conf = plain.folder / ".config" / "fszmq.conf"
    conf.parent.mkdir()
    conf.write_text("# comment\n\nuser = mallory\npassword=open sesame\n")
    conf.chmod(0o600)
    plain.refuses()
    plain.works(FSZMQ_USER="alice")
    plain.works("--user=alice", FSZMQ_USER="mallory")
    elsewhere = plain.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "fszmq.conf").write_text(f"user = alice\napi = {plain.ports.api}\n")
    plain.works(XDG_CONFIG_HOME=str(elsewhere), FSZMQ_PASSWORD="open sesame")
    env = environment(plain.folder, XDG_CONFIG_HOME=str(elsewhere), FSZMQ_PASSWORD="open sesame")
    assert run("api", "echo", "found", env=env).stdout == "found\n"


def test_a_password_in_a_file_that_others_may_read_is_refused(tool, tmp_path):
    conf = tmp_path / ".config" / "fszmq.conf"
    conf.parent.mkdir()
    conf.write_text("user = alice\npassword = x\n")
    conf.chmod(0o640)
    errors = tool("api", "status", code=2).stderr
    assert f"{conf}:2: " in errors and f"chmod 600 {conf}" in errors
    conf.write_text("user = alice\ncolour = red\n")
    assert f"{conf}:2: no such setting: colour" in tool("api", "status", code=2).stderr
    conf.write_text("alice\n")
    assert f"{conf}:1: not of the form" in tool("api", "status", code=2).stderr


def test_a_variable_that_is_too_long_is_reported(tmp_path):
    env = environment(tmp_path, FSZMQ_PASSWORD="x" * 5000)
    assert "FSZMQ_PASSWORD: longer than" in run("api", "status", env=env, code=2).stderr


def test_the_password_is_asked_for_on_a_terminal(plain):
    terminal = Terminal("api", "--user=alice", "echo", "hello", env=environment(plain.folder, plain.ports))
    terminal.wait("Password for alice: ")
    terminal.type("open sesame\n")
    assert "hello" in terminal.wait_end() and "sesame" not in terminal.seen
    terminal.close()


def test_curve_admits_only_known_keys(fszmqd, tmp_path):
    switch = Secured(fszmqd, tmp_path, "curve")
    for name in ("alice", "mallory"):
        switch.run("keygen", tmp_path / f"{name}.key")
    switch.add(f"--key={tmp_path}/alice.key", "alice")
    server = f"--server-key={tmp_path}/switch.key"
    switch.works(f"--key={tmp_path}/alice.key_secret", server)
    switch.works(FSZMQ_KEY=f"{tmp_path}/alice.key_secret",
                 FSZMQ_SERVER_KEY=zmq.auth.load_certificate(tmp_path / "switch.key")[0].decode())
    switch.refuses(f"--key={tmp_path}/mallory.key_secret", server)
    wrong = [f"--key={tmp_path}/alice.key_secret", f"--server-key={tmp_path}/mallory.key"]
    assert switch.run("api", "--timeout=1", *wrong, "status", code=3).stdout == ""
    for options, complaint in [
        ([f"--key={tmp_path}/alice.key", server], "only a public key"), ([server], "needs --key"),
        ([f"--key={tmp_path}/alice.key_secret"], "needs --server-key"), (["--key=none", server], "none"),
    ]:
        assert complaint in switch.run("api", *options, "status", code=2).stderr


def test_a_certificate_of_pyzmq_works_as_a_client_key(fszmqd, tmp_path):
    switch = Secured(fszmqd, tmp_path, "curve")
    public, secret = zmq.auth.create_certificates(tmp_path, "bob")
    os.chmod(secret, 0o600)
    switch.add(f"--key={public}", "bob")
    switch.works(f"--key={secret}", f"--server-key={tmp_path}/switch.key")
