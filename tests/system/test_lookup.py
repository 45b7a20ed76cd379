# SPDX-License-Identifier: MPL-2.0
"""Lookups of XML: a real fszmqd sends requests to services in Python (REP, ROUTER and registered clients)."""

import concurrent.futures
import json
import os
import time

import pytest
import zmq
import zmq.auth

from conftest import PATIENCE_S, binding_xml, service_xml, wait_until
from lookups import NOTHING, clients_of, document, services, switches


@pytest.fixture
def service():
    """Factory: see services()."""
    yield from services()


@pytest.fixture
def switch(fszmqd):
    """Factory: see switches()."""
    return switches(fszmqd)


def locate_at_once(switch, count, *words):
    """The outputs of `count` parallel lookups, each in its own worker of the API socket."""
    with clients_of(switch.api, count) as clients, concurrent.futures.ThreadPoolExecutor(count) as pool:
        command = " ".join(words or ("directory", "domain", "name", "example.org"))
        replies = pool.map(lambda each: each.call("api", command="xml_locate", arg=command), clients)
        return [each["result"]["output"] for each in replies]


@pytest.mark.parametrize("socket_type", [zmq.REP, zmq.ROUTER])
def test_document_of_a_service_is_found(switch, service, socket_type):
    own = service(socket_type, {"xml": document('<domain name="example.org"/>')})
    here = switch(own)
    assert here.locate() == document('<domain name="example.org"/>')
    request = own.requests[0]
    assert request["jsonrpc"] == "2.0" and request["method"] == "xml.fetch" and isinstance(request["id"], int)
    params = request["params"]
    assert {name: params[name] for name in ("section", "tag", "key", "value")} == {
        "section": "directory", "tag": "domain", "key": "name", "value": "example.org"}
    assert list(params["params"])[:5] == ["hostname", "section", "tag_name", "key_name", "key_value"]
    assert params["params"]["hostname"] == os.uname().nodename
    assert params["params"]["tag_attr_val"] == "example.org"
    assert here.binding()["found"] == 1


def test_service_with_a_key_gets_requests_over_curve(switch, service, tmp_path):
    certificates = [zmq.auth.create_certificates(tmp_path, name) for name in ("provider", "switch")]
    public, secret = zmq.auth.load_certificate(certificates[0][1])
    os.chmod(certificates[1][1], 0o600)
    own = service(reply={"xml": document("<a/>")}, curve_server=1, curve_publickey=public, curve_secretkey=secret)
    here = switch(own, settings={"curve-key-file": certificates[1][1]}, of_service={"server_key": certificates[0][0]})
    assert here.locate() == document("<a/>")
    here.daemon.reload(here.config([service_xml("s", [own.endpoint], server_key=certificates[1][0])],
                                   [binding_xml("b", service="s", sections="directory", deadline_ms=100)]))
    here.daemon.wait_log("configuration reloaded")
    assert here.locate() == NOTHING
    here.daemon.reload(here.config([service_xml("s", [own.endpoint], server_key="/no/such/file")], []))
    assert "/no/such/file" in here.daemon.wait_log("service \"s\": server-key:")


def test_lookup_of_a_whole_section_names_no_element(switch, service):
    own = service(reply={"xml": document("<context/>", "dialplan")})
    here = switch(own, sections="dialplan,directory")
    assert here.locate("dialplan") == document("<context/>", "dialplan")
    params = own.requests[0]["params"]
    assert "tag" not in params and params["params"]["tag_name"] == ""


@pytest.mark.parametrize("reply", [
    {"found": False},
    {"xml": '<d><section name="result"><result status="not found"/></section></d>'},
    {"xml": document('<result status="not found"/>')},
    {"xml": '<document type="freeswitch/xml"></document>'},
    {"xml": ""},
    {"xml": "\r\n"},
])
def test_not_found_falls_through_to_the_switch(switch, service, reply):
    here = switch(service(reply=reply))
    assert here.locate() == NOTHING
    assert "sim.invalid" in here.locate("directory", "domain", "name", "sim.invalid")
    assert here.binding()["not_found"] == 2


