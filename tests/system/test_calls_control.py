"""Who may command a call that a worker controls: the worker, and those with the grant `controlled-calls`."""

import pytest

from callrig import EVERYTHING, PATIENT, ivr_xml
from conftest import group_xml, service_xml

NOT_ALLOWED, NOBODY = -32001, -32004
COMMANDS = [("call.execute", {"app": "set", "arg": "a=1"}), ("call.hangup", {}), ("call.break", {}),
            ("call.set", {"variables": {"a": "1"}}), ("call.transfer", {"extension": "1000"})]


@pytest.fixture
def controlled(callswitch):
    """Factory: controlled(patterns) is a call under control, and a client whose group has those patterns."""

    def start(*patterns):
        rights = [grant for grant in EVERYTHING if grant[0] != "controlled-calls"]
        grants = [*rights, *(("controlled-calls", pattern) for pattern in patterns)]
        rig = callswitch([ivr_xml(**PATIENT), service_xml("other")], groups=[group_xml("default", *grants)])
        worker = rig.worker()
        rig.dial(sim_then="park")
        return rig, worker.accept(), rig.client()

    return start


@pytest.mark.parametrize("patterns", [(), ("other",), ("o*",)])
def test_others_need_the_grant_of_the_service_for_commands(controlled, patterns):
    rig, held, stranger = controlled(*patterns)
    for method, params in COMMANDS:
        for lease in ({}, {"lease": held.lease}):
            error = stranger.ask(method, call=held.call, **params, **lease)["error"]
            assert error["code"] == NOT_ALLOWED, (method, error)
            assert 'controlled-calls "ivr"' in error["message"] and held.call in error["message"]
    assert stranger.result("call.get", call=held.call, names=["a"]) == {"variables": {"a": None}}
    assert stranger.code("call.release", call=held.call) == NOBODY
    assert held.do("set", variables={"a": "2"}) == {}
    assert held.do("get", names=["a"]) == {"variables": {"a": "2"}}


@pytest.mark.parametrize("method,params", COMMANDS, ids=[method for method, _ in COMMANDS])
@pytest.mark.parametrize("pattern", ["ivr", "*"])
def test_others_with_the_grant_command_the_call(controlled, pattern, method, params):
    _, held, operator = controlled(pattern)
    assert "result" in operator.ask(method, call=held.call, **params)


def test_a_call_that_was_given_back_is_anybodys(controlled):
    _, held, stranger = controlled()
    held.do("release")
    assert held.end()["reason"] == "released"
    assert stranger.result("call.set", call=held.call, variables={"a": "1"}) == {}


@pytest.mark.parametrize("first", [True, False], ids=["call", "other"])
def test_a_controlled_call_is_not_bridged_without_the_grant(controlled, first):
    rig, held, stranger = controlled()
    free = rig.api("originate", "loopback/1000 &park()")[4:40]
    call, other = (held.call, free) if first else (free, held.call)
    assert stranger.code("call.bridge", call=call, other=other) == NOT_ALLOWED
    assert held.do("bridge", other=free) == {}
    assert held.end()["reason"] == "bridged"


def test_a_worker_needs_the_grant_for_the_call_of_another_worker(controlled):
    rig, held, _ = controlled()
    second = rig.worker()
    held.peer.result("service.unregister", service="ivr")  # the next call is the other worker's
    rig.dial()
    theirs = second.accept()
    assert held.ask("bridge", other=theirs.call)["error"]["code"] == NOT_ALLOWED
    assert theirs.ask("bridge", other=held.call)["error"]["code"] == NOT_ALLOWED
