# SPDX-License-Identifier: MPL-2.0
"""Calls whose worker is killed, stopped, silent or late. No call is stranded, and no worker commands another's call."""

import signal

import pytest

from callrig import LONG, PATIENT, QUICK, first_of, ivr_xml
from conftest import free_endpoint, service_xml, wait_until

NOBODY = -32004
ALONE = {**PATIENT, "attempt_ms": 500, "deadline_ms": 500}


def controlled_by(rig, worker, **variables):
    call = rig.dial(**variables)
    return call, worker.saw("call.offer", call=call)["lease"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_lost_call_is_offered_to_another_with_its_state(callswitch, number):
    keys = {**PATIENT, **(QUICK if number == signal.SIGSTOP else {})}
    rig = callswitch([ivr_xml(**keys)])
    worker = rig.process("ivr", 100, "control")
    worker.saw("reply service.register")
    call, lease = controlled_by(rig, worker)
    worker.send("call.execute", call=call, app="set", arg="asked=1", wait=True)
    worker.saw("reply call.execute")
    worker.send("call.execute", call=call, app="playback", arg=LONG)
    wait_until(lambda: len(worker.all("reply call.execute")) == 2, "the second reply")
    replacement = rig.process("ivr", 100, "control")
    replacement.saw("reply service.register")
    worker.signal(number)
    taken = replacement.saw("call.offer", call=call)
    assert taken["resumed"] and taken["lease"] > lease
    replacement.send("call.get", call=call, names=["asked", "zmq_result"])
    assert replacement.saw("reply call.get")["variables"] == {"asked": "1", "zmq_result": "accepted"}
    replacement.send("call.release", call=call)
    assert replacement.saw("call.end")["reason"] == "released"
    assert rig.outcome(call) == "released"


def test_a_worker_that_comes_back_late_is_notified_and_fenced(callswitch):
    rig = callswitch([ivr_xml(**{**PATIENT, **QUICK})])
    worker = rig.process("ivr", 100, "control")
    worker.saw("reply service.register")
    call, lease = controlled_by(rig, worker)
    replacement = rig.process("ivr", 100, "control")
    replacement.saw("reply service.register")
    worker.signal(signal.SIGSTOP)
    replacement.saw("call.offer", call=call)
    worker.send("call.hangup", call=call)
    worker.send("call.execute", call=call, app="hangup", lease=lease)
    worker.signal(signal.SIGCONT)
    assert worker.saw("call.end", call=call, lease=lease)["reason"] == "lost"
    assert worker.saw("reply call.hangup")["code"] == NOBODY
    assert worker.saw("reply call.execute")["code"] == NOBODY
    assert rig.api("uuid_exists", call) == "true"
    replacement.send("call.hangup", call=call, cause="USER_BUSY")
    assert replacement.saw("call.end", call=call)["cause"] == "USER_BUSY"
    assert len(worker.all("call.end")) == 1


@pytest.mark.parametrize("how", ["variable", "configuration"])
@pytest.mark.parametrize("on_lost,cause", [("continue", "NORMAL_CLEARING"), ("hangup", "NORMAL_TEMPORARY_FAILURE")])
def test_a_lost_call_continues_or_ends_as_on_lost_says(callswitch, on_lost, cause, how):
    keys = {"on_lost": on_lost} if how == "configuration" else {"on_lost": "offer"}
    rig = callswitch([ivr_xml(**PATIENT, **keys)])
    worker = rig.process("ivr", 100, "control")
    worker.saw("reply service.register")
    call, _ = controlled_by(rig, worker, **({"zmq_on_lost": on_lost} if how == "variable" else {}))
    worker.send("call.execute", call=call, app="playback", arg=LONG)
    worker.saw("reply call.execute")
    worker.signal(signal.SIGKILL)
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["Hangup-Cause"], end["variable_zmq_result"]) == (cause, "lost")


def test_a_lost_call_that_no_other_worker_takes_continues(callswitch):
    rig = callswitch([ivr_xml(**ALONE)])
    worker = rig.process("ivr", 100, "control")
    worker.saw("reply service.register")
    call, _ = controlled_by(rig, worker)
    worker.signal(signal.SIGKILL)
    assert rig.outcome(call) == "lost"