@pytest.mark.parametrize("before", ["\n", "\ufeff", " \t\r\n\ufeff\n"])
def test_blanks_before_a_document_are_skipped(switch, service, before):
    text = before + '<?xml version="1.0" encoding="UTF-8"?>' + document("<a/>")
    here = switch(service(reply={"xml": text}))
    assert document("<a/>") in here.locate()
    assert here.binding()["found"] == 1


def test_lookup_without_a_binding_sends_no_request(switch, service):
    own = service(reply={"found": False})
    here = switch(own, sections="directory configuration", value="example.*")
    assert here.locate("dialplan") != NOTHING
    assert here.locate("directory", "domain", "name", "other.org") == NOTHING
    assert here.locate("configuration", "configuration", "name", "event_zmq.conf") == NOTHING
    assert own.requests == []
    assert here.locate() == NOTHING
    assert len(own.requests) == 1


BAD = [
    ({"error": {"code": -1, "message": "the database is away"}}, "the database is away"),
    ({"xml": "<document>\n<section name='directory'>\n</document>"}, "line 3, column 3: mismatched tag"),
    ({"xml": '<!DOCTYPE d [<!ENTITY a "b">]>' + document("&a;")}, "has a DOCTYPE: remove it"),
    ({"xml": "\n" + document('<a b="7(&zz#1"/>')}, "line 2, column 67: bare &: write &amp;"),
    ({"xml": document("\n<a>&nbsp;</a>")}, "line 2, column 4: undefined entity: write the character itself"),
    ({"xml": document("\n<a b='1' b='2'/>")}, "line 2, column 10: duplicate attribute: keep one"),
    ({"xml": document("") + "\nWarning: gone"}, "line 2, column 1: text or element after the root element"),
    ({"xml": document("", "dialplan")}, "no <section> with the requested name"),
    ({"xml": "<a>" * 65 + "</a>" * 65}, "nested deeper than 64"),
    ({"xml": 5}, "neither a string `xml`"),
    ({"xml": document("x" * (1 << 20))}, "exceeds xml-bytes"),
]


@pytest.mark.parametrize("reply, words", BAD, ids=[words[:20] for _, words in BAD])
def test_unusable_reply_falls_back_and_is_reported(switch, service, reply, words):
    here = switch(service(reply=reply))
    assert "sim.invalid" in here.locate("directory", "domain", "name", "sim.invalid")
    line = here.daemon.wait_log(words)
    for part in ("binding \"b\"", "directory domain name=\"sim.invalid\"", "service \"s\"", "tcp://127.0.0.1:"):
        assert part in line
    assert here.binding()["failed"] == 1


def test_garbage_and_wrong_ids_do_not_disturb_the_next_lookup(switch, service):
    bad = [b"", b"\xff\x00garbage", b"[]", b'{"jsonrpc":"2.0","id":123456789,"result":{}}', b"null"]
    replies = iter(bad)
    own = service(reply=lambda _: next(replies, {"xml": document("<ok/>")}))
    here = switch(own, of_service={"failures_max": 1000000}, deadline_ms=100)
    for _ in bad:
        assert here.locate() == NOTHING
    wait_until(lambda: here.locate() == document("<ok/>"), "the answer, within the deadline")
    assert here.binding()["failed"] >= len(bad)


@pytest.mark.parametrize("text, words", [
    (b'{"jsonrpc":"2.0","id":1,"result":{"xml":"<a b=\'Jos\xe9\'/>"}}',
     "at byte 50: not UTF-8: send the document in UTF-8"),
    (b'{"jsonrpc":"2.0","id":1,"result":{"xml":"secret"', "at byte 48: not JSON"),
])
def test_unreadable_reply_is_reported_with_the_position(switch, service, text, words):
    here = switch(service(reply=lambda _: text), deadline_ms=1000)
    assert here.locate() == NOTHING
    assert "secret" not in here.daemon.wait_log(words)


def test_failure_may_count_as_not_found(switch, service):
    here = switch(service(reply={"error": {"code": -1, "message": "no"}}), on_failure="not-found")
    assert here.locate("directory", "domain", "name", "sim.invalid") == document('<domain name="sim.invalid"/>')


def test_lookup_waits_no_longer_than_the_deadline(switch, service):
    own = service(zmq.ROUTER, {"xml": document("<late/>")})
    here = switch(own, deadline_ms=200)
    own.may_reply.clear()
    began = time.monotonic()
    assert here.locate() == NOTHING
    assert time.monotonic() - began >= 0.15
    own.may_reply.set()
    wait_until(lambda: here.status()["services"][0]["providers"][0]["late"] >= 1, "the late reply")
    assert here.locate() == document("<late/>")


