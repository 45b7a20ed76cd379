# SPDX-License-Identifier: MPL-2.0
"""call.execute with `wait`: the reply shows whether an application ran, was cut short or never ran."""

import pytest

from callrig import LONG, STAND_BY, ivr_xml

NOBODY, REFUSED = -32004, -32005


def until_queued(peer, call):
    """Requests for one call run in the order in which they arrive: after this one, the switch has the others."""
    peer.result("call.get", call=call)


@pytest.fixture
def controlled(callswitch):
    """A controlled call that runs an endless application, with another application queued after it. `runs` and `queued`
    are the ids of both requests."""
    rig = callswitch()
    worker = rig.worker()
    rig.dial(sim_then="park")
    call = worker.accept()
    call.do("subscribe", events=["CHANNEL_EXECUTE"])
    call.rig = rig
    call.runs = worker.send("call.execute", call=call.call, app="playback", arg=LONG, lock=True, wait=True, loops=3)
    call.queued = worker.send("call.execute", call=call.call, app="set", arg="a=1", wait=True, lock=True)
    worker.receive("call.event")
    until_queued(worker, call.call)
    return call


def both_end(call, how, peer=None):
    peer = peer or call.peer
    result = peer.wait(call.runs)["result"]
    assert (result["app"], result["ended"]) == ("playback", how), result
    error = peer.wait(call.queued)["error"]
    assert (error["code"], error["data"]) == (NOBODY, {"ended": how}), error
    assert "did not run" in error["message"]


def test_hangup_stops_the_application_and_cancels_the_queued_one(controlled):
    controlled.rig.kill(controlled.call)
    both_end(controlled, "hangup")
    assert controlled.end()["reason"] == "hangup"


def test_transfer_stops_the_application_and_cancels_the_queued_one(controlled):
    controlled.do("transfer", extension="1000")
    both_end(controlled, "transferred")
    assert controlled.end()["reason"] == "transferred"


def test_bridge_stops_the_application_and_cancels_the_queued_one(controlled):
    controlled.do("bridge", other=controlled.rig.api("originate", "loopback/1000 &park()")[4:40])
    both_end(controlled, "bridged")
    assert controlled.end()["reason"] == "bridged"


def test_break_stops_the_application_and_the_queued_one_runs(controlled):
    controlled.do("break")
    result = controlled.peer.wait(controlled.runs)["result"]
    assert result["ended"] == "stopped"
    result = controlled.peer.wait(controlled.queued)["result"]
    assert result["app"] == "set" and "ended" not in result


def test_an_application_that_ends_by_itself_is_not_cut_short(callswitch):
    rig = callswitch()
    worker = rig.worker()
    rig.dial()
    call = worker.accept()
    for app, arg in (("answer", None), ("set", "a=1"), ("playback", "silence_stream://10"), ("sleep", "10")):
        assert "ended" not in call.execute(app, arg, wait=True)
    assert call.execute("hangup", wait=True)["ended"] == "hangup"


def test_an_unknown_application_is_refused(callswitch):
    rig = callswitch()
    worker = rig.worker()
    rig.dial()
    assert worker.accept().ask("execute", app="no_such_app", wait=True)["error"]["code"] == REFUSED


def test_loss_of_the_worker_ends_the_applications_that_others_wait_for(callswitch):
    rig = callswitch([ivr_xml(on_lost="continue", lease_ms=STAND_BY)])
    worker, operator = rig.worker(), rig.client()
    rig.dial(sim_then="park")
    call = worker.accept()
    call.do("subscribe", events=["CHANNEL_EXECUTE"])
    call.runs = operator.send("call.execute", call=call.call, app="playback", arg=LONG, lock=True, wait=True)
    call.queued = operator.send("call.execute", call=call.call, app="set", arg="a=1", wait=True)
    worker.receive("call.event")
    until_queued(operator, call.call)
    worker.socket.close()
    both_end(call, "lost", operator)


def test_a_call_without_a_worker_reports_both_outcomes_too(callswitch):
    rig = callswitch()
    call = rig.api("originate", "loopback/1000 &park()")[4:40]
    runs = rig.control.send("call.execute", call=call, app="playback", arg=LONG, lock=True, wait=True)
    queued = rig.control.send("call.execute", call=call, app="set", arg="a=1", wait=True)
    rig.await_application("playback", call)
    until_queued(rig.control, call)
    rig.kill(call)
    assert rig.control.wait(runs)["result"]["ended"] == "hangup"
    error = rig.control.wait(queued)["error"]
    assert (error["code"], error["data"]) == (NOBODY, {"ended": "hangup"})


def test_a_leg_that_leaves_the_conversation_is_replaced(controlled):
    """FreeSWITCH's loopback legs do this: their last events name the call that replaces them."""
    controlled.do("set", variables={"loopback_hangup_cause": "bridge", "loopback_bowout_other_uuid": "the-other"})
    controlled.rig.kill(controlled.call)
    both_end(controlled, "replaced")
    end = controlled.end()
    assert (end["reason"], end["by"], end["cause"]) == ("replaced", "the-other", "NORMAL_CLEARING")
