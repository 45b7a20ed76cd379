# SPDX-License-Identifier: MPL-2.0
"""originate in the simulated switch: arguments as FreeSWITCH reads them, identities, callees that ring and hang up."""

import time
import uuid

import pytest

from callrig import LONG
from conftest import wait_until


@pytest.mark.parametrize("line,args", [
    ("loopback/1000 '&zmq(ivr lang=de tier=gold)'", ["lang=de", "tier=gold"]),
    ("loopback/1000 &zmq(ivr lang=de)", []),
    ("loopback/1000 &'zmq(ivr lang=de)'", ["lang=de"]),
    ("{a='b c'}loopback/1000 '&zmq(ivr x)'", ["x"]),
    ("loopback/1000 '&zmq(ivr a)b)' XML default", ["a"]),
    ("  loopback/1000   '&zmq(ivr it\\'s)'  ", ["it's"]),
])
def test_arguments_are_separated_as_in_freeswitch(callswitch, line, args):
    rig = callswitch()
    worker = rig.worker()
    assert rig.api("originate", line).startswith("+OK ")
    offer = worker.offer()
    assert (offer["params"]["service"], offer["params"]["args"]) == ("ivr", args)
    if "{a=" in line:
        assert offer["params"]["channel"]["variable_a"] == "b c"


@pytest.mark.parametrize("line", ["", "loopback/1000", "'loopback/1000 &park'", "loopback/1000 &park 3 4 5 6 7 8"])
def test_too_few_and_too_many_arguments_get_the_usage(callswitch, line):
    assert callswitch().api("originate", line).startswith("-USAGE: ")


def test_a_call_has_the_requested_uuid(callswitch):
    rig = callswitch()
    mine = str(uuid.uuid4())
    assert rig.api("originate", f"{{origination_uuid={mine}}}loopback/1000 &park") == f"+OK {mine}\n"
    assert rig.event("CHANNEL_CREATE", mine)["Channel-Call-UUID"] == mine
    assert rig.api("originate", f"{{origination_uuid={mine}}}loopback/1000 &park").startswith("-ERR")
    assert rig.api("originate", "{origination_uuid=mine}loopback/1000 &park").startswith("-ERR")
    assert rig.api("uuid_exists", mine) == "true"
    rig.kill(mine)
    wait_until(lambda: rig.api("uuid_exists", mine) == "false", "the call to be gone")
    worker = rig.worker()
    other = str(uuid.uuid4())
    rig.api("originate", f"{{origination_uuid={other}}}loopback/1000 '&zmq(ivr)'")
    assert worker.offer()["params"]["call"] == other
    assert rig.control.result("call.originate", endpoint="loopback/1000", then={"app": "park"}, wait=True,
                              variables={"origination_uuid": mine})["call"] == mine


def test_a_callee_rings_answers_and_hangs_up(callswitch):
    rig = callswitch()
    begun = time.time() * 1e6  # an event may be late on a busy machine, and the next one on time
    call = rig.api("originate", "{sim_ring_ms=300,sim_hangup_ms=200}loopback/1001 &park")[4:40]
    assert rig.control.result("call.get", call=call)["variables"]
    answered = int(rig.event("CHANNEL_ANSWER", call)["Event-Date-Timestamp"])
    ended = rig.event("CHANNEL_HANGUP_COMPLETE", call)
    assert answered - begun >= 290_000
    assert int(ended["Event-Date-Timestamp"]) - begun >= 490_000
    assert ended["Hangup-Cause"] == "NORMAL_CLEARING"


@pytest.fixture
def controlled(callswitch):
    rig = callswitch()
    worker = rig.worker()
    rig.dial(sim_then="park")
    call = worker.accept()
    call.rig = rig
    return call


def test_a_bridge_waits_for_the_callee_and_ends_with_it(controlled):
    result = controlled.execute("bridge", "{sim_ring_ms=200,sim_hangup_ms=200}loopback/1001", wait=True,
                                names=["originate_disposition"])
    assert result["variables"] == {"originate_disposition": "SUCCESS"} and "ended" not in result
    other = controlled.rig.event("CHANNEL_BRIDGE", controlled.call)["Other-Leg-Unique-ID"]
    assert controlled.rig.event("CHANNEL_ANSWER", other) and controlled.rig.event("CHANNEL_UNBRIDGE", controlled.call)
    assert controlled.execute("set", "a=1", wait=True)["app"] == "set"


def test_a_callee_that_hangs_up_while_it_rings_rejects_the_bridge(controlled):
    controlled.do("set", variables={"continue_on_fail": "true"})
    number = controlled.peer.send("call.execute", call=controlled.call, app="bridge", wait=True,
                                  names=["originate_disposition"],
                                  arg="{origination_caller_id_name=x,sim_ring_ms=600000}loopback/1001")
    rows = []

    def ringing():
        lines = controlled.rig.api("show", "channels").splitlines()
        rows[:] = [line.split(",")[0] for line in lines if line[8:9] == "-"]
        return len(rows) == 2

    wait_until(ringing, "the second channel")
    controlled.rig.kill(next(row for row in rows if row != controlled.call))
    assert controlled.peer.wait(number)["result"]["variables"] == {"originate_disposition": "CALL_REJECTED"}


def test_a_caller_that_hangs_up_cancels_the_ringing_call(controlled):
    number = controlled.peer.send("call.execute", call=controlled.call, app="bridge", wait=True,
                                  arg="{sim_ring_ms=600000}loopback/1001")
    wait_until(lambda: controlled.rig.api("show", "channels count").strip() == "2 total.", "the second channel")
    controlled.rig.kill(controlled.call)
    assert controlled.peer.wait(number)["result"]["ended"] == "hangup"
    wait_until(controlled.rig.empty, "both calls to end")


@pytest.mark.parametrize("variables", [{"park_after_bridge": "true", "hangup_after_bridge": "true"}, {}])
def test_the_call_stays_with_its_worker_after_a_bridge(controlled, variables):
    if variables:
        controlled.do("set", variables=variables)
    assert "ended" not in controlled.execute("bridge", "{sim_hangup_ms=50}loopback/1001", wait=True)
    controlled.execute("playback", LONG)
    controlled.rig.await_application("playback", controlled.call)
    controlled.do("break")
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