def test_cache_is_used_until_it_is_flushed(switch, service):
    own = service(reply=lambda _: {"xml": document(f"<n{len(own.requests)}/>")})
    here = switch(own, cache_s=1000, cache_params="user")
    user = ("directory", "domain", "name", "example.org", "user=1000")
    assert here.locate(*user) == here.locate(*user) == document("<n1/>")
    assert here.locate(*user[:4], "user=1001") == document("<n2/>")
    assert here.daemon.command("zmq cache flush b/directory/*/user/1000/*") == "+OK 1 removed"
    assert here.locate(*user) == document("<n3/>")
    assert here.locate(*user[:4], "user=1001") == document("<n2/>")
    assert here.daemon.command("zmq cache flush") == "+OK 2 removed"
    assert here.binding()["cache_hits"] == 2
    cache = here.status()["cache"]
    assert (cache["entries"], cache["flushed"], cache["hits"], cache["misses"]) == (0, 3, 2, 3)
    assert "5 lookups: 5 found" in here.daemon.command("zmq bindings")


FOR_ALL = "user domain action purpose"  # as in docs/configuration.md


@pytest.mark.parametrize("cache_params", [None, FOR_ALL])
@pytest.mark.parametrize("one, other", [
    ("action=group_call group=sales", "action=group_call group=support"),
    ("user=1000 key=id", "user=1000 key=number-alias"),
    ("purpose=gateways profile=internal", "purpose=gateways profile=external"),
    ("purpose=network-list", "purpose=gateways"),
    ("action=sip_auth user=1000 ip=192.0.2.1", "action=sip_auth user=1000 ip=192.0.2.2"),
    ("action=reverse-auth-lookup user=1000", "action=sip_auth user=1000"),
    ("action=new user=1000 tenant=a", "action=new user=1000 tenant=b"),
])
def test_cache_never_has_one_entry_for_two_lookups(switch, service, cache_params, one, other):
    own = service(reply=lambda _: {"xml": document(f"<n{len(own.requests)}/>")})
    here = switch(own, cache_s=1000, **({"cache_params": cache_params} if cache_params else {}))
    where = ("directory", "domain", "name", "example.org", "domain=example.org")
    for _ in range(2):
        assert here.locate(*where, one) == document("<n1/>")
        assert here.locate(*where, other) == document("<n2/>")
    assert here.binding()["cache_hits"] == 2


def test_cache_is_not_used_for_another_call(switch, service):
    own = service(reply=lambda _: {"xml": document(f"<n{len(own.requests)}/>", "dialplan")})
    here = switch(own, sections="dialplan", cache_s=1000)
    where = ("dialplan", "context", "name", "public", "Hunt-Context=public", "Unique-ID=1")
    assert here.locate(*where) == document("<n1/>", "dialplan")
    assert here.locate(*where) == document("<n2/>", "dialplan")
    assert here.status()["cache"]["entries"] == 0


def test_cache_is_bounded(switch, service):
    own = service(reply={"xml": document("<a/>")})
    here = switch(own, settings={"cache-entries": 10}, cache_s=1000, value="*")
    for number in range(30):
        here.locate("directory", "domain", "name", f"d{number}.org")
    cache = here.status()["cache"]
    assert (cache["entries"], cache["evicted"], cache["entries_max"]) == (10, 20, 10)


def test_service_sets_the_lifetime_of_a_cache_entry(switch, service):
    own = service(reply={"found": False, "ttl_s": 1000})
    here = switch(own, cache_ttl_max_s=500)
    assert here.locate() == here.locate() == NOTHING
    assert len(own.requests) == 1
    own.reply = {"xml": document("<a/>"), "ttl_s": 0}
    here.daemon.command("zmq cache flush")
    assert here.locate() == here.locate() == document("<a/>")
    assert len(own.requests) == 3


