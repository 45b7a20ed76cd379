"""Calls out of the dialplan, against fszmqd's simulated switch: offers, control, and how a call ends.

docs/protocol/calls.md. What becomes of calls whose worker is lost: test_calls_lost.py; many at once:
test_calls_load.py."""

import pytest
import zmq

from callrig import EVERYTHING, LONG, PATIENT, STAND_BY, first_of, ivr_xml
from conftest import free_endpoint, group_xml, service_xml, wait_until

NOBODY = -32004


# ---- who is asked, and how -------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [zmq.ROUTER, zmq.REP], ids=["router", "rep"])
def test_an_endpoint_that_is_connected_to_takes_a_call_with_a_list(callswitch, kind):
    endpoint = free_endpoint()
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT)])
    worker = rig.bound(endpoint, kind)
    call = rig.dial("ivr lang=de tier=gold", sim_digits="42")
    offer = worker.offer()
    assert {**offer["params"], "channel": None} == {"call": call, "service": "ivr", "args": ["lang=de", "tier=gold"],
                                                    "resumed": False, "channel": None}
    channel = offer["params"]["channel"]
    assert channel["Unique-ID"] == call and channel["Answer-State"] == "ringing"
    assert channel["variable_sim_digits"] == "42"
    worker.answer(offer, accept=True, set={"acme_queue": "7", "given": "a b"},
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
def test_what_comes_after_a_list(callswitch, then, cause, result):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    worker.accept(**then)
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["Hangup-Cause"], end["variable_zmq_result"]) == (cause, result)
    assert worker.silent() == []


def test_who_refuses_or_fails_is_passed_over(callswitch):
    rig = callswitch()
    workers = [rig.worker() for _ in range(3)]
    call = rig.dial()
    for answer in ({"result": {"accept": False, "reason": "lunch"}}, {"error": {"code": 1, "message": "no"}}):
        worker = first_of(*workers)
        worker._send({"id": worker.offer()["id"], **answer})
        workers.remove(worker)  # is not asked again
    offer = workers[0].offer()
    workers[0].answer({"id": offer["id"] + 1000}, accept=True)  # of no offer: drops it
    workers[0].accept(offer, then="hangup", cause="USER_BUSY")
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)["Hangup-Cause"] == "USER_BUSY"


def test_everybody_refuses(callswitch):
    rig = callswitch()
    workers = [rig.worker(), rig.worker()]
    call = rig.dial()
    for _ in range(2):
        worker = first_of(*workers)
        worker.answer(worker.offer(), accept=False)
    assert rig.outcome(call) == "refused"


@pytest.mark.parametrize("answer", [
    {}, {"accept": "yes"}, {"accept": True, "execute": {"app": "answer"}}, {"accept": True, "execute": [{"arg": "x"}]},
    {"accept": True, "set": {"a": 1}}, {"accept": True, "then": "sleep"}, {"accept": True, "set": {"a\nb": "c"}},
])
def test_an_answer_that_is_none_is_a_refusal(callswitch, answer):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    worker.answer(worker.offer(), **answer)
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
def test_nobody_to_ask_is_told_at_once(callswitch, line):
    rig = callswitch()
    assert rig.outcome(rig.dial(line)) == "no-service"


def test_beyond_calls_max_there_is_no_service(callswitch):
    rig = callswitch([ivr_xml(calls_max=2, **PATIENT)])
    worker = rig.worker()
    held = [rig.dial(), rig.dial()]
    calls = [worker.accept() for _ in held]
    assert rig.outcome(rig.dial()) == "no-service"
    calls[0].do("hangup")
    calls[0].end()
    rig.dial()
    worker.accept().do("release")


def test_a_worker_at_its_capacity_is_not_asked(callswitch):
    rig = callswitch([ivr_xml(lease_ms=STAND_BY, attempt_ms=200, deadline_ms=200)])
    worker = rig.worker(capacity=1)
    rig.dial()
    held = worker.accept()
    second = rig.dial()
    assert rig.outcome(second) == "no-service"
    assert worker.silent() == []
    held.do("release")
    assert held.end()["reason"] == "released"
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
    worker.answer(offer, accept=True)
    assert worker.code("call.hangup", call=call, lease=offer["id"]) == NOBODY


