# SPDX-License-Identifier: MPL-2.0
"""The API socket of a real fszmqd: the examples of docs/protocol/requests.md, and the promises to clients."""

import json
import time

import pytest
import zmq
from callrig import Peer
from conftest import ROOT, api_socket_xml, config_xml, free_endpoint, group_xml, stream_xml, wait_until

EVERYTHING = [(right, "*") for right in ("events", "methods", "api", "json-api", "applications", "send-events",
                                         "variables")]


@pytest.fixture
def switch(fszmqd):
    """Factory: a daemon with one API socket on which every client of this host may do everything."""

    def start(settings=None, groups=None, calls_per_second=5, **keys):
        api = free_endpoint()
        config = config_xml(
            [stream_xml(binds=[free_endpoint()])], settings,
            api_sockets=[api_socket_xml(binds=[api], **keys)],
            groups=[group_xml("default", *EVERYTHING)] if groups is None else groups,
        )
        daemon = fszmqd(config=config, endpoint=api, calls_per_second=calls_per_second)
        return daemon

    return start


@pytest.fixture
def client():
    """Factory: client(endpoint) is a Peer that is connected there."""
    context, clients = zmq.Context(), []

    def connect(endpoint, socket_type=zmq.DEALER):
        clients.append(Peer(context.socket(socket_type)))
        clients[-1].socket.connect(endpoint)
        return clients[-1]

    yield connect
    for each in clients:
        each.socket.close()
        assert not each.backlog, "replies that no request asked for"
    context.term()


def matches(expected, actual):
    """True if it is as documented; "…" stands for anything."""
    if expected == "…":
        return True
    if isinstance(expected, dict):
        return isinstance(actual, dict) and expected.keys() == actual.keys() and all(
            matches(value, actual[key]) for key, value in expected.items())
    return expected == actual


def test_every_example_of_the_protocol_page_gets_the_reply_shown(switch, client):
    lines = (ROOT / "docs/protocol/requests.md").read_text().splitlines()
    examples = [line for line in lines if line.startswith(("→ ", "← "))]
    me = client(switch().endpoint)
    assert len(examples) > 20
    for line in examples:
        if line.startswith("→"):
            me.socket.send_string(line[2:])
        else:
            reply = me.read()
            assert matches(json.loads(line[2:]), reply), f"{line}\n{reply}"


def test_req_and_dealer_get_all_replies(switch, client):
    endpoint = switch().endpoint
    req, dealer = client(endpoint, zmq.REQ), client(endpoint)
    assert req.result("server.ping") == {}
    sent = {dealer.send("api", command="echo", arg=str(n)): str(n) for n in range(200)}
    for _ in range(200):
        reply = dealer.read()
        assert reply["result"]["output"].strip() == sent.pop(reply["id"])
    assert not sent


def test_a_slow_command_blocks_no_other_and_its_deadline_is_reported(switch, client):
    me = client(switch().endpoint)
    slow = me.send("api", command="msleep", arg="60000", timeout_ms=300)
    assert me.socket.poll(0) == 0
    quick = me.send("api", command="echo", arg="x")
    assert me.read()["id"] == quick
    late = me.read()
    assert (late["id"], late["error"]["code"]) == (slow, -32003)


def test_a_request_over_the_share_is_refused_at_once(switch, client):
    me = client(switch({"workers": 2, "worker-share": 3, "linger-ms": 100}).endpoint)
    for _ in range(3):
        me.send("api", command="msleep", arg="3000")
    assert me.code("api", command="echo", arg="x") == -32002
    assert me.result("server.ping") == {}


def test_requests_of_one_call_keep_their_order(switch, client):
    daemon = switch(calls_per_second=2)
    me = client(daemon.endpoint)
    call = wait_until(lambda: me.result("api", command="show", arg="channels as json")["output"], "a call")
    call = wait_until(
        lambda: json.loads(me.result("api", command="show", arg="channels as json")["output"]).get("rows"),
        "a call")[0]["uuid"]
    sent = [me.send("call.set", call=call, variables={"acme_n": str(n)}) for n in range(100)]
    replies = [me.read() for _ in sent]
    assert [reply["id"] for reply in replies] == sent
    last = me.ask("call.get", call=call, names=["acme_n", "no_such"])
    if "result" in last:  # the call may have ended
        assert last["result"] == {"variables": {"acme_n": "99", "no_such": None}}


def test_a_job_continues_after_its_client_has_gone(switch, client):
    endpoint = switch().endpoint
    first = client(endpoint)
    assert first.result("bgapi", command="msleep", arg="300", job="mine") == {"job": "mine"}
    first.socket.close()
    second = client(endpoint)
    done = wait_until(
        lambda: (lambda r: r if r["status"] != "running" else None)(second.result("job.result", job="mine")), "the job")
    assert done["job"] == "mine" and "output" in done


def test_garbage_of_one_client_does_not_disturb_others(switch, client):
    endpoint = switch(request_bytes=4096).endpoint
    good, bad = client(endpoint), client(endpoint)
    for junk in (b" ", b"\x00\xff", b"[" * 4000, b'{"a":1,"a":2}', b'"' + b"\xc3" * 100 + b'"'):
        bad.socket.send(junk)
        assert json.loads(bad.socket.recv())["error"]["code"] in (-32700, -32600)
    bad.socket.send(b"x" * 100000)
    for _ in range(20):
        assert good.result("server.ping") == {}
        time.sleep(0.01)
    assert good.result("server.stats")["api"]["sockets"][0]["clients"] >= 1


def test_a_reload_keeps_clients_and_changes_their_grants(switch, client):
    daemon = switch()
    me = client(daemon.endpoint)
    assert "api" in me.result("server.hello")["methods"]
    config = daemon.config_path.read_text()
    less = group_xml("default", ("events", "*"), ("methods", "server.*"))
    daemon.reload(config.replace(group_xml("default", *EVERYTHING), less))
    daemon.wait_log("configuration reloaded")
    assert me.code("api", command="status") == -32001
    methods = me.result("server.hello")["methods"]
    assert methods == ["server.hello", "server.ping", "server.stats", "server.clients"]
    assert me.result("server.stats")["api"]["sockets"][0]["accepted"] == 1