def test_stale_entry_is_used_while_the_service_is_away(switch, service):
    own = service(reply={"xml": document("<a/>")})
    here = switch(own, stale_s=1000, deadline_ms=300)
    assert here.locate() == document("<a/>")
    own.stop()
    here.wait_state("down")
    assert here.locate() == document("<a/>")
    assert here.locate("directory", "domain", "name", "never.asked") == NOTHING
    binding = here.binding()
    assert (binding["stale"], binding["failed"]) == (1, 1)
    own.reply = {"xml": document("<b/>")}
    own.start()
    here.wait_state("up")
    assert here.locate() == document("<b/>")


def test_parallel_lookups_share_one_request(switch, service):
    own = service(zmq.ROUTER, {"xml": document("<a/>")})
    here = switch(own, cache_s=1000, deadline_ms=20000)
    own.may_reply.clear()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        replies = pool.submit(locate_at_once, here, 12)
        wait_until(lambda: here.binding()["asked"] == 12, "all lookups")
        wait_until(lambda: here.status()["cache"]["coalesced"] == 11, "all lookups but one to wait")
        own.may_reply.set()
        assert set(replies.result(PATIENCE_S)) == {document("<a/>")}
    assert len(own.requests) == 1
    assert here.binding()["coalesced"] == 11


def test_many_clients_each_get_their_own_results(switch, service):
    own = service(zmq.ROUTER, lambda request: {"xml": document(f'<d n="{request["params"]["value"]}"/>')})
    here = switch(own)
    with clients_of(here.api, 8) as clients, concurrent.futures.ThreadPoolExecutor(8) as pool:
        def ask(number):
            name = f"d{number}.org"
            replies = [clients[number].call("api", command="xml_locate", arg=f"directory domain name {name}.{i}")
                       for i in range(50)]
            return [each["result"]["output"] for each in replies] == [document(f'<d n="{name}.{i}"/>')
                                                                       for i in range(50)]
        assert all(pool.map(ask, range(8)))
    assert here.binding()["found"] == 400 == len(own.requests)


def test_second_provider_is_used_while_the_first_is_away(switch, service):
    first, second = service(reply={"xml": document("<a/>")}), service(reply={"xml": document("<a/>")})
    here = switch(first, second)
    first.stop()
    here.wait_state("down")
    for _ in range(10):
        assert here.locate() == document("<a/>")
    assert here.binding()["failed"] == 0 and len(second.requests) == 10


def test_registered_client_replies(switch):
    here = switch()
    assert here.locate() == NOTHING
    with clients_of(here.api) as (client,):
        assert client.call("service.register", service="s", capacity=10)["result"] == {}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            found = pool.submit(here.locate)
            request = json.loads(client.socket.recv_multipart()[-1])
            assert request["method"] == "xml.fetch" and request["params"]["value"] == "example.org"
            client.socket.send_json({"jsonrpc": "2.0", "id": request["id"], "result": {"xml": document("<mine/>")}})
            assert found.result(PATIENCE_S) == document("<mine/>")
        assert client.call("service.unregister", service="s")["result"] == {}
    assert here.locate() == NOTHING


def test_reload_changes_the_provider(switch, service):
    first, second = service(reply={"xml": document("<first/>")}), service(reply={"xml": document("<second/>")})
    here = switch(first, cache_s=1000)
    assert here.locate() == document("<first/>")
    here.daemon.reload(here.config([service_xml("s", [second.endpoint])],
                                   [binding_xml("c", service="s", sections="directory")]))
    here.daemon.wait_log("configuration reloaded")
    here.wait_state("up")
    assert here.locate() == document("<second/>")
    here.daemon.reload(here.config([], []))
    here.daemon.wait_log("configuration reloaded")
    assert here.locate() == NOTHING
    assert here.daemon.command("zmq bindings").startswith("no bindings")


def test_stuck_service_does_not_delay_a_stop(switch, service):
    own = service(zmq.ROUTER, {"found": False})
    here = switch(own, deadline_ms=600000)
    own.may_reply.clear()
    with concurrent.futures.ThreadPoolExecutor(1) as pool, clients_of(here.api) as (client,):
        pool.submit(client.socket.send_json, {"jsonrpc": "2.0", "id": 1, "method": "api", "params": {
            "command": "xml_locate", "arg": "directory domain name example.org"}}).result(PATIENCE_S)
        wait_until(lambda: own.requests, "the request")
        assert here.daemon.stop() == 0