def test_a_list_in_progress_is_finished_without_its_worker(callswitch):
    """A worker that sent a list and does not control the call may end."""
    endpoint = free_endpoint()
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT)])
    worker = rig.bound(endpoint)
    call = rig.dial()
    worker.accept(execute=[{"app": "answer"}, {"app": "playback", "arg": "silence_stream://300"},
                           {"app": "set", "arg": "last=1"}], then="release")
    rig.event("CHANNEL_ANSWER", call)
    worker.socket.close()
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["variable_last"], end["variable_zmq_result"]) == ("1", "released")


def test_a_lost_call_that_is_bridged_stays_so_until_the_bridge_ends(callswitch):
    rig = callswitch([ivr_xml(**PATIENT, on_lost="hangup")])
    worker = rig.process("ivr", 100, "control")
    worker.saw("reply service.register")
    call, _ = controlled_by(rig, worker)
    worker.send("call.execute", call=call, app="bridge", arg="loopback/1001")
    other = rig.event("CHANNEL_BRIDGE", call)["Other-Leg-Unique-ID"]
    worker.signal(signal.SIGKILL)
    assert rig.api("uuid_exists", call) == "true"
    rig.kill(other)
    assert rig.event("CHANNEL_UNBRIDGE", call)
    assert rig.outcome(call) == "lost"


@pytest.mark.parametrize("app,arg", [("play_and_get_digits", f"1 4 3 60000 # {LONG} {LONG} choice"),
                                     ("sleep", "60000"), ("playback", LONG), ("echo", "")])
def test_the_application_is_stopped_before_the_next_worker_gets_the_offer(callswitch, app, arg):
    rig = callswitch([ivr_xml(**PATIENT)])
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    controlled.execute(app, arg)
    rig.await_application(app, call)
    replacement = rig.worker()
    worker.socket.close()
    offer = replacement.offer()
    assert (offer["params"]["call"], offer["params"]["why"]) == (call, "lost")
    assert [each["app"] for each in offer["params"]["executed"]] == [app]
    again = replacement.accept(offer)
    assert again.execute("set", "a=1", wait=True)["app"] == "set"
    assert again.do("get", names=["current_application"])["variables"] == {"current_application": "set"}


def test_data_of_a_hand_over_survives_the_loss_of_the_worker_that_received_it(callswitch):
    rig = callswitch([ivr_xml(**PATIENT), service_xml("queue", **PATIENT)])
    first, second = rig.worker(), rig.worker("queue")
    call = rig.dial()
    offer = first.offer()
    assert "why" not in offer["params"] and offer["params"]["resumed"] is False
    first.accept(offer).do("hand-over", service="queue", data=[1, {"basket": 7}])
    offer = second.offer()
    assert (offer["params"]["why"], offer["params"]["data"]) == ("handed-over", [1, {"basket": 7}])
    second.accept(offer).do("get")
    third = rig.worker("queue")
    second.socket.close()
    offer = third.offer()
    assert (offer["params"]["call"], offer["params"]["why"], offer["params"]["data"]) == (
        call, "lost", [1, {"basket": 7}])
    third.accept(offer).do("hand-over", service="ivr")
    offer = first.offer()
    assert offer["params"]["why"] == "handed-over" and "data" not in offer["params"]


def test_a_worker_that_only_answers_pings_keeps_its_calls(callswitch):
    rig = callswitch([ivr_xml(**{**PATIENT, **QUICK})])
    worker = rig.worker()
    rig.dial()
    controlled = worker.accept()
    for _ in range(5):
        ping = worker.receive_ping()
        worker._send({"id": ping["id"], "error": {"code": 1, "message": "as good as any reply"}})
    controlled.do("release")
    assert controlled.end()["reason"] == "released"


def test_a_late_command_is_refused_while_the_call_is_offered_again(callswitch):
    """No worker controls it then, and the one that lost it may not command it."""
    rig = callswitch([ivr_xml(**PATIENT)])
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    replacement = rig.worker()
    controlled.do("hand-over", service="ivr")
    assert controlled.end()["reason"] == "handed-over"
    first = first_of(worker, replacement)
    assert controlled.ask("hangup")["error"]["code"] == NOBODY
    assert rig.api("uuid_exists", call) == "true"
    taken = first.accept()
    assert taken.call == call
    taken.do("release")
    assert taken.end()["reason"] == "released"

