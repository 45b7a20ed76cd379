# SPDX-License-Identifier: MPL-2.0
"""A reload of users and groups keeps the connections of valid users and cuts off the others, on streams and API
sockets."""

import json

import pytest
import zmq
from conftest import PATIENCE_S, group_xml, receive_until, wait_until
from test_attack_access import PASSWORD
from tool import ALL, Requests, environment, free_ports, run, switch_xml

NAMES = ("alice", "bob", "carol", "dora")


class Users:
    """An fszmqd with CURVE, and an API client and a subscriber of each user."""

    def __init__(self, fszmqd, folder, names=NAMES):
        self.folder, self.ports, self.context = folder, free_ports(), zmq.Context()
        for name in ("switch", "carol-2", *names):
            run("keygen", folder / name, env=environment(folder))
        for name in names:
            self.change("add", f"--key={folder}/{name}", "--group=everything", name)
        self.settings = {"users-file": folder / "users.json", "curve-key-file": folder / "switch_secret"}
        self.daemon = fszmqd(calls_per_second=10, endpoint=self.ports.events, config=self.config())
        self.asking = {name: Requests(self.context, self.ports.api, **self.keys(name)) for name in names}
        self.watching = {name: self.subscriber(name) for name in names}
        for name in names:
            assert self.asking[name].call("server.hello")["result"]["user"] == name
            self.watching[name].recv()

    def config(self, everything=ALL):
        return switch_xml(self.ports, [group_xml("everything", *everything)], self.settings, security="curve")

    def change(self, *args):
        run("user", f"--file={self.folder}/users.json", *args, env=environment(self.folder))

    def keys(self, name):
        public, secret = zmq.auth.load_certificate(self.folder / f"{name}_secret")
        return {"curve_serverkey": zmq.auth.load_certificate(self.folder / "switch")[0],
                "curve_publickey": public, "curve_secretkey": secret}

    def subscriber(self, name):
        sub = self.context.socket(zmq.SUB)
        sub.linger, sub.rcvhwm, sub.rcvtimeo = 0, 0, PATIENCE_S * 1000
        for option, value in self.keys(name).items():
            setattr(sub, option, value)
        sub.subscribe(b"")
        sub.connect(self.ports.events)
        return sub

    def reload(self, config=None):
        self.daemon.reload(config)
        self.daemon.wait_log("reloaded")

    def api_socket(self, name):
        return self.asking["alice"].call("server.stats")["result"]["api"]["sockets"][0][name]

    def stream(self, name):
        return self.asking["alice"].call("server.stats")["result"]["streams"][0][name]

    def close(self):
        for each in (*(client.socket for client in self.asking.values()), *self.watching.values()):
            each.close()
        self.context.term()


@pytest.fixture
def users(fszmqd, tmp_path):
    made = Users(fszmqd, tmp_path)
    yield made
    made.close()


def test_a_reload_cuts_off_only_users_that_lost_their_credentials(users):
    users.change("del", "bob")
    changed = json.loads((users.folder / "users.json").read_text())
    second, _ = zmq.auth.load_certificate(users.folder / "carol-2")
    changed["users"]["carol"]["keys"] = [second.decode()]  # removes the key in use
    changed["users"]["dora"]["keys"].append("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")  # adds a key
    (users.folder / "users.json").write_text(json.dumps(changed))
    users.reload()

    wait_until(lambda: users.api_socket("clients") == 2, "bob and carol to be cut off from the API socket")
    wait_until(lambda: users.stream("subscribers") == 2, "bob and carol to be cut off from the stream")
    for name in ("alice", "dora"):  # on their existing connections
        assert users.asking[name].call("server.hello")["result"]["user"] == name
        users.watching[name].recv()
    assert users.api_socket("accepted") == len(NAMES) and users.stream("accepted") == len(NAMES)
    for name in ("bob", "carol"):
        users.asking[name].socket.rcvtimeo = users.asking[name].socket.sndtimeo = 700
        with pytest.raises(zmq.Again):
            users.asking[name].call("server.ping")
    again = Requests(users.context, users.ports.api, **users.keys("carol-2"))
    assert again.call("server.hello")["result"]["user"] == "carol"
    again.socket.close()


def test_changed_grants_apply_to_existing_connections(users):
    users.reload(users.config([("streams", "*"), ("events", "CHANNEL_HANGUP*"), ("methods", "server.*")]))
    for name in NAMES:
        assert users.asking[name].call("api", command="status")["error"]["code"] == -32001
        assert users.asking[name].call("server.hello")["result"]["methods"] == [
            "server.hello", "server.ping", "server.stats", "server.clients"]
    users.reload(users.config())
    assert users.api_socket("accepted") == len(NAMES)
    for name in NAMES:
        assert users.asking[name].call("api", command="echo", arg=name)["result"]["output"] == name
        receive_until(users.watching[name], lambda event: event["Event-Name"] == "CHANNEL_CREATE")


def test_a_changed_password_cuts_off_connections_made_with_the_old_one(fszmqd, tmp_path):
    ports, context = free_ports(), zmq.Context()

    def passwd(verb, name, password):
        more = ["--group=everything", "--password"] if verb == "add" else []
        run("user", f"--file={tmp_path}/users.json", verb, *more, name, env=environment(tmp_path),
            stdin=f"{password}\n")

    for name in ("erin", "frank"):
        passwd("add", name, PASSWORD)
    daemon = fszmqd(calls_per_second=0, endpoint=ports.events, config=switch_xml(
        ports, [group_xml("everything", *ALL)], {"users-file": tmp_path / "users.json"}, security="plain"))
    erin, frank = (Requests(context, ports.api, plain_username=name, plain_password=PASSWORD.encode())
                   for name in (b"erin", b"frank"))
    assert erin.call("server.ping") and frank.call("server.ping")
    passwd("passwd", "erin", "another one")
    daemon.reload()
    daemon.wait_log("reloaded")
    wait_until(lambda: frank.call("server.stats")["result"]["api"]["sockets"][0]["clients"] == 1, "erin to be cut off")
    assert frank.call("server.hello")["result"]["user"] == "frank"
    for each in (erin, frank):
        each.socket.close()
    context.term()
