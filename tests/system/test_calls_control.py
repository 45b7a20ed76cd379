# SPDX-License-Identifier: MPL-2.0
"""Who may command a call that a worker controls: the worker, and those with the grant `controlled-calls`."""

import pytest

from callrig import EVERYTHING, PATIENT, ivr_xml
from conftest import group_xml, service_xml

NOT_ALLOWED, NOBODY = -32001, -32004
COMMANDS = [("call.execute", {"app": "set", "arg": "a=1"}), ("call.hangup", {}), ("call.break", {}),
            ("call.set", {"variables": {"a": "1"}}), ("call.transfer", {"extension": "1000"})]


@pytest.fixture
def under_control(callswitch):
    """Factory: under_control(patterns) is a switch, a controlled call, and a client with these `controlled-calls`."""

    def start(*patterns):
        rights = [grant for grant in EVERYTHING if grant[0] != "controlled-calls"]
        grants = [*rights, *(("controlled-calls", pattern) for pattern in patterns)]
        rig = callswitch([ivr_xml(**PATIENT), service_xml("other")], groups=[group_xml("default", *grants)])
        worker = rig.worker()
        rig.dial(sim_then="park")
        return rig, worker.accept(), rig.client()

    return start


@pytest.mark.parametrize("patterns", [(), ("other",), ("o*",)])
def test_others_need_the_grant_of_the_service_for_commands(under_control, patterns):
    rig, controlled, stranger = under_control(*patterns)
    for method, params in COMMANDS:
        for lease in ({}, {"lease": controlled.lease}):
            error = stranger.ask(method, call=controlled.call, **params, **lease)["error"]
            assert error["code"] == NOT_ALLOWED, (method, error)
            assert 'controlled-calls "ivr"' in error["message"] and controlled.call in error["message"]
    assert stranger.result("call.get", call=controlled.call, names=["a"]) == {"variables": {"a": None}}
    assert stranger.code("call.release", call=controlled.call) == NOBODY
    assert controlled.do("set", variables={"a": "2"}) == {}
    assert controlled.do("get", names=["a"]) == {"variables": {"a": "2"}}


@pytest.mark.parametrize("method,params", COMMANDS, ids=[method for method, _ in COMMANDS])
@pytest.mark.parametrize("pattern", ["ivr", "*"])
def test_others_with_the_grant_command_the_call(under_control, pattern, method, params):
    _, controlled, operator = under_control(pattern)
    assert "result" in operator.ask(method, call=controlled.call, **params)


def test_anyone_may_command_a_released_call(under_control):
    _, controlled, stranger = under_control()
    controlled.do("release")
    assert controlled.end()["reason"] == "released"
    assert stranger.result("call.set", call=controlled.call, variables={"a": "1"}) == {}


@pytest.mark.parametrize("first", [True, False], ids=["call", "other"])
def test_a_controlled_call_is_not_bridged_without_the_grant(under_control, first):
    rig, controlled, stranger = under_control()
    free = rig.api("originate", "loopback/1000 &park()")[4:40]
    call, other = (controlled.call, free) if first else (free, controlled.call)
    assert stranger.code("call.bridge", call=call, other=other) == NOT_ALLOWED
    assert controlled.do("bridge", other=free) == {}
    assert controlled.end()["reason"] == "bridged"


def test_a_worker_needs_the_grant_for_the_call_of_another_worker(under_control):
    rig, controlled, _ = under_control()
    second = rig.worker()
    controlled.peer.result("service.unregister", service="ivr")  # so that the other worker gets the next call
    rig.dial()
    theirs = second.accept()
    assert controlled.ask("bridge", other=theirs.call)["error"]["code"] == NOT_ALLOWED
    assert theirs.ask("bridge", other=controlled.call)["error"]["code"] == NOT_ALLOWED
