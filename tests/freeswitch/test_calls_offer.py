# SPDX-License-Identifier: MPL-2.0
"""The dialplan's `zmq`: which workers are offered a call, the result, and where the dialplan continues."""

import threading

import pytest
import zmq

from switch import PATIENCE_S, free_port, wait_until

DIALPLAN = "NORMAL_UNSPECIFIED"  # how a call ends if its dialplan continues after `zmq`


def went_on(ending):
    """zmq_result in the action after `zmq`; None: that action did not run."""
    return ending.get("variable_went_on")


def test_offer_has_the_data_of_the_call_as_in_events(call_service, workers, phones):
    call_service()
    worker = workers()
    phones().call("zmq-ivr")
    offer = worker.next_offer()["params"]
    assert offer["service"] == "ivr" and offer["args"] == ["lang=de", "tier=gold"] and offer["resumed"] is False
    channel = offer["channel"]
    assert channel["Unique-ID"] == offer["call"] and channel["Caller-Destination-Number"] == "zmq-ivr"
    assert channel["Answer-State"] == "ringing" and channel["variable_sip_from_user"] == "phone"
    assert channel["variable_service"] == "ivr"


@pytest.mark.parametrize("first, state", [("", "ringing"), ("ring_ready-", "ringing"), ("pre_answer-", "early"),
                                          ("answer-", "answered")])
def test_a_call_in_any_state_is_controlled_and_released_to_the_next_action(call_service, workers, phones, endings,
                                                                           first, state):
    call_service()
    worker, ended, phone = workers(), endings(), phones()
    phone.call(f"{first}zmq-ivr")
    controlled = worker.take(set={"acme_queue": "7"})
    assert controlled.params["channel"]["Answer-State"] == state
    controlled.execute("set", "ours=1", wait=True)  # runs after the list of the reply
    assert controlled.get("zmq_result") == "accepted" and controlled.get("acme_queue") == "7"
    assert controlled.get("zmq_peer")
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    ending = ended.of(controlled.call)
    assert went_on(ending) == "released" and ending["Hangup-Cause"] == DIALPLAN
    assert phone.final()


def test_originated_call_is_offered_too(switch, call_service, workers, endings):
    call_service()
    worker, ended = workers(), endings()
    answer = switch.api("originate loopback/hold/default '&zmq(ivr campaign=3)'")
    controlled = worker.take()
    assert answer.startswith("+OK") and controlled.call == answer.split()[1]
    assert controlled.params["args"] == ["campaign=3"]
    controlled.do("hangup", cause="USER_BUSY")
    assert controlled.end() == {"call": controlled.call, "lease": controlled.lease, "reason": "hangup",
                                "cause": "USER_BUSY"}
    assert ended.of(controlled.call)["Hangup-Cause"] == "USER_BUSY"


def test_execute_list_runs_in_order_and_the_dialplan_continues(call_service, workers, phones, endings):
    call_service()
    worker, ended, phone = workers(), endings(), phones()
    phone.call("zmq-ivr")
    steps = [{"app": "answer"}, {"app": "set", "arg": "a=1"}, {"app": "set", "arg": "b=${a}2"}]
    call = worker.next_offer()
    worker.take(call, execute=steps)
    ending = ended.of(call["params"]["call"])
    assert ending["variable_b"] == "12" and ending["variable_zmq_result"] == "released"
    assert went_on(ending) == "released"
    phone.wait("200 INVITE")


def test_unknown_application_is_left_out(call_service, workers, phones, endings):
    call_service()
    worker, ended = workers(), endings()
    phones().call("zmq-ivr")
    call = worker.next_offer()
    worker.take(call, execute=[{"app": "no_such_application"}, {"app": "set", "arg": "a=1"}])
    assert ended.of(call["params"]["call"])["variable_a"] == "1"


def test_then_hangup_ends_the_call_with_its_cause(call_service, workers, phones, endings):
    call_service()
    worker, ended, phone = workers(), endings(), phones()
    phone.call("zmq-ivr")
    call = worker.next_offer()
    worker.take(call, execute=[{"app": "set", "arg": "a=1"}], then="hangup", cause="USER_BUSY")
    ending = ended.of(call["params"]["call"])
    assert ending["Hangup-Cause"] == "USER_BUSY" and went_on(ending) is None
    assert phone.final() == "486 INVITE"


def rep_service(endpoint, count, answers, taken):
    """The shortest service: a REP socket that replies to offers."""
    context = zmq.Context()
    socket = context.socket(zmq.REP)
    socket.bind(endpoint)
    for _ in range(count):
        request = socket.recv_json()
        answers.append(request)
        socket.send_json({"jsonrpc": "2.0", "id": request["id"], "result":
                          {"accept": True, "execute": [{"app": "answer"}, {"app": "set", "arg": "who=rep"}]}})
    taken.wait(PATIENCE_S)  # a reply right before the connection ends could be lost
    socket.close(0)
    context.term()


def test_a_rep_socket_is_a_service(call_service, phones, endings):
    endpoint, answers, taken = f"tcp://127.0.0.1:{free_port()}", [], threading.Event()
    thread = threading.Thread(target=rep_service, args=(endpoint, 3, answers, taken), daemon=True)
    thread.start()
    served = call_service(connect=endpoint)
    wait_until(lambda: served.status()["services"][0]["providers"][0]["state"] == "up", "the provider")
    ended = endings()
    for _ in range(3):
        phone = phones().call("zmq-ivr")
        assert phone.wait("200 INVITE").final() == "BYE"
    taken.set()
    thread.join(PATIENCE_S)
    for request in answers:
        assert went_on(ended.of(request["params"]["call"])) == "released"


