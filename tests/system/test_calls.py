# SPDX-License-Identifier: MPL-2.0
"""Calls from the dialplan, with the simulated switch: offers, control, and how a call ends (docs/protocol/calls.md).

test_calls_lost.py has calls whose worker is lost, test_calls_load.py many calls at once."""

import pytest
import zmq

from callrig import EVERYTHING, LONG, PATIENT, STAND_BY, first_of, ivr_xml
from conftest import free_endpoint, group_xml, service_xml, wait_until

NOBODY = -32004


# ---- offers ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("socket_type", [zmq.ROUTER, zmq.REP], ids=["router", "rep"])
def test_an_endpoint_takes_a_call_with_a_list(callswitch, socket_type):
    endpoint = free_endpoint()
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT)])
    worker = rig.bound(endpoint, socket_type)
    call = rig.dial("ivr lang=de tier=gold", sim_digits="42")
    offer = worker.offer()
    assert {**offer["params"], "channel": None} == {"call": call, "service": "ivr", "args": ["lang=de", "tier=gold"],
                                                    "resumed": False, "channel": None}
    channel = offer["params"]["channel"]
    assert channel["Unique-ID"] == call and channel["Answer-State"] == "ringing"
    assert channel["variable_sim_digits"] == "42"
    worker.reply(offer, accept=True, set={"acme_queue": "7", "given": "a b"},
                  execute=[{"app": "answer"}, {"app": "set", "arg": "greeted=${nothing}"},
                           {"app": "playback", "arg": "silence_stream://10"}], then="hangup", cause="USER_BUSY")
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["Hangup-Cause"], end["variable_zmq_result"]) == ("USER_BUSY", "released")
    assert (end["variable_acme_queue"], end["variable_given"]) == ("7", "a b")
    assert end["variable_greeted"] == "${nothing}" and end["variable_zmq_peer"]
    assert rig.event("CHANNEL_ANSWER", call)


@pytest.mark.parametrize("then,cause,result", [
    ({"execute": [{"app": "answer"}]}, "NORMAL_CLEARING", "released"),
    ({"then": "release"}, "NORMAL_CLEARING", "released"),
    ({"then": "hangup"}, "NORMAL_CLEARING", "released"),
    ({"execute": [{"app": "hangup", "arg": "CALL_REJECTED"}, {"app": "answer"}]}, "CALL_REJECTED", "released"),
])
def test_a_call_after_its_list(callswitch, then, cause, result):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    worker.accept(**then)
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["Hangup-Cause"], end["variable_zmq_result"]) == (cause, result)
    assert worker.silent() == []


def test_the_offer_goes_to_the_next_worker_after_a_refusal_or_an_error(callswitch):
    rig = callswitch()
    workers = [rig.worker() for _ in range(3)]
    call = rig.dial()
    for reply in ({"result": {"accept": False, "reason": "lunch"}}, {"error": {"code": 1, "message": "no"}}):
        worker = first_of(*workers)
        worker._send({"id": worker.offer()["id"], **reply})
        workers.remove(worker)  # gets no second offer
    offer = workers[0].offer()
    workers[0].reply({"id": offer["id"] + 1000}, accept=True)  # a reply to no offer is dropped
    workers[0].accept(offer, then="hangup", cause="USER_BUSY")
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)["Hangup-Cause"] == "USER_BUSY"


def test_a_call_that_all_workers_refuse(callswitch):
    rig = callswitch()
    workers = [rig.worker(), rig.worker()]
    call = rig.dial()
    for _ in range(2):
        worker = first_of(*workers)
        worker.reply(worker.offer(), accept=False)
    assert rig.outcome(call) == "refused"


@pytest.mark.parametrize("reply", [
    {}, {"accept": "yes"}, {"accept": True, "execute": {"app": "answer"}}, {"accept": True, "execute": [{"arg": "x"}]},
    {"accept": True, "set": {"a": 1}}, {"accept": True, "then": "sleep"}, {"accept": True, "set": {"a\nb": "c"}},
])
def test_an_invalid_reply_is_a_refusal(callswitch, reply):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    worker.reply(worker.offer(), **reply)
    assert rig.outcome(call) == "refused"


