# SPDX-License-Identifier: MPL-2.0
"""The services in examples/: with a DEALER socket that sends requests as the switch does, and with fszmqd."""

import base64
import functools
import hashlib
import http.server
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.parse
import xml.etree.ElementTree as ElementTree

import pytest
import zmq

from conftest import (EXAMPLES, GARBAGE, PATIENCE_S, binding_xml, free_endpoint, free_port, need_node, service_xml,
                      wait_until)
from lookups import NOTHING, Switch

COMPILE = ["gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"]
MANY = 200


def lookup(number, user="1000", domain="example.org", **more):
    """The request for a user of the directory, with all parameters of FreeSWITCH."""
    params = {"hostname": "switch", "section": "directory", "tag_name": "domain", "key_name": "name",
              "key_value": domain, "user": user, "domain": domain, "action": "sip_auth", **more}
    return {"jsonrpc": "2.0", "method": "xml.fetch", "id": number,
            "params": {"section": "directory", "tag": "domain", "key": "name", "value": domain, "params": params}}


def whole_section(number, **params):
    """A request as for the gateways of mod_sofia: no tag, no user."""
    return {"jsonrpc": "2.0", "method": "xml.fetch", "id": number,
            "params": {"section": "directory", "params": {"hostname": "switch", "section": "directory", **params}}}


class ServiceClient:
    """The switch's side of a connection to a service."""

    def __init__(self, context, endpoint):
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvtimeo = PATIENCE_S * 1000
        self.socket.reconnect_ivl = 50
        self.socket.connect(endpoint)

    def send(self, request):
        self.socket.send_multipart([b"", json.dumps(request).encode()])

    def receive(self):
        empty, reply = self.socket.recv_multipart()
        assert empty == b""
        return json.loads(reply)

    def ask(self, request):
        self.send(request)
        reply = self.receive()
        assert reply["jsonrpc"] == "2.0" and reply["id"] == request["id"], reply
        return reply


@pytest.fixture
def service_client():
    """service_client(endpoint) is a ServiceClient that is connected there."""
    context, clients = zmq.Context(), []

    def connect(endpoint):
        clients.append(ServiceClient(context, endpoint))
        return clients[-1]

    yield connect
    for each in clients:
        each.socket.close()
    context.term()


@functools.cache
def compiled(name, folder, *libraries):
    program = folder / name
    subprocess.run([*COMPILE, "-o", program, EXAMPLES / "c" / f"{name}.c", *libraries], check=True, timeout=60)
    return program


def make_database(path, users):
    with sqlite3.connect(path) as database:
        database.executescript((EXAMPLES / "c/directory.sql").read_text())
        add_users(database, users)


def add_users(database, users):
    database.executemany("INSERT INTO user (domain, name, a1_hash, context) VALUES (?, ?, ?, ?)", users)
    database.commit()


def user_of(reply):
    """(id, {parameter: value}) of the user in a reply."""
    section = ElementTree.fromstring(reply["result"]["xml"]).find("section")
    assert section.get("name") == "directory"
    user = section.find("domain[@name='example.org']/user")
    return user.get("id"), {param.get("name"): param.get("value") for param in user.findall("params/param")}


# ---- each service, and the parameters of user 1000 ----

def serve_python(start_example, folder):
    endpoint = free_endpoint()
    start_example(sys.executable, "python/directory.py", endpoint)
    return endpoint, {"password": "of 1000"}


def serve_node(start_example, folder):
    need_node()
    endpoint = free_endpoint()
    users = folder / "users/example.org"
    users.mkdir(parents=True)
    (users / "1000.xml").write_text('<user id="1000"><params><param name="password" value="of 1000"/></params></user>')
    (folder / "users/outside.xml").write_text("<user/>")
    start_example("node", "node/directory.mjs", endpoint, folder / "users")
    return endpoint, {"password": "of 1000"}


def serve_sqlite(start_example, folder):
    if shutil.which("gcc") is None or not os.path.exists("/usr/include/sqlite3.h"):
        pytest.skip("c needs gcc libzmq3-dev libjansson-dev libsqlite3-dev")
    program = compiled("directory", folder, "-lzmq", "-ljansson", "-lsqlite3")
    a1_hash = hashlib.md5(b"1000:example.org:of 1000").hexdigest()
    make_database(folder / "users.db", [("example.org", "1000", a1_hash, "default")])
    endpoint = free_endpoint()
    start_example(program, folder / "users.db", endpoint)
    return endpoint, {"a1-hash": a1_hash}


