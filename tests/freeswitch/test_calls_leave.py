"""What takes a controlled call away, or does not: what the call's variables say is to come behind a bridge."""

import pytest

from switch import wait_until


@pytest.fixture
def held(call_service, workers, phones):
    call_service()
    worker = workers()
    phone = phones().call("answer-zmq-ivr")
    call = worker.take()
    call.phone = phone
    return call


def bridge_ends(call, **variables):
    """Sets variables, bridges the call to one that hangs up, and gives the answer of that bridge."""
    if variables:
        call.do("set", variables=variables)
    return call.execute("bridge", "loopback/short/default", wait=True)


@pytest.mark.parametrize("variables", [{"park_after_bridge": "true"},
                                       {"park_after_bridge": "true", "hangup_after_bridge": "true"},
                                       {}], ids=["park", "park and hangup", "nothing"])
def test_the_call_stays_with_its_worker_behind_a_bridge(held, variables):
    assert "ended" not in bridge_ends(held, **variables) or "park_after_bridge" in variables
    for value in "12":
        assert held.execute("set", f"a={value}", wait=True)["app"] == "set"
        assert held.get("a") == value
    assert held.execute("playback", "tone_stream://%(50,0,440)", wait=True)["response"] == "FILE PLAYED"
    assert bridge_ends(held)["app"] == "bridge"  # and once more
    held.do("release")
    assert held.end()["reason"] == "released"


def test_exec_after_bridge_takes_the_place_of_what_is_behind_zmq(held, endings):
    ended = endings()
    assert "ended" not in bridge_ends(held, exec_after_bridge_app="set", exec_after_bridge_arg="after=1")
    assert held.execute("set", "a=1", wait=True)["app"] == "set" and held.get("after") is None
    held.do("release")
    assert held.end()["reason"] == "released"
    ending = ended.of(held.call)
    assert ending["variable_after"] == "1" and "variable_went_on" not in ending


def test_hangup_after_bridge_ends_the_call(held):
    assert bridge_ends(held, hangup_after_bridge="true")["ended"] == "hangup"
    assert held.end()["reason"] == "hangup"


def test_transfer_after_bridge_takes_the_call_away(switch, held):
    assert bridge_ends(held, transfer_after_bridge="hold")["ended"] == "transferred"
    assert held.end()["reason"] == "transferred"
    wait_until(lambda: switch.api(f"uuid_getvar {held.call} current_application").strip() == "park", "the new place")


def test_a_bridge_that_media_bypasses_takes_the_call_away(held, phones):
    callee = phones()
    held.do("set", variables={"bypass_media": "true"})
    number = held.worker.send("call.execute", call=held.call, app="bridge", wait=True,
                              arg=f"sofia/loopback/callee@127.0.0.1:{callee.port}")
    assert held.end()["reason"] == "bridged"
    assert held.worker.wait(number)["ended"] == "bridged"


def test_a_park_by_a_command_of_the_switch_takes_the_call_away(switch, held):
    assert switch.api(f"uuid_park {held.call}").startswith("+OK")
    assert held.end()["reason"] == "transferred"