def test_a_worker_may_run_and_set_only_what_it_is_granted(callswitch):
    rights = [(right, "*") for right in ("events", "methods", "api", "services", "send-events", "streams",
                                       "endpoints", "contexts")]
    rig = callswitch(groups=[group_xml("default", *rights, ("applications", "answer"), ("applications", "zmq *"),
                                ("variables", "acme_*"))])
    worker = rig.worker()
    for result in ({"execute": [{"app": "bridge", "arg": "loopback/1001"}]}, {"set": {"sip_from": "x"}}):
        call = rig.dial()
        worker.accept(**result)
        assert rig.outcome(call) == "refused"
    call = rig.dial()
    worker.accept(set={"acme_x": "1"}, execute=[{"app": "answer"}])
    assert rig.outcome(call) == "released"


@pytest.mark.parametrize("line", ["ivr", "nothing", ""])
def test_a_call_without_a_worker_ends_at_once(callswitch, line):
    rig = callswitch()
    assert rig.outcome(rig.dial(line)) == "no-service"


def test_beyond_calls_max_there_is_no_service(callswitch):
    rig = callswitch([ivr_xml(calls_max=2, **PATIENT)])
    worker = rig.worker()
    rig.dial()
    rig.dial()
    calls = [worker.accept() for _ in range(2)]
    assert rig.outcome(rig.dial()) == "no-service"
    calls[0].do("hangup")
    calls[0].end()
    rig.dial()
    worker.accept().do("release")


def test_a_worker_at_its_capacity_gets_no_offer(callswitch):
    rig = callswitch([ivr_xml(lease_ms=STAND_BY, attempt_ms=200, deadline_ms=200)])
    worker = rig.worker(capacity=1)
    rig.dial()
    controlled = worker.accept()
    second = rig.dial()
    assert rig.outcome(second) == "no-service"
    assert worker.silent() == []
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    rig.dial()
    worker.accept().do("release")


def test_silence_is_a_timeout(callswitch):
    rig = callswitch([ivr_xml(lease_ms=STAND_BY, attempt_ms=100, deadline_ms=200)])
    worker = rig.worker()
    call = rig.dial()
    offer = worker.offer()
    assert rig.outcome(call) == "timeout"
    cancel = worker.receive("call.cancel")["params"]
    assert cancel == {"call": call, "lease": offer["id"]}
    worker.reply(offer, accept=True)
    assert worker.code("call.hangup", call=call, lease=offer["id"]) == NOBODY


def test_a_silent_worker_loses_the_offer_to_the_next(callswitch):
    rig = callswitch([ivr_xml(lease_ms=STAND_BY, attempt_ms=200, deadline_ms=STAND_BY)])
    workers = [rig.worker(), rig.worker()]
    call = rig.dial()
    first = first_of(*workers)
    second = next(each for each in workers if each is not first)
    late = first.offer()
    controlled = second.accept()
    assert controlled.call == call
    # The thread of the call sets the variable, perhaps after the worker's first requests.
    wait_until(lambda: controlled.do("get", names=["zmq_result"])["variables"] == {"zmq_result": "accepted"},
               "zmq_result")
    first.reply(late, accept=True)
    assert first.receive("call.cancel")["params"] == {"call": call, "lease": late["id"]}
    assert first.code("call.hangup", call=call) == NOBODY
    assert first.code("call.execute", call=call, app="answer", lease=late["id"]) == NOBODY
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    assert [message["method"] for message in first.silent() if message["method"] != "call.cancel"] == []


def test_a_hangup_during_the_offer_cancels_it(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    offer = worker.offer()
    rig.kill(call, "ORIGINATOR_CANCEL")
    assert worker.receive("call.cancel")["params"] == {"call": call, "lease": offer["id"]}
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)["Hangup-Cause"] == "ORIGINATOR_CANCEL"
    worker.reply(offer, accept=True)
    assert worker.code("call.execute", call=call, app="answer") == NOBODY


# ---- control ---------------------------------------------------------------------------------------------