SERVICES = {"python": serve_python, "node": serve_node, "c": serve_sqlite}


@pytest.fixture(params=SERVICES)
def service(request, start_example, service_client, tmp_path):
    """(service_client, the parameters of user 1000) for each service."""
    endpoint, params = SERVICES[request.param](start_example, tmp_path)
    return service_client(endpoint), params


def test_service_finds_an_existing_user(service):
    switch, params = service
    assert user_of(switch.ask(lookup(17))) == ("1000", params)


def test_service_does_not_find_a_missing_user(service):
    switch, _ = service
    for number, user in enumerate(("1002", "", "../outside", 'x" OR "1"="1', "' OR '1'='1", "é", "%00", None, 1000)):
        assert switch.ask(lookup(number, user)) == {"jsonrpc": "2.0", "id": number, "result": {"found": False}}


def test_service_survives_a_name_that_is_a_list(service):
    switch, params = service
    for number, (user, domain) in enumerate(((["1", "2"], "example.org"), (["1000"], "example.org"),
                                             ("1000", ["example.org", "x"]), ("1000", {}))):
        assert switch.ask(lookup(number, user, domain))["result"] == {"found": False}
    assert user_of(switch.ask(lookup(17))) == ("1000", params)


def test_service_survives_invalid_requests(service):
    switch, params = service
    for frames in (*([text] for text in GARBAGE), [b"{}", b"{}"], [b"", b"", b""]):
        switch.socket.send_multipart([b"", *frames])
        switch.socket.recv_multipart()
    assert user_of(switch.ask(lookup(17))) == ("1000", params)


def test_service_replies_to_a_request_without_a_user(service):
    switch, _ = service
    assert switch.ask(whole_section(1, purpose="gateways", profile="internal"))["result"] == {"found": False}
    assert "xml" in switch.ask(lookup(2))["result"]


def test_service_replies_to_many_requests_at_once(service):
    switch, params = service
    users = {number: "1000" if number % 2 else "1002" for number in range(MANY)}
    for number, user in users.items():
        switch.send(lookup(number, user))
    replies = {reply["id"]: reply for reply in (switch.receive() for _ in users)}
    assert sorted(replies) == sorted(users)
    for number, user in users.items():
        found = user_of(replies[number]) if user == "1000" else replies[number]["result"]
        assert found == (("1000", params) if user == "1000" else {"found": False})


# ---- with a switch ----

def in_switch(fszmqd, *endpoints, **keys):
    """An fszmqd whose directory is the service at these endpoints, or a client that registers."""
    return Switch(fszmqd, [service_xml("directory", endpoints)],
                  [binding_xml("b", service="directory", sections="directory", **keys)])


def locate_user(switch, user):
    return switch.locate("directory", "domain", "name", "example.org", f"user={user}", "domain=example.org")


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_the_directory_of_a_switch(name, fszmqd, start_example, tmp_path):
    endpoint, params = SERVICES[name](start_example, tmp_path)
    switch = in_switch(fszmqd, endpoint)
    switch.wait_state("up")
    assert user_of({"result": {"xml": locate_user(switch, "1000")}}) == ("1000", params)
    assert locate_user(switch, "1002") == NOTHING


def test_bridge_is_the_directory_of_a_switch(fszmqd, bridge_at):
    switch = in_switch(fszmqd, bridge_at())
    switch.wait_state("up")
    assert user_of({"result": {"xml": locate_user(switch, "1000")}})[0] == "1000"
    assert locate_user(switch, "nobody") == NOTHING
    assert locate_user(switch, "broken") == NOTHING


def test_client_is_the_directory_of_a_switch_also_after_a_restart(fszmqd, start_example):
    switch = in_switch(fszmqd)
    assert locate_user(switch, "1000") == NOTHING
    start_example(sys.executable, "python/directory_client.py", switch.api)
    switch.wait_state("up")
    assert user_of({"result": {"xml": locate_user(switch, "1000")}}) == ("1000", {"password": "of 1000"})
    assert locate_user(switch, "1002") == NOTHING
    switch.daemon.kill()
    switch.daemon.start()
    switch.daemon.wait_ready()
    switch.wait_state("up")
    assert user_of({"result": {"xml": locate_user(switch, "1001")}}) == ("1001", {"password": "of 1001"})


def test_client_ends_if_it_may_not_register(fszmqd, start_example):
    switch = in_switch(fszmqd)
    process = start_example(sys.executable, "python/directory_client.py", switch.api, "billing")
    assert process.wait(PATIENCE_S) == 1


