# SPDX-License-Identifier: MPL-2.0
"""Services that fail in every way: the switch waits at most until the deadline, continues, and recovers."""

import json
import threading
import time

import pytest

import phones
from services import binding_xml, document, lookups_xml, params_of, service_xml, user_document
from switch import PATIENCE_S, free_port, wait_until

DOMAIN = phones.DOMAIN
MANY = 500
GROWTH_MB = 60

needs_sipp = pytest.mark.skipif(not phones.are_here(), reason=phones.MISSING)


def directory(request):
    user = params_of(request).get("user", "nobody")
    return user_document(DOMAIN, user, f"of {user}")


def password(switch, user="1000", connection=None):
    return (connection or switch).api(f"user_data {user}@{DOMAIN} param password").strip()


def status(switch):
    return json.loads(switch.api("zmq status json"))["services"][0]


def provider(switch, number=0):
    return status(switch)["providers"][number]


def wait_state(switch, state, number=0):
    wait_until(lambda: provider(switch, number)["state"] == state, f"the provider to be {state}")


def wait_not_up(switch):
    """Waits until it is ejected, or heartbeats show that it is gone."""
    wait_until(lambda: provider(switch)["state"] != "up", "the provider not to be up")


def wait_found(switch, user="1000"):
    wait_until(lambda: password(switch, user) == f"of {user}", "the service to be asked again")


def ask_at_once(switch, count, users=("1000",)):
    """Runs `count` lookups, each in a thread of the switch; returns when all are done."""
    connection = switch.connect()
    connection.command("event json BACKGROUND_JOB")
    for number in range(count):
        user = users[number % len(users)]
        assert connection.command(f"bgapi user_data {user}@{DOMAIN} param password").startswith("+OK")
    answers = [json.loads(connection.next_event())["_body"].strip() for _ in range(count)]
    connection.close()
    return answers


def test_a_killed_service_is_noticed_and_found_again_when_it_is_back(switch, service, lookups):
    users = service()
    lookups(users)
    wait_found(switch)
    for _ in range(3):
        users.kill()
        wait_state(switch, "down")
        assert password(switch) != "of 1000"
        users.start()
        wait_found(switch)
        assert provider(switch)["state"] == "up"


def test_a_stopped_service_costs_each_caller_its_deadline_until_it_is_ejected(switch, service, lookups):
    users = service()
    lookups(users, of={"deadline_ms": 2000, "failures_max": 3, "probe_ms": 200, "capacity": 1000})
    wait_found(switch)
    users.freeze()
    answers = ask_at_once(switch, 10)
    assert not [answer for answer in answers if answer == "of 1000"]
    wait_not_up(switch)
    start = time.monotonic()
    for _ in range(50):
        assert password(switch) != "of 1000"
    assert time.monotonic() - start < 50  # half of 50 deadlines
    assert status(switch)["no_provider"] >= 50
    users.thaw()
    wait_found(switch)


def test_late_replies_of_a_slow_service_are_dropped(switch, service, lookups):
    users = service(directory)
    lookups(users, of={"deadline_ms": 100, "failures_max": 1000, "capacity": 100})
    wait_found(switch)
    for round_number in range(3):
        users.paused.set()
        assert password(switch) != "of 1000"
        users.paused.clear()
        wait_until(lambda: provider(switch)["late"] > round_number, "the late answer")
        wait_found(switch)


def answer_of(request, **members):
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], **members}).encode()


DEEP = document("directory", "<a>" * 100 + "</a>" * 100)
ENTITY = {"xml": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d><section name="directory">'
                 f'<domain name="{DOMAIN}"><user id="1000">&x;</user></domain></section></d>'}
