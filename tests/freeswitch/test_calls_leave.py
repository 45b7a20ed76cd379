# SPDX-License-Identifier: MPL-2.0
"""Variables that say what follows a bridge: which of them take a controlled call away from its worker."""

import pytest

from switch import wait_until


@pytest.fixture
def controlled(call_service, workers, phones):
    call_service()
    worker = workers()
    phone = phones().call("answer-zmq-ivr")
    call = worker.take()
    call.phone = phone
    return call


def bridge_ends(call, **variables):
    """Sets variables, bridges the call to one that hangs up, and returns the reply to that bridge."""
    if variables:
        call.do("set", variables=variables)
    return call.execute("bridge", "loopback/short/default", wait=True)


@pytest.mark.parametrize("variables", [{"park_after_bridge": "true"},
                                       {"park_after_bridge": "true", "hangup_after_bridge": "true"},
                                       {}], ids=["park", "park and hangup", "nothing"])
def test_the_call_stays_with_its_worker_after_a_bridge(controlled, variables):
    assert "ended" not in bridge_ends(controlled, **variables) or "park_after_bridge" in variables
    for value in "12":
        assert controlled.execute("set", f"a={value}", wait=True)["app"] == "set"
        assert controlled.get("a") == value
    assert controlled.execute("playback", "tone_stream://%(50,0,440)", wait=True)["response"] == "FILE PLAYED"
    assert bridge_ends(controlled)["app"] == "bridge"  # and once more
    controlled.do("release")
    assert controlled.end()["reason"] == "released"


def test_exec_after_bridge_replaces_the_actions_after_zmq(controlled, endings):
    ended = endings()
    assert "ended" not in bridge_ends(controlled, exec_after_bridge_app="set", exec_after_bridge_arg="after=1")
    assert controlled.execute("set", "a=1", wait=True)["app"] == "set" and controlled.get("after") is None
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    ending = ended.of(controlled.call)
    assert ending["variable_after"] == "1" and "variable_went_on" not in ending


def test_hangup_after_bridge_ends_the_call(controlled):
    assert bridge_ends(controlled, hangup_after_bridge="true")["ended"] == "hangup"
    assert controlled.end()["reason"] == "hangup"


def test_transfer_after_bridge_takes_the_call_away(switch, controlled):
    assert bridge_ends(controlled, transfer_after_bridge="hold")["ended"] == "transferred"
    assert controlled.end()["reason"] == "transferred"
    wait_until(lambda: switch.api(f"uuid_getvar {controlled.call} current_application").strip() == "park",
               "the new place")


def test_a_bridge_that_media_bypasses_takes_the_call_away(controlled, phones):
    callee = phones()
    controlled.do("set", variables={"bypass_media": "true"})
    number = controlled.worker.send("call.execute", call=controlled.call, app="bridge", wait=True,
                              arg=f"sofia/loopback/callee@127.0.0.1:{callee.port}")
    assert controlled.end()["reason"] == "bridged"
    assert controlled.worker.wait(number)["ended"] == "bridged"


def test_a_park_by_a_command_of_the_switch_takes_the_call_away(switch, controlled):
    assert switch.api(f"uuid_park {controlled.call}").startswith("+OK")
    assert controlled.end()["reason"] == "transferred"