def test_client_survives_invalid_requests(start_example):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as switch:
        switch.linger, switch.rcvtimeo = 0, PATIENCE_S * 1000
        port = switch.bind_to_random_port("tcp://127.0.0.1")
        start_example(sys.executable, "python/directory_client.py", f"tcp://127.0.0.1:{port}")
        peer, _ = switch.recv_multipart()
        requests = (lookup(1, ["1", "2"]), lookup(2, domain=["x", "y"]), lookup(3))
        for text in (*GARBAGE, *(json.dumps(request).encode() for request in requests)):
            switch.send_multipart([peer, text])
        replies = {}
        while 3 not in replies:
            message = json.loads(switch.recv_multipart()[1])
            if "result" in message:
                replies[message["id"]] = message
        assert replies[1]["result"] == replies[2]["result"] == {"found": False}
        assert user_of(replies[3]) == ("1000", {"password": "of 1000"})


# ---- the service in C ----

def test_sqlite_service_finds_users_added_while_it_runs_and_escapes_values(start_example, service_client, tmp_path):
    endpoint, _ = serve_sqlite(start_example, tmp_path)
    switch = service_client(endpoint)
    assert switch.ask(lookup(1, "1005"))["result"] == {"found": False}
    with sqlite3.connect(tmp_path / "users.db") as database:
        add_users(database, [("example.org", "1005", '<&">\'', "a<b")])
    reply = switch.ask(lookup(2, "1005"))
    assert user_of(reply) == ("1005", {"a1-hash": '<&">\''})
    variable = ElementTree.fromstring(reply["result"]["xml"]).find(".//variable")
    assert (variable.get("name"), variable.get("value")) == ("user_context", "a<b")


def test_sqlite_service_reports_database_errors_and_continues(start_example, service_client, tmp_path):
    endpoint, params = serve_sqlite(start_example, tmp_path)
    switch = service_client(endpoint)
    assert user_of(switch.ask(lookup(0))) == ("1000", params)
    with sqlite3.connect(tmp_path / "users.db") as database:
        database.execute("ALTER TABLE user RENAME TO elsewhere")
    assert "no such table" in switch.ask(lookup(1))["error"]["message"]
    with sqlite3.connect(tmp_path / "users.db") as database:
        database.execute("ALTER TABLE elsewhere RENAME TO user")
    assert user_of(switch.ask(lookup(2))) == ("1000", params)


def test_sqlite_service_ends_cleanly_on_a_signal(start_example, service_client, tmp_path):
    program = compiled("directory", tmp_path, "-lzmq", "-ljansson", "-lsqlite3")
    make_database(tmp_path / "users.db", [])
    for number in range(8):  # the signal may arrive just before the next wait
        endpoint = free_endpoint()
        process = start_example(program, tmp_path / "users.db", endpoint)
        assert service_client(endpoint).ask(lookup(number))["result"] == {"found": False}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


# ---- the bridge to a back end of mod_xml_curl ----

class Backend(http.server.BaseHTTPRequestHandler):
    """A typical HTTP back end: reads a form, writes a document."""

    protocol_version = "HTTP/1.1"
    credentials = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = urllib.parse.parse_qs(body, keep_blank_values=True)
        self.server.seen.append((self.path, dict(self.headers), form))
        user = form["user"][0]
        if user == "late":
            self.server.gate.wait(PATIENCE_S)
        status, body = self.server.special.get(user, (200, self.document(form, user).encode()))
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = user == "last"

    @staticmethod
    def document(form, user):
        if user == "nobody":
            return ('<document type="freeswitch/xml"><section name="result"><result status="not found"/></section>'
                    '</document>')
        return (f'<document type="freeswitch/xml"><section name="directory"><domain name="{form["key_value"][0]}">'
                f'<user id="{user}"/></domain></section></document>')

    def log_message(self, *_):
        pass


@pytest.fixture
def backend():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    server.seen, server.gate = [], threading.Event()
    server.special = {"broken": (503, b"")}  # user: status and body
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bridge_at(start_example, backend):
    """bridge_at(workers) is the endpoint of a bridge to the back end."""
    def run(workers=16):
        endpoint = free_endpoint()
        where = f"http://me:se%20cret@127.0.0.1:{backend.server_port}/switch.php?a=b"
        start_example(sys.executable, "python/xml_curl_bridge.py", where, endpoint, workers)
        return endpoint

    return run