GARBAGE = {
    "nothing": lambda request: b"",
    "no JSON": lambda request: b"\x00\xff garbage {",
    "half of it": lambda request: answer_of(request, result={"found": False})[:-5],
    "a list": lambda request: b"[1, 2]",
    "no result": lambda request: answer_of(request),
    "a text for a result": lambda request: answer_of(request, result="<document/>"),
    "an empty result": lambda request: answer_of(request, result={}),
    "a number for a document": lambda request: answer_of(request, result={"xml": 3}),
    "an error": lambda request: answer_of(request, error={"code": -32000, "message": "no database"}),
    "an invalid error": lambda request: answer_of(request, error=7),
    "no XML": lambda request: {"xml": "<document><section"},
    "no document": lambda request: {"xml": ""},
    "another section": lambda request: document("dialplan", "<context/>"),
    "a doctype": lambda request: ENTITY,
    "too deep": lambda request: DEEP,
    "too large": lambda request: document("directory", "<a/>" * 300000),
    "another id": lambda request: answer_of({"id": request["id"] + 1000000}, result=directory(request)),
    "an id that is a text": lambda request: answer_of({"id": str(request["id"])}, result=directory(request)),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_a_failure_and_the_next_reply_is_used(switch, service, lookups, kind):
    broken = threading.Event()
    users = service(lambda request: GARBAGE[kind](request) if broken.is_set() else directory(request))
    lookups(users, of={"deadline_ms": 500, "probe_ms": 100})
    wait_found(switch)
    broken.set()
    for _ in range(3):
        assert "root:" not in switch.api(f"xml_locate directory domain name {DOMAIN}")
        assert password(switch) != "of 1000"
    broken.clear()
    wait_found(switch)


def test_a_hundred_megabytes_are_not_read_and_not_kept(switch, service, lookups):
    broken = threading.Event()
    large = b'{"jsonrpc":"2.0","id":1,"result":{"xml":"' + b"x" * 100_000_000 + b'"}}'
    users = service(lambda request: large if broken.is_set() else directory(request))
    lookups(users, of={"deadline_ms": 1000, "failures_max": 100})
    wait_found(switch)
    before_mb = switch.resident_mb()
    broken.set()
    for _ in range(3):
        assert password(switch) != "of 1000"
    broken.clear()
    wait_found(switch)
    grown_mb = switch.resident_mb() - before_mb
    print(f"{grown_mb:.1f} MB")
    assert grown_mb < GROWTH_MB


def test_a_second_answer_is_dropped(switch, service, lookups):
    def twice(request):
        user = params_of(request).get("user", "nobody")
        first = answer_of(request, result=directory(request))
        return [first, first, answer_of(request, result=user_document(DOMAIN, user, "of nobody"))]

    lookups(service(twice), of={"capacity": 100})
    wait_found(switch)
    for user in range(100):
        assert password(switch, str(user)) == f"of {user}"
    bad = provider(switch)
    assert bad["late"] + bad["bad"] >= 100, bad
    assert bad["state"] == "up"


def test_a_service_that_restarts_often_costs_no_caller_more_than_its_deadline(switch, service, lookups):
    users = service()
    lookups(users, of={"deadline_ms": 1000}, cache_params="user domain")
    wait_found(switch)
    ending = threading.Event()
    answers = []

    def ask():
        connection = switch.connect()
        while not ending.is_set():
            answers.append(password(switch, "1001", connection))
        connection.close()

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for _ in range(8):
        users.kill()
        users.start()
        done = len(answers)
        wait_until(lambda: "of 1001" in answers[done:], "an answer after the restart")
    ending.set()
    for asker in askers:
        asker.join(PATIENCE_S)
        assert not asker.is_alive()


def test_of_two_providers_the_one_that_works_answers(switch, service, lookups):
    broken, good = service(), service()
    lookups(broken, good, of={"deadline_ms": 10000, "attempt_ms": 200, "failures_max": 2, "probe_ms": 200})
    wait_until(lambda: all(each["state"] == "up" for each in status(switch)["providers"]), "both")
    broken.freeze()
    for _ in range(20):
        assert password(switch) == "of 1000"
    assert provider(switch, 0)["state"] != "up"
    broken.thaw()
    wait_state(switch, "up", 0)
    broken.kill()
    for _ in range(20):
        assert password(switch) == "of 1000"
    good.kill()
    wait_state(switch, "down", 1)
    assert password(switch) != "of 1000"
    broken.start()
    wait_found(switch)


@needs_sipp
def test_hundreds_of_lookups_on_a_stopped_service(switch, service, lookups):
    users = service()
    lookups(users, of={"deadline_ms": 1000, "failures_max": 5, "probe_ms": 200, "capacity": 1000},
            settings={"cache_entries": 1000}, stale_s=3600, cache_params="user domain action")
    wait_found(switch)
    assert phones.register(switch, "1001", "of 1001")
    ask_at_once(switch, MANY, [str(number) for number in range(2000, 2000 + MANY)])  # threads and memory of before
    before_mb = switch.resident_mb()

    users.freeze()
    answers = ask_at_once(switch, MANY, [str(number) for number in range(2000, 2000 + MANY)])
    assert len(answers) == MANY
    wait_not_up(switch)
    # Known users are served from the cache; others fail at once.
    assert password(switch) == "of 1000"
    assert phones.register(switch, "1001", "of 1001", count=20, at_once=5)
    start = time.monotonic()
    ask_at_once(switch, MANY, [str(number) for number in range(3000, 3000 + MANY)])
    took_s = time.monotonic() - start
    assert took_s < MANY * 0.5  # one after another, each waiting, would be twice as long

    users.thaw()
    wait_state(switch, "up")
    assert phones.register(switch, "1000", "of 1000")
    grown_mb = switch.resident_mb() - before_mb
    print(f"{took_s:.1f} s, {grown_mb:.1f} MB")
    assert grown_mb < GROWTH_MB


def test_an_unload_does_not_wait_for_a_service(switch, service, lookups):
    users = service(lambda request: None)
    lookups(users, of={"deadline_ms": 600000, "capacity": 100})
    connection = switch.connect()
    connection.command("event json BACKGROUND_JOB")
    for _ in range(20):
        connection.command(f"bgapi user_data 1000@{DOMAIN} param password")
    users.wait_asked(1, user="1000")
    assert switch.unload().startswith("+OK")  # long before the Event Socket gives up
    for _ in range(20):
        assert json.loads(connection.next_event())["_body"].strip() != "of 1000"
    connection.close()


def test_a_reload_that_removes_the_service_wakes_waiting_lookups(switch, service, lookups):
    users = service(lambda request: None)
    lookups(users, of={"deadline_ms": 600000})
    connection = switch.connect()
    connection.command("event json BACKGROUND_JOB")
    connection.command(f"bgapi user_data 1000@{DOMAIN} param password")
    users.wait_asked(1, user="1000")
    switch.configuration.write_text(lookups_xml([], []))
    assert switch.api("zmq reload") == "+OK reloaded\n"
    assert json.loads(connection.next_event())["_body"].strip() != "of 1000"
    connection.close()


@pytest.mark.timeout(600)
def test_reload_reloadxml_and_unload_during_lookups(switch, service, lookups):
    users = service(directory)
    lookups(users, of={"deadline_ms": 500}, cache_s=1, cache_params="user domain")
    plain = switch.configuration.read_text()
    other = lookups_xml([service_xml("tested", users.endpoint, deadline_ms=400), service_xml("more", users.endpoint)],
                        [binding_xml("tested", "tested", "directory", cache_s=5, cache_params="user domain")])
    ending, counts = threading.Event(), [0] * 4

    def ask(number):
        connection = switch.connect()
        while not ending.is_set():
            user = str(2000 + counts[number] % 50)
            counts[number] += password(switch, user, connection) == f"of {user}"
        connection.close()

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(len(counts))]
    for asker in askers:
        asker.start()
    for turn in range(15):
        switch.configuration.write_text(other if turn % 2 else plain)
        assert switch.api("zmq reload") == "+OK reloaded\n"
        assert "OK" in switch.api("reloadxml")
        before = list(counts)
        wait_until(lambda: all(now > then for now, then in zip(counts, before)), "each to find something")
        assert switch.unload().startswith("+OK")
        assert switch.load() == "+OK"
    ending.set()
    for asker in askers:
        asker.join(PATIENCE_S)
        assert not asker.is_alive()


def test_services_that_are_not_running_do_not_delay_load_and_unload(switch, publisher):
    endpoints = [f"tcp://127.0.0.1:{free_port()}" for _ in range(3)]
    publisher(xml=lookups_xml([service_xml("absent", *endpoints, deadline_ms=200)],
                              [binding_xml("absent", "absent", "directory configuration")]))
    assert password(switch) != "of 1000"
    assert {each["state"] for each in status(switch)["providers"]} == {"down"}