def test_refused_call_goes_to_the_next_worker_and_back_when_all_have(call_service, workers, phones, endings):
    call_service()
    pair, ended = [workers(), workers()], endings()
    phones().call("zmq-ivr")
    wait_until(lambda: any(each.socket.poll(10) for each in pair), "the first offer")
    first = next(each for each in pair if each.socket.poll(0))
    second = pair[1 - pair.index(first)]
    call = first.refuse(reason="busy")["params"]["call"]
    assert second.refuse()["params"]["call"] == call
    ending = ended.of(call)
    assert went_on(ending) == "refused" and ending["Hangup-Cause"] == DIALPLAN


def test_missing_worker_is_reported_at_once(switch, call_service, phones, endings):
    call_service()
    ended, phone = endings(), phones()
    phone.call("zmq-ivr")
    assert phone.final()
    phones().call("zmq-nosuchservice").final()
    assert [went_on(ending) for ending in ended.first(2)] == ["no-service"] * 2


def test_silent_worker_is_a_timeout_and_learns_that_the_offer_is_void(call_service, workers, phones, endings):
    call_service(deadline_ms=500, attempt_ms=500)
    worker, ended = workers(), endings()
    phones().call("zmq-ivr")
    offer = worker.next_offer()
    assert went_on(ended.of(offer["params"]["call"])) == "timeout"
    cancel = worker.next_of("call.cancel")
    assert cancel == {"call": offer["params"]["call"], "lease": offer["id"]}
    worker.reply(offer["id"], {"accept": True})  # too late: no effect
    worker.listen(0.2)
    assert not [each for each in worker.notifications if each["method"] != "call.cancel"]


def test_hangup_during_an_offer_withdraws_it(switch, call_service, workers, phones, endings):
    call_service()
    worker, ended, phone = workers(), endings(), phones()
    phone.call("zmq-ivr")
    offer = worker.next_offer()
    phone.hangup()
    assert worker.next_of("call.cancel") == {"call": offer["params"]["call"], "lease": offer["id"]}
    ending = ended.of(offer["params"]["call"])
    assert ending["Hangup-Cause"] == "ORIGINATOR_CANCEL" and went_on(ending) is None
    assert phone.final() == "487 INVITE"
    switch.wait_idle()


def test_too_many_calls_are_no_service_at_once(call_service, workers, phones, endings):
    call_service(calls_max=2)
    worker, ended = workers(), endings()
    controlled = [worker.take() for phone in (phones(), phones()) if phone.call("answer-zmq-ivr")]
    phones().call("zmq-ivr").final()
    assert went_on(ended.first(1)[0]) == "no-service"
    controlled[0].do("hangup")
    controlled[0].end()
    phones().call("zmq-ivr")
    worker.take().do("hangup")


def test_zmq_within_zmq_is_refused(call_service, workers, phones, endings):
    call_service()
    worker = workers()
    phones().call("answer-zmq-ivr")
    controlled = worker.take()
    controlled.execute("zmq", "ivr again", wait=True)
    assert controlled.get("zmq_result") == "accepted" and not worker.offers
    controlled.do("hangup")
    controlled.end()


def test_zmq_over_a_parked_call_returns_it_to_the_park(switch, call_service, workers):
    call_service()
    worker = workers()
    answer = switch.api("originate loopback/hold/default &park()")
    call = answer.split()[1]
    assert switch.api(f"uuid_broadcast {call} 'zmq::ivr over=park' aleg").startswith("+OK")
    controlled = worker.take()
    assert controlled.call == call and controlled.params["args"] == ["over=park"]
    controlled.execute("set", "a=1", wait=True)  # runs although the broadcast locks the call's commands
    assert controlled.get("a") == "1"
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    assert switch.api(f"uuid_getvar {call} zmq_result").strip() == "released"
    assert switch.api(f"uuid_exists {call}").strip() == "true"


def test_zmq_over_a_bridged_call_returns_it_to_the_bridge(switch, call_service, workers, phones):
    call_service()
    worker, callee = workers(), phones()
    phone = phones().call("answer-zmq-ivr")
    first = worker.take()
    first.do("transfer", extension=f"bridge:sofia/loopback/callee@127.0.0.1:{callee.port}", dialplan="inline")
    first.end()
    callee.wait("ACK")
    wait_until(lambda: switch.api(f"uuid_getvar {first.call} bridge_uuid").strip() != "_undef_", "the bridge")
    assert switch.api(f"uuid_broadcast {first.call} 'zmq::ivr over=bridge' aleg").startswith("+OK")
    controlled = worker.take()
    assert controlled.call == first.call and controlled.execute("set", "a=1", wait=True)["app"] == "set"
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    assert not callee.has("BYE") and not phone.has("BYE")
    callee.hangup()
    assert phone.final() == "BYE"


@pytest.mark.parametrize("how", ["runs", "queues", "transfers"])
def test_variables_for_the_answer_can_start_zmq(switch, call_service, workers, how):
    """execute_on_answer, direct and queued; api_on_answer, with a command that sends the call to `zmq`. For incoming
    calls: a call of `originate` continues with the application of the originate."""
    call_service()
    worker = workers()
    assert switch.api(f"bgapi originate loopback/picked-up-{how}/default &park()").startswith("+OK")
    controlled = worker.take()
    assert controlled.params["args"] == ["on=answer"]
    controlled.do("hangup")
    assert controlled.end()["reason"] == "hangup"