@pytest.fixture
def bridge(service_client, bridge_at):
    """bridge(workers) is a ServiceClient that is connected to a bridge to the back end."""
    return lambda **how: service_client(bridge_at(**how))


def test_bridge_posts_what_mod_xml_curl_posts(bridge, backend):
    reply = bridge().ask(lookup(5, "1000", sip_auth_realm="a b&c=ü", many=["one", "two"], none=""))
    assert user_of(reply)[0] == "1000"
    path, headers, form = backend.seen[0]
    assert path == "/switch.php?a=b"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"me:se cret").decode()
    assert form["hostname"] == ["switch"] and form["key_value"] == ["example.org"]
    assert form["sip_auth_realm"] == ["a b&c=ü"] and form["many"] == ["ARRAY::one|:two"] and form["none"] == [""]


def test_bridge_passes_on_not_found_and_reports_failures(bridge):
    switch = bridge()
    assert 'status="not found"' in switch.ask(lookup(1, "nobody"))["result"]["xml"]
    assert "HTTP 503" in switch.ask(lookup(2, "broken"))["error"]["message"]
    assert user_of(switch.ask(lookup(3)))[0] == "1000"
    switch.send({"id": 4, "params": []})
    assert "error" in switch.receive()
    assert user_of(switch.ask(lookup(5)))[0] == "1000"


EMPTY = b'<document type="freeswitch/xml"></document>'


@pytest.mark.parametrize("status, body", [(404, b"<h1>Not Found</h1>"), (410, b""), (204, b""), (200, b""),
                                          (200, b"\xef\xbb\xbf\r\n ")])
def test_bridge_passes_on_that_the_back_end_has_nothing(bridge, backend, status, body):
    backend.special["gone"] = (status, body)
    switch = bridge(workers=1)
    assert switch.ask(lookup(1, "gone"))["result"] == {"found": False}
    assert user_of(switch.ask(lookup(2)))[0] == "1000"


def test_bridge_reports_where_a_document_is_not_utf8(bridge, backend):
    backend.special["latin1"] = (200, b'<document>\n<user name="\xc3\xbc\xe9"/></document>')
    assert "line 2, column 14: not UTF-8" in bridge().ask(lookup(1, "latin1"))["error"]["message"]


@pytest.mark.parametrize("status, body", [(404, b""), (200, b""), (200, EMPTY)])
def test_stale_entry_is_not_used_for_a_user_that_the_back_end_removed(fszmqd, bridge_at, backend, status, body):
    switch = in_switch(fszmqd, bridge_at(), stale_s=3600)
    switch.wait_state("up")
    assert user_of({"result": {"xml": locate_user(switch, "1005")}})[0] == "1005"
    backend.special["1005"] = (503, b"")
    assert user_of({"result": {"xml": locate_user(switch, "1005")}})[0] == "1005"
    backend.special["1005"] = (status, body)
    assert locate_user(switch, "1005") == NOTHING
    backend.special["1005"] = (503, b"")
    assert locate_user(switch, "1005") == NOTHING
    binding = switch.binding()
    assert [binding[name] for name in ("asked", "found", "stale", "not_found", "failed")] == [4, 2, 1, 1, 1]


def test_bridge_survives_invalid_requests(bridge):
    switch = bridge(workers=1)
    for text in GARBAGE:
        switch.socket.send_multipart([b"", text])
        assert "error" in switch.receive()
    assert user_of(switch.ask(lookup(1)))[0] == "1000"


def test_bridge_reconnects_if_the_back_end_closes_the_connection(bridge):
    switch = bridge(workers=1)
    for number in range(3):
        assert user_of(switch.ask(lookup(number, "last")))[0] == "last"


def test_bridge_serves_others_while_a_request_is_slow(bridge, backend):
    switch = bridge(workers=3)
    switch.send(lookup(1, "late"))
    switch.send(lookup(2, "late"))
    wait_until(lambda: len(backend.seen) == 2, "the slow requests at the back end")
    for number in range(10, 20):
        assert user_of(switch.ask(lookup(number)))[0] == "1000"
    backend.gate.set()
    assert {switch.receive()["id"] for _ in range(2)} == {1, 2}


def test_bridge_reports_that_there_is_no_back_end(start_example, service_client):
    endpoint = free_endpoint()
    start_example(sys.executable, "python/xml_curl_bridge.py", f"http://127.0.0.1:{free_port()}/", endpoint, 1)
    assert "refused" in service_client(endpoint).ask(lookup(1))["error"]["message"]
