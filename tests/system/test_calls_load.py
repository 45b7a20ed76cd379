# SPDX-License-Identifier: MPL-2.0
"""Many calls, workers that come and go, and a switch that reloads or ends. No call may be lost."""

import collections
import json
import signal

import pytest

from callrig import LONG, PATIENT, ivr_xml
from conftest import PATIENCE_S, free_endpoint, wait_until

FEW = ["answer", "playback=silence_stream://20"]


def outcomes(rig, count, each=lambda seen: None):
    """Counts the zmq_result of the first `count` calls that end; calls `each` with the number so far."""
    seen = collections.Counter()
    while sum(seen.values()) < count:
        event = json.loads(rig.events.recv())
        if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE":
            seen[event.get("variable_zmq_result")] += 1
            each(sum(seen.values()))
    return seen


def pool(rig, count, *what, capacity=1000):
    workers = [rig.process("ivr", capacity, *(what or FEW)) for _ in range(count)]
    for worker in workers:
        worker.saw("reply service.register")
    return workers


def taken_by(rig, worker):
    """A call that the worker controls."""
    call = rig.dial()
    controlled = worker.accept()
    assert controlled.call == call
    return controlled


def test_a_worker_that_unregisters_keeps_its_calls(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    assert worker.result("service.unregister", service="ivr") == {}
    assert rig.outcome(rig.dial()) == "no-service"
    controlled.execute("set", "after=1", wait=True)
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    assert rig.event("CHANNEL_HANGUP_COMPLETE", call)["variable_after"] == "1"
    assert worker.silent() == []


def test_an_offer_in_flight_may_be_accepted_after_its_worker_unregisters(callswitch):
    rig = callswitch()
    worker = rig.worker()
    rig.dial()
    offer = worker.offer()
    assert worker.result("service.unregister", service="ivr") == {}
    controlled = worker.accept(offer)
    controlled.do("release")
    assert controlled.end()["reason"] == "released"


def test_a_pool_that_grows_and_shrinks_loses_no_call(callswitch):
    """Workers register, take calls, finish them and end, while calls arrive."""
    rig = callswitch([ivr_xml(**PATIENT)], rate=0)
    workers = pool(rig, 2)
    left, count = [], 300

    def turn(ended):
        if ended % 50 == 0 and ended < count:
            workers.extend(pool(rig, 1))
            left.append(workers.pop(0))
            left[-1].process.stdin.close()
        if ended + 10 <= count:
            rig.dial()

    for _ in range(10):
        rig.dial()
    assert outcomes(rig, count, turn) == {"released": count}
    assert [worker.process.wait(PATIENCE_S) for worker in left] == [0] * len(left) and len(left) == 5
    everybody = [*workers, *left]
    for worker in workers:
        assert worker.end() == 0
    offers = [offer["lease"] for worker in everybody for offer in worker.all("call.offer")]
    ends = [end["lease"] for worker in everybody for end in worker.all("call.end")]
    assert sorted(offers) == sorted(ends) and len(offers) == count
    assert {end["reason"] for worker in everybody for end in worker.all("call.end")} == {"released"}
    wait_until(rig.empty, "no channel")


def test_a_pool_whose_workers_are_killed_loses_no_call(callswitch):
    rig = callswitch([ivr_xml(**PATIENT)], rate=0)
    workers = pool(rig, 3)
    count = 150

    def turn(ended):
        if ended % 30 == 0 and ended < count:
            workers.extend(pool(rig, 1))
            workers.pop(0).signal(signal.SIGKILL)
        if ended + 15 <= count:
            rig.dial()

    for _ in range(15):
        rig.dial()
    assert outcomes(rig, count, turn) == {"released": count}
    wait_until(rig.empty, "no channel")


def test_simulated_callers_load_a_service(callswitch):
    rig = callswitch([ivr_xml(**PATIENT)], rate=100, args=[
        "--calls-to-service", "ivr lang=de", "--digits", "42#", "--hangup-after", 600000])
    worker, = pool(rig, 1, "answer", "play_and_get_digits=1 9 1 5000 # silence_stream://1 silence_stream://1 got",
                   capacity=10000)
    seen = []
    while len(seen) < 50:
        event = json.loads(rig.events.recv())
        if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE" and event["variable_zmq_result"] == "released":
            seen.append(event.get("variable_got"))
    assert set(seen) == {"42"}
    assert worker.all("call.offer")


def test_a_share_of_the_calls_goes_to_a_service(callswitch):
    rig = callswitch([ivr_xml(**PATIENT)], rate=50, args=["--calls-to-service", "ivr", "--service-percent", 50])
    pool(rig, 1)
    served = set()
    while served != {True, False}:
        event = json.loads(rig.events.recv())
        if event["Event-Name"] == "CHANNEL_HANGUP_COMPLETE":
            served.add("variable_zmq_result" in event)


def test_a_reload_that_keeps_the_service_keeps_its_calls(callswitch):
    endpoint = free_endpoint()
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT)])
    controlled = [taken_by(rig, rig.bound(endpoint)), taken_by(rig, rig.worker())]
    rig.daemon.reload(rig.config)
    rig.daemon.wait_log("configuration reloaded")
    for each in controlled:
        each.execute("set", "after=1", wait=True)
        each.do("release")
        assert each.end()["reason"] == "released"


def test_a_reload_that_removes_the_service_ends_control_of_its_calls(callswitch):
    rig = callswitch()
    worker = rig.worker()
    call = rig.dial()
    controlled = worker.accept()
    controlled.execute("playback", LONG)
    rig.daemon.reload(rig.config.replace('<service name="ivr">', '<service name="other">'))
    rig.daemon.wait_log("configuration reloaded")
    assert controlled.end()["reason"] in ("closed", "lost")
    assert rig.outcome(call) == "lost"
    assert controlled.ask("hangup")["error"]["code"] == -32004


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_switch_that_ends_notifies_the_controllers(callswitch, number):
    rig = callswitch()
    worker = rig.worker()
    calls = {rig.dial() for _ in range(3)}
    controlled = [worker.accept() for _ in calls]
    controlled[0].execute("playback", LONG)
    offered = rig.dial()
    worker.offer()
    assert rig.daemon.stop(number) == 0
    counts = collections.Counter()
    while sum(counts.values()) < 4:
        method, params = worker.notification()
        counts[method, params.get("reason")] += 1
        assert params["call"] in calls | {offered}
    assert counts[("call.end", "closed")] == 3 and counts[("call.cancel", None)] == 1


def test_an_endpoint_and_a_client_share_the_calls(callswitch):
    endpoint = free_endpoint()
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT)])
    router = rig.bound(endpoint)
    first = taken_by(rig, router)
    dealer = rig.worker()
    second = taken_by(rig, dealer)  # it has no call yet, and the other one has
    for controlled in (first, second):
        controlled.do("hangup", cause="USER_BUSY")
        assert controlled.end()["cause"] == "USER_BUSY"
