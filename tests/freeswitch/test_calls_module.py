"""Calls that are held while the module is reloaded, is to be unloaded, or is unloaded by force."""

import json

import pytest

from callfixtures import call_service_xml
from switch import wait_until

LONG = "tone_stream://%(60000,0,440)"
OTHER = "NORMAL_UNSPECIFIED"


def test_module_with_held_calls_is_not_unloaded_and_they_stay(switch, call_service, workers, phones):
    call_service()
    worker = workers()
    phones().call("answer-zmq-ivr")
    held = worker.take()
    assert switch.unload() == "-ERR [Module in use.]\n"
    assert "-ERR" in switch.api("reload mod_event_zmq")
    assert held.execute("set", "a=1", wait=True)["app"] == "set"
    held.do("release")
    assert held.end()["reason"] == "released"
    wait_until(lambda: switch.unload().startswith("+OK"), "the module to unload")


def test_reload_of_the_configuration_keeps_held_calls(switch, call_service, workers, phones):
    served = call_service()
    worker = workers()
    phones().call("answer-zmq-ivr")
    held = worker.take()
    switch.configuration.write_text(served.text(call_service_xml(calls_max=50), call_service_xml("queue")))
    assert switch.api("zmq reload").startswith("+OK")
    assert held.execute("set", "a=1", wait=True)["app"] == "set"
    held.do("hangup")
    held.end()


def test_service_that_is_taken_away_gives_its_calls_back(switch, call_service, workers, phones, endings):
    served = call_service()
    worker, ended = workers(), endings()
    phones().call("answer-zmq-ivr")
    held = worker.take()
    held.execute("playback", LONG)
    switch.configuration.write_text(served.text(call_service_xml("queue")))
    assert switch.api("zmq reload").startswith("+OK")
    assert held.end()["reason"] in ("closed", "lost")
    assert ended.of(held.call)["Hangup-Cause"] == OTHER


def test_forced_unload_gives_calls_back_and_hangs_up_those_who_do_not_leave(switch, call_service, workers, phones):
    """FreeSWITCH itself hangs up those whose application is `zmq` at that moment, as of every module; what plays
    for a holder is ended, and the dialplan goes on; one in a bridge is hung up after a while."""
    call_service()
    worker, callee = workers(), phones()
    calls = {}
    for name in ("idle", "playing", "bridged"):
        phone = phones().call("answer-zmq-ivr").wait("200 INVITE")
        calls[name] = phone, worker.take()
    events = switch.connect()
    events.command("event json CHANNEL_HANGUP_COMPLETE")
    calls["playing"][1].execute("playback", LONG)
    calls["bridged"][1].do("subscribe", kinds=["CHANNEL_BRIDGE/*"])
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
    causes = {name: ended[held.call]["Hangup-Cause"] for name, (_, held) in calls.items()}
    assert causes == {"idle": "MANAGER_REQUEST", "playing": OTHER, "bridged": "MANAGER_REQUEST"}
    for phone, _ in calls.values():
        assert phone.final() == "BYE"


@pytest.mark.timeout(300)
def test_rounds_of_forced_unload_and_load_under_calls(switch, call_service, workers, phones):
    """Workers and callers go on as if nothing were; whoever is held when it happens comes out of it."""
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


def test_switch_shuts_down_with_held_calls(start_switch, call_service, workers, phones):
    """Of a switch of its own; that it ends as it should is what start_switch looks at."""
    own = start_switch()
    served = call_service(on=own)
    worker = workers()
    own.api("bgapi originate loopback/hold/default '&zmq(ivr)'")
    held = worker.take()
    held.execute("playback", LONG)
    assert served.status()["calls"]["held"] == 1
    assert own.stop() == 0