def test_the_first_is_silent_and_the_second_has_the_call(callswitch):
    rig = callswitch([ivr_xml(lease_ms=STAND_BY, attempt_ms=200, deadline_ms=STAND_BY)])
    workers = [rig.worker(), rig.worker()]
    call = rig.dial()
    first = first_of(*workers)
    second = next(each for each in workers if each is not first)
    late = first.offer()
    held = second.accept()
    assert held.call == call
    # The call's own thread sets it when it has the answer, which is not before the worker is answered.
    wait_until(lambda: held.do("get", names=["zmq_result"])["variables"] == {"zmq_result": "accepted"}, "zmq_result")
    first.answer(late, accept=True)
    assert first.receive("call.cancel")["params"] == {"call": call, "lease": late["id"]}
    assert first.code("call.hangup", call=call) == NOBODY
    assert first.code("call.execute", call=call, app="answer", lease=late["id"]) == NOBODY
    held.do("release")
    assert held.end()["reason"] == "released"
    assert [message["method"] for message in first.silent() if message["method"] != "call.cancel"] == []


def test_a_hangup_during_the_offer_cancels_it(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    offer = worker.offer()
    rig.kill(call, "ORIGINATOR_CANCEL")
    assert worker.receive("call.cancel")["params"] == {"call": call, "lease": offer["id"]}
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)["Hangup-Cause"] == "ORIGINATOR_CANCEL"
    worker.answer(offer, accept=True)
    assert worker.code("call.execute", call=call, app="answer") == NOBODY


# ---- under control ---------------------------------------------------------------------------------------

