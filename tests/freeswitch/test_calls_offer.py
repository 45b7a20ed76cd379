"""The dialplan's `zmq`: who is offered a call, what comes of it, and where the dialplan goes on."""

import threading

import pytest
import zmq

from switch import PATIENCE_S, free_port, wait_until

DIALPLAN = "NORMAL_UNSPECIFIED"  # how a call ends whose dialplan went on after `zmq`


def went_on(ending):
    """zmq_result as the action after `zmq` saw it; None: there was no such action."""
    return ending.get("variable_went_on")


def test_offer_tells_of_the_call_what_its_events_do(call_service, workers, phones):
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
def test_a_call_is_held_whatever_its_state_and_released_to_the_next_action(call_service, workers, phones, endings,
                                                                           first, state):
    call_service()
    worker, ended, phone = workers(), endings(), phones()
    phone.call(f"{first}zmq-ivr")
    held = worker.take(set={"acme_queue": "7"})
    assert held.params["channel"]["Answer-State"] == state
    held.execute("set", "ours=1", wait=True)  # runs when the call's own thread has done what was answered
    assert held.get("zmq_result") == "accepted" and held.get("acme_queue") == "7" and held.get("zmq_peer")
    held.do("release")
    assert held.end()["reason"] == "released"
    ending = ended.of(held.call)
    assert went_on(ending) == "released" and ending["Hangup-Cause"] == DIALPLAN
    assert phone.final()


def test_call_of_an_originate_is_handed_over_too(switch, call_service, workers, endings):
    call_service()
    worker, ended = workers(), endings()
    answer = switch.api("originate loopback/hold/default '&zmq(ivr campaign=3)'")
    held = worker.take()
    assert answer.startswith("+OK") and held.call == answer.split()[1]
    assert held.params["args"] == ["campaign=3"]
    held.do("hangup", cause="USER_BUSY")
    assert held.end() == {"call": held.call, "lease": held.lease, "reason": "hangup", "cause": "USER_BUSY"}
    assert ended.of(held.call)["Hangup-Cause"] == "USER_BUSY"


def test_execute_list_runs_in_order_and_the_dialplan_goes_on(call_service, workers, phones, endings):
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


def test_application_that_is_not_there_is_left_out(call_service, workers, phones, endings):
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
    """The five lines of an integrator: a REP socket that answers offers."""
    context = zmq.Context()
    socket = context.socket(zmq.REP)
    socket.bind(endpoint)
    for _ in range(count):
        question = socket.recv_json()
        answers.append(question)
        socket.send_json({"jsonrpc": "2.0", "id": question["id"], "result":
                          {"accept": True, "execute": [{"app": "answer"}, {"app": "set", "arg": "who=rep"}]}})
    taken.wait(PATIENCE_S)  # an answer right before the connection ends may be lost with it
    socket.close(0)
    context.term()


def test_five_lines_with_a_rep_socket_are_a_service(call_service, phones, endings):
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
    for question in answers:
        assert went_on(ended.of(question["params"]["call"])) == "released"


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


def test_nobody_there_is_told_at_once(switch, call_service, phones, endings):
    call_service()
    ended, phone = endings(), phones()
    phone.call("zmq-ivr")
    assert phone.final()
    phones().call("zmq-nosuchservice").final()
    assert [went_on(ending) for ending in ended.first(2)] == ["no-service"] * 2


def test_silent_worker_is_a_timeout_and_is_told_that_the_offer_is_void(call_service, workers, phones, endings):
    call_service(deadline_ms=500, attempt_ms=500)
    worker, ended = workers(), endings()
    phones().call("zmq-ivr")
    offer = worker.next_offer()
    assert went_on(ended.of(offer["params"]["call"])) == "timeout"
    cancel = worker.next_told("call.cancel")
    assert cancel == {"call": offer["params"]["call"], "lease": offer["id"]}
    worker.reply(offer["id"], {"accept": True})  # too late: nothing comes of it
    worker.listen(0.2)
    assert not [each for each in worker.notifications if each["method"] != "call.cancel"]


def test_caller_who_hangs_up_while_offered_takes_the_offer_back(switch, call_service, workers, phones, endings):
    call_service()
    worker, ended, phone = workers(), endings(), phones()
    phone.call("zmq-ivr")
    offer = worker.next_offer()
    phone.hangup()
    assert worker.next_told("call.cancel") == {"call": offer["params"]["call"], "lease": offer["id"]}
    ending = ended.of(offer["params"]["call"])
    assert ending["Hangup-Cause"] == "ORIGINATOR_CANCEL" and went_on(ending) is None
    assert phone.final() == "487 INVITE"
    switch.wait_idle()


def test_too_many_calls_are_no_service_at_once(call_service, workers, phones, endings):
    call_service(calls_max=2)
    worker, ended = workers(), endings()
    held = [worker.take() for phone in (phones(), phones()) if phone.call("answer-zmq-ivr")]
    phones().call("zmq-ivr").final()
    assert went_on(ended.first(1)[0]) == "no-service"
    held[0].do("hangup")
    held[0].end()
    phones().call("zmq-ivr")
    worker.take().do("hangup")


def test_zmq_within_zmq_is_refused(call_service, workers, phones, endings):
    call_service()
    worker = workers()
    phones().call("answer-zmq-ivr")
    held = worker.take()
    held.execute("zmq", "ivr again", wait=True)
    assert held.get("zmq_result") == "accepted" and not worker.offers
    held.do("hangup")
    held.end()


def test_zmq_over_a_parked_call_returns_it_to_the_park(switch, call_service, workers):
    call_service()
    worker = workers()
    answer = switch.api("originate loopback/hold/default &park()")
    call = answer.split()[1]
    assert switch.api(f"uuid_broadcast {call} 'zmq::ivr over=park' aleg").startswith("+OK")
    held = worker.take()
    assert held.call == call and held.params["args"] == ["over=park"]
    held.execute("set", "a=1", wait=True)  # a broadcast locks the call's commands; ours run nevertheless
    assert held.get("a") == "1"
    held.do("release")
    assert held.end()["reason"] == "released"
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
    held = worker.take()
    assert held.call == first.call and held.execute("set", "a=1", wait=True)["app"] == "set"
    held.do("release")
    assert held.end()["reason"] == "released"
    assert not callee.has("BYE") and not phone.has("BYE")
    callee.hangup()
    assert phone.final() == "BYE"


@pytest.mark.parametrize("how", ["runs", "queues", "transfers"])
def test_what_an_answer_brings_hands_the_call_over(switch, call_service, workers, how):
    """execute_on_answer, on the spot and queued; api_on_answer, by a command that sends the call to it. Of a
    call that comes: one that `originate` makes is taken on by the application of the originate."""
    call_service()
    worker = workers()
    assert switch.api(f"bgapi originate loopback/picked-up-{how}/default &park()").startswith("+OK")
    held = worker.take()
    assert held.params["args"] == ["on=answer"]
    held.do("hangup")
    assert held.end()["reason"] == "hangup"
