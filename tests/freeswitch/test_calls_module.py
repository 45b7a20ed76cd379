# SPDX-License-Identifier: MPL-2.0
"""Calls under control during a reload, a refused unload and a forced unload of the module."""

import json
import socket

import pytest

from callfixtures import call_service_xml
from phone import Phone
from sanitizer import OURS, reports
from switch import wait_until

LONG = "tone_stream://%(60000,0,440)"
STUCK_S = 45  # longer than a forced unload waits for a call, twice
OTHER = "NORMAL_UNSPECIFIED"


def test_module_with_controlled_calls_is_not_unloaded_and_they_stay(switch, call_service, workers, phones):
    call_service()
    worker = workers()
    phones().call("answer-zmq-ivr")
    controlled = worker.take()
    assert switch.unload() == "-ERR [Module in use.]\n"
    assert "-ERR" in switch.api("reload mod_event_zmq")
    assert controlled.execute("set", "a=1", wait=True)["app"] == "set"
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    wait_until(lambda: switch.unload().startswith("+OK"), "the module to unload")


def test_reload_of_the_configuration_keeps_controlled_calls(switch, call_service, workers, phones):
    served = call_service()
    worker = workers()
    phones().call("answer-zmq-ivr")
    controlled = worker.take()
    switch.configuration.write_text(served.text(call_service_xml(calls_max=50), call_service_xml("queue")))
    assert switch.api("zmq reload").startswith("+OK")
    assert controlled.execute("set", "a=1", wait=True)["app"] == "set"
    controlled.do("hangup")
    controlled.end()


def test_removed_service_gives_its_calls_back(switch, call_service, workers, phones, endings):
    served = call_service()
    worker, ended = workers(), endings()
    phones().call("answer-zmq-ivr")
    controlled = worker.take()
    controlled.execute("playback", LONG)
    switch.configuration.write_text(served.text(call_service_xml("queue")))
    assert switch.api("zmq reload").startswith("+OK")
    assert controlled.end()["reason"] in ("closed", "lost")
    assert ended.of(controlled.call)["Hangup-Cause"] == OTHER


def test_forced_unload_gives_calls_back_and_hangs_up_those_that_stay(switch, call_service, workers, phones):
    """FreeSWITCH itself hangs up calls whose application is `zmq` at that moment, as for every module. A playback of
    a controller ends, and the dialplan continues. A call in a bridge is hung up after a while."""
    call_service()
    worker, callee = workers(), phones()
    calls = {}
    for name in ("idle", "playing", "bridged"):
        phone = phones().call("answer-zmq-ivr").wait("200 INVITE")
        calls[name] = phone, worker.take()
    events = switch.connect()
    events.command("event json CHANNEL_HANGUP_COMPLETE")
    calls["playing"][1].execute("playback", LONG)
    calls["bridged"][1].do("subscribe", events=["CHANNEL_BRIDGE/*"])
    calls["bridged"][1].execute("bridge", f"sofia/loopback/callee@127.0.0.1:{callee.port}")
    calls["bridged"][1].event("CHANNEL_BRIDGE")
    wait_until(lambda: calls["playing"][1].get("current_application") == "playback", "the tone")
    assert switch.api("unload -f mod_event_zmq").startswith("+OK")
    assert not switch.is_loaded()
    ended = {}
    while len(ended) < len(calls) + 1:
        event = json.loads(events.next_event())
        ended[event["Unique-ID"]] = event
    events.close()
    causes = {name: ended[controlled.call]["Hangup-Cause"] for name, (_, controlled) in calls.items()}
    assert causes == {"idle": "MANAGER_REQUEST", "playing": OTHER, "bridged": "MANAGER_REQUEST"}
    for phone, _ in calls.values():
        assert phone.final() == "BYE"


def is_open(endpoint):
    try:
        socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])), 5).close()
        return True
    except ConnectionRefusedError:
        return False


def unload_and_load_under_a_stuck_call(own, call_service, workers, subscriber):
    """A call with an application that no hangup ends; the switch forgets the module with that call in its code."""
    served, worker, phone = call_service(on=own), workers(), Phone(own.sip_port)
    phone.call("answer-zmq-ivr")
    controlled = worker.take()
    controlled.execute("system", f"sleep {STUCK_S}")
    wait_until(lambda: controlled.get("current_application") == "system", "the call to be stuck")
    mark = own.log_mark()
    assert own.api("unload -f mod_event_zmq").startswith("+OK")
    assert "stays in memory: a call does not leave the application zmq" in own.log_since(mark)
    assert not is_open(served.stream) and not is_open(served.api_socket)
    again = call_service(on=own)
    assert all(each["endpoints"][0]["open"] for each in again.status()["streams"])
    assert is_open(again.api_socket)
    assert subscriber(again.stream).recv()
    other_worker, other = workers(), Phone(own.sip_port)
    other.call("answer-zmq-ivr")
    taken = other_worker.take()
    taken.do("hangup")
    taken.end()
    assert own.api("show channels count").strip().startswith("1 ")  # all of this while it is stuck
    own.wait_idle()
    phone.close()
    other.close()


@pytest.mark.timeout(300)
def test_forced_unload_with_a_stuck_call_ends_everything_else(
        start_switch, call_service, workers, subscriber):
    own = start_switch()
    unload_and_load_under_a_stuck_call(own, call_service, workers, subscriber)
    wait_until(lambda: own.unload().startswith("+OK"), "the module to unload")
    assert own.stop() == 0


@pytest.mark.timeout(600)
def test_call_that_outlives_its_module_touches_no_wrong_memory_and_leaks_none(
        sanitized, call_service, workers, subscriber, tmp_path):
    unload_and_load_under_a_stuck_call(sanitized, call_service, workers, subscriber)
    (tmp_path / "look").touch()
    wait_until(lambda: sanitized.unload().startswith("+OK"), "the module to unload")
    wait_until(lambda: not (tmp_path / "look").exists(), "the look for leaks")
    found = reports(sanitized.output_path.read_text(errors="replace"))
    assert any("lose_on_purpose" in text for text in found)  # the check has run
    assert not [text for text in found if OURS.search(text)]


@pytest.mark.timeout(300)
def test_rounds_of_forced_unload_and_load_under_calls(switch, call_service, workers, phones):
    """Workers and callers continue; calls under control at that moment leave cleanly."""
    for _ in range(5):
        served = call_service()
        worker = workers()
        taken = [phones().call(number) for number in ("answer-zmq-ivr", "zmq-ivr", "pre_answer-zmq-ivr")]
        for _ in taken:
            worker.take()
        late = phones().call("zmq-ivr")  # offered, not taken
        worker.next_offer()
        assert switch.api("unload -f mod_event_zmq").startswith("+OK")
        for phone in (*taken, late):
            assert phone.final()
        assert served and not switch.is_loaded()
    switch.wait_idle()


def test_switch_shuts_down_with_controlled_calls(start_switch, call_service, workers, phones):
    """On a separate switch; start_switch checks that it ends properly."""
    own = start_switch()
    served = call_service(on=own)
    worker = workers()
    own.api("bgapi originate loopback/hold/default '&zmq(ivr)'")
    controlled = worker.take()
    controlled.execute("playback", LONG)
    assert served.status()["calls"]["controlled"] == 1
    assert own.stop() == 0