def test_a_holder_does_with_the_call_what_it_wants(callswitch):
    rig = callswitch()
    worker = rig.worker()
    rig.dial(sim_digits="4711")
    held = worker.accept()
    held.execute("answer")
    held.execute("play_and_get_digits", "1 4 1 5000 # silence_stream://10 silence_stream://10 pin ^\\d+$", wait=True)
    assert held.do("get", names=["pin"])["variables"] == {"pin": "4711"}
    held.do("set", variables={"acme": "1", "pin": None})
    assert held.do("get", names=["pin", "acme"])["variables"] == {"pin": None, "acme": "1"}
    held.do("hangup", cause="USER_BUSY")
    end = held.end()
    assert (end["reason"], end["cause"]) == ("hangup", "USER_BUSY")
    assert worker.receive("call.event")["params"]["event"]["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"


def test_what_runs_is_ended_and_what_is_urgent_goes_first(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    held = worker.accept()
    held.execute("playback", LONG)
    held.execute("set", "order=queued")
    held.execute("set", "order=urgent", urgent=True)
    held.do("break")
    held.do("release")
    assert held.end()["reason"] == "released"
    end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert (end["variable_order"], end["variable_zmq_result"]) == ("queued", "released")


def test_a_release_lets_run_what_is_queued(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial(sim_then="park")
    held = worker.accept()
    held.execute("playback", "silence_stream://100")
    held.execute("set", "last=1")
    held.do("release")
    assert held.end()["reason"] == "released"
    assert rig.api("uuid_getvar", f"{call} last") == "1"
    assert rig.api("uuid_getvar", f"{call} zmq_result") == "released"
    assert held.ask("execute", app="answer", lease=held.lease)["error"]["code"] == NOBODY
    rig.kill(call)
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert worker.silent() == []


def test_events_come_to_who_subscribed_and_the_end_is_last_and_once(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    held = worker.accept()
    held.do("subscribe", events=["DTMF", "CHANNEL_EXECUTE*"])
    rig.api("uuid_recv_dtmf", f"{call} 7")
    held.execute("playback", LONG)
    told = [worker.told()]
    while told[-1][1]["event"]["Event-Name"] != "CHANNEL_EXECUTE":
        told.append(worker.told())
    rig.kill(call, "ORIGINATOR_CANCEL")
    while told[-1][0] != "call.end":
        told.append(worker.told())
    names = [params["event"]["Event-Name"] for method, params in told[:-1] if method == "call.event"]
    assert len(names) == len(told) - 1 and names[0] == "DTMF" and names[-1] == "CHANNEL_HANGUP_COMPLETE"
    assert {"CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"} <= set(names) and "CHANNEL_HANGUP" not in names
    assert all((params["call"], params["lease"]) == (call, held.lease) for _, params in told)
    assert (told[-1][1]["reason"], told[-1][1]["cause"]) == ("hangup", "ORIGINATOR_CANCEL")
    last = told[-2][1]["event"]
    assert last["variable_zmq_result"] and last["Hangup-Cause"] == "ORIGINATOR_CANCEL"
    assert worker.silent() == []


def test_no_kinds_ends_a_subscription(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    held = worker.accept()
    held.do("subscribe", events=["DTMF"])
    rig.api("uuid_recv_dtmf", f"{call} 1")
    assert worker.told()[1]["event"]["DTMF-Digit"] == "1"
    held.do("subscribe", events=[])
    rig.api("uuid_recv_dtmf", f"{call} 2")
    held.do("hangup")
    assert worker.told()[1]["event"]["Event-Name"] == "CHANNEL_HANGUP_COMPLETE"
    held.end()


def test_a_hangup_races_a_release_and_the_end_comes_once(callswitch):
    rig = callswitch()
    worker = rig.worker()
    for _ in range(20):
        call = rig.dial()
        held = worker.accept()
        worker._send({"id": "r", "method": "call.release", "params": {"call": call}})
        rig.api("uuid_kill", call)
        assert held.end()["reason"] in ("hangup", "released")
        worker._next(lambda message: message.get("id") == "r")
        rig.event("CHANNEL_HANGUP_COMPLETE", call)
        assert [each for each in worker.silent() if each["method"] != "call.event"] == []
        worker.backlog.clear()


def test_a_call_is_handed_over_with_data(callswitch):
    rig = callswitch([service_xml("ivr", **PATIENT), service_xml("queue", **PATIENT)])
    ivr, queue = rig.worker("ivr"), rig.worker("queue")
    call = rig.dial("ivr lang=de")
    held = ivr.accept(execute=[{"app": "answer"}], then="control")
    held.execute("set", "asked=1", wait=True)
    held.do("hand-over", service="queue", data={"topic": ["rent", 3]})
    assert held.end()["reason"] == "handed-over"
    taken = queue.accept()
    params = taken.offer["params"]
    assert (params["call"], params["service"], params["resumed"]) == (call, "queue", True)
    assert params["data"] == {"topic": ["rent", 3]} and taken.lease > held.lease
    assert [step["app"] for step in params["executed"]] == ["answer", "set"]
    assert taken.do("get", names=["asked"])["variables"] == {"asked": "1"}
    assert held.ask("execute", app="answer")["error"]["code"] == NOBODY
    taken.do("release")
    assert taken.end()["reason"] == "released"
    assert ivr.silent() == []


def test_two_calls_are_bridged_and_both_holds_end(callswitch):
    rig = callswitch()
    worker = rig.worker()
    calls = [rig.dial(), rig.dial()]
    held = [worker.accept() for _ in calls]
    held[0].do("bridge", other=held[1].call)
    ends = {end["call"]: end["reason"] for end in (worker.end(), worker.end())}
    assert ends == dict.fromkeys(calls, "bridged")
    assert rig.event("CHANNEL_BRIDGE", calls[0])
    rig.kill(calls[0])
    assert rig.event("CHANNEL_HANGUP_COMPLETE", calls[1])
    assert worker.silent() == []


@pytest.mark.parametrize("extension", ["1002", "9999", "zmq-queue x"])
def test_a_transferred_call_is_not_held_any_more(callswitch, extension):
    rig = callswitch([service_xml("ivr", **PATIENT), service_xml("queue", **PATIENT)])
    worker, queue = rig.worker(), rig.worker("queue")
    call = rig.dial()
    held = worker.accept()
    held.do("transfer", extension=extension)
    assert held.end()["reason"] == "transferred"
    if extension.startswith("zmq-"):
        assert queue.offer()["params"]["args"] == ["x"]
    rig.api("uuid_kill", call)
    rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert worker.silent() == []


def test_an_endpoint_commands_with_the_grants_of_its_group(callswitch):
    endpoint = free_endpoint()
    groups = [group_xml("default", *EVERYTHING),
              group_xml("few", ("methods", "call.*"), ("applications", "answer"), ("events", "*"))]
    rig = callswitch([ivr_xml(connect=[endpoint], group="few", **PATIENT)], groups=groups)
    worker = rig.bound(endpoint)
    rig.dial()
    held = worker.accept()
    held.execute("answer")
    assert held.ask("execute", app="playback", arg="x")["error"]["code"] == -32001
    assert worker.code("api", command="status") == -32001
    held.do("release")
    assert held.end()["reason"] == "released"


def test_an_endpoint_in_the_dialplan_is_asked_where_that_is_allowed(callswitch):
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


def test_nobody_but_the_holder_commands_a_call_it_was_offered(callswitch):
    rig = callswitch()
    worker, other = rig.worker(), rig.client()
    rig.dial()
    held = worker.accept()
    assert held.ask("hangup", lease=held.lease + 1)["error"]["code"] == NOBODY
    assert other.code("call.release", call=held.call) == NOBODY
    assert other.code("call.subscribe", call=held.call, events=["DTMF"]) == NOBODY
    assert other.code("call.hand-over", call=held.call, service="ivr") == NOBODY
    held.do("release", lease=held.lease)
    assert held.end()["reason"] == "released"
    wait_until(rig.empty, "no channel")