def test_a_controller_commands_its_call(callswitch):
    rig = callswitch()
    worker = rig.worker()
    rig.dial(sim_digits="4711")
    controlled = worker.accept()
    controlled.execute("answer")
    controlled.execute("play_and_get_digits", "1 4 1 5000 # silence_stream://10 silence_stream://10 pin ^\\d+$",
                       wait=True)
    assert controlled.do("get", names=["pin"])["variables"] == {"pin": "4711"}
    controlled.do("set", variables={"acme": "1", "pin": None})
    assert controlled.do("get", names=["pin", "acme"])["variables"] == {"pin": None, "acme": "1"}
    controlled.do("hangup", cause="USER_BUSY")
    end = controlled.end()
    assert (end["reason"], end["cause"]) == ("hangup", "USER_BUSY")
    assert worker.receive("call.event")["params"]["event"]["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"


def test_break_stops_the_application_and_an_urgent_one_runs_first(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    controlled.execute("playback", LONG)
    rig.await_application("playback", call)
    controlled.execute("set", "order=queued")
    controlled.execute("set", "order=urgent", urgent=True)
    controlled.do("break")
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["variable_order"], end["variable_zmq_result"]) == ("queued", "released")


def test_queued_applications_run_after_a_release(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial(sim_then="park")
    controlled = worker.accept()
    controlled.execute("playback", "silence_stream://100")
    controlled.execute("set", "last=1")
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    assert rig.api("uuid_getvar", f"{call} last") == "1"
    assert rig.api("uuid_getvar", f"{call} zmq_result") == "released"
    assert controlled.ask("execute", app="answer", lease=controlled.lease)["error"]["code"] == NOBODY
    rig.kill(call)
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert worker.silent() == []


def test_a_subscribed_worker_gets_events_and_then_one_end(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    controlled.do("subscribe", events=["DTMF", "CHANNEL_EXECUTE*"])
    rig.api("uuid_recv_dtmf", f"{call} 7")
    controlled.execute("playback", LONG)
    notifications = [worker.notification()]
    while notifications[-1][1]["event"]["Event-Name"] != "CHANNEL_EXECUTE":
        notifications.append(worker.notification())
    rig.kill(call, "ORIGINATOR_CANCEL")
    while notifications[-1][0] != "call.end":
        notifications.append(worker.notification())
    names = [params["event"]["Event-Name"] for method, params in notifications[:-1] if method == "call.event"]
    assert len(names) == len(notifications) - 1 and names[0] == "DTMF" and names[-1] == "CHANNEL_HANGUP_COMPLETE"
    assert {"CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"} <= set(names) and "CHANNEL_HANGUP" not in names
    assert all((params["call"], params["lease"]) == (call, controlled.lease) for _, params in notifications)
    assert (notifications[-1][1]["reason"], notifications[-1][1]["cause"]) == ("hangup", "ORIGINATOR_CANCEL")
    last = notifications[-2][1]["event"]
    assert last["variable_zmq_result"] and last["Hangup-Cause"] == "ORIGINATOR_CANCEL"
    assert worker.silent() == []


def test_an_empty_list_of_events_ends_a_subscription(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    controlled.do("subscribe", events=["DTMF"])
    rig.api("uuid_recv_dtmf", f"{call} 1")
    assert worker.notification()[1]["event"]["DTMF-Digit"] == "1"
    controlled.do("subscribe", events=[])
    rig.api("uuid_recv_dtmf", f"{call} 2")
    controlled.do("hangup")
    assert worker.notification()[1]["event"]["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"
    controlled.end()


def test_a_hangup_races_a_release_and_the_call_ends_once(callswitch):
    rig = callswitch()
    worker = rig.worker()
    for _ in range(20):
        call = rig.dial()
        controlled = worker.accept()
        worker._send({"id": "r", "method": "call.release", "params": {"call": call}})
        rig.api("uuid_kill", call)
        assert controlled.end()["reason"] in ("hangup", "released")
        worker._next(lambda message: message.get("id") == "r")
        rig.event("CHANNEL_HANGUP_COMPLETE", call)
        assert [each for each in worker.silent() if each["method"] != "call.event"] == []
        worker.backlog.clear()


def test_a_call_is_handed_over_with_data(callswitch):
    rig = callswitch([service_xml("ivr", **PATIENT), service_xml("queue", **PATIENT)])
    ivr, queue = rig.worker("ivr"), rig.worker("queue")
    call = rig.dial("ivr lang=de")
    controlled = ivr.accept(execute=[{"app": "answer"}], then="control")
    controlled.execute("set", "asked=1", wait=True)
    controlled.do("hand-over", service="queue", data={"topic": ["rent", 3]})
    assert controlled.end()["reason"] == "handed-over"
    taken = queue.accept()
    params = taken.offer["params"]
    assert (params["call"], params["service"], params["resumed"]) == (call, "queue", True)
    assert params["data"] == {"topic": ["rent", 3]} and taken.lease > controlled.lease
    assert [step["app"] for step in params["executed"]] == ["answer", "set"]
    assert taken.do("get", names=["asked"])["variables"] == {"asked": "1"}
    assert controlled.ask("execute", app="answer")["error"]["code"] == NOBODY
    taken.do("release")
    assert taken.end()["reason"] == "released"
    assert ivr.silent() == []


def test_a_bridge_of_two_calls_ends_control_of_both(callswitch):
    rig = callswitch()
    worker = rig.worker()
    calls = [rig.dial(), rig.dial()]
    controlled = [worker.accept() for _ in calls]
    controlled[0].do("bridge", other=controlled[1].call)
    ends = {end["call"]: end["reason"] for end in (worker.end(), worker.end())}
    assert ends == dict.fromkeys(calls, "bridged")
    assert rig.event("CHANNEL_BRIDGE", calls[0])
    rig.kill(calls[0])
    assert rig.event("CHANNEL_HANGUP_COMPLETE", calls[1])
    assert worker.silent() == []


@pytest.mark.parametrize("extension", ["1002", "9999", "zmq-queue x"])
def test_a_transfer_ends_control(callswitch, extension):
    rig = callswitch([service_xml("ivr", **PATIENT), service_xml("queue", **PATIENT)])
    worker, queue = rig.worker(), rig.worker("queue")
    call = rig.dial()
    controlled = worker.accept()
    controlled.do("transfer", extension=extension)
    assert controlled.end()["reason"] == "transferred"
    if extension.startswith("zmq-"):
        assert queue.offer()["params"]["args"] == ["x"]
    rig.api("uuid_kill", call)
    rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert worker.silent() == []


def test_an_endpoint_has_the_grants_of_its_group(callswitch):
    endpoint = free_endpoint()
    groups = [group_xml("default", *EVERYTHING),
              group_xml("few", ("methods", "call.*"), ("applications", "answer"), ("events", "*"))]
    rig = callswitch([ivr_xml(connect=[endpoint], group="few", **PATIENT)], groups=groups)
    worker = rig.bound(endpoint)
    rig.dial()
    controlled = worker.accept()
    controlled.execute("answer")
    assert controlled.ask("execute", app="playback", arg="x")["error"]["code"] == -32001
    assert worker.code("api", command="status") == -32001
    controlled.do("release")
    assert controlled.end()["reason"] == "released"


def test_an_endpoint_in_the_dialplan_gets_the_offer_if_that_is_allowed(callswitch):
    endpoint = free_endpoint()
    closed = callswitch()
    assert closed.outcome(closed.dial(endpoint)) == "no-service"
    rig = callswitch(settings={"literal-service": "ivr"})
    worker = rig.bound(endpoint)
    call = rig.dial(f"{endpoint} lang=de")
    offer = worker.offer()
    assert (offer["params"]["call"], offer["params"]["args"]) == (call, ["lang=de"])
    worker.accept(offer, then="hangup", cause="USER_BUSY")
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)["Hangup-Cause"] == "USER_BUSY"


def test_only_the_controller_commands_its_call(callswitch):
    rig = callswitch()
    worker, other = rig.worker(), rig.client()
    rig.dial()
    controlled = worker.accept()
    assert controlled.ask("hangup", lease=controlled.lease + 1)["error"]["code"] == NOBODY
    assert other.code("call.release", call=controlled.call) == NOBODY
    assert other.code("call.subscribe", call=controlled.call, events=["DTMF"]) == NOBODY
    assert other.code("call.hand-over", call=controlled.call, service="ivr") == NOBODY
    controlled.do("release", lease=controlled.lease)
    assert controlled.end()["reason"] == "released"
    wait_until(rig.empty, "no channel")
