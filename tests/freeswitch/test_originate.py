# SPDX-License-Identifier: MPL-2.0
"""call.originate: variables arrive unchanged, and the call goes only to its target."""

import uuid

import pytest

from apiclient import ApiError
from apifixtures import exists, refused
from switch import config_xml, free_port, stream_xml, wait_until

REFUSED, UNAUTHORIZED = -32005, -32001
# Values that the dial string of the command `originate` would split, drop or expand.
NAMES = ["Shaun O'Neil", "Doe, Jane", 'a"b', "{x} [y] <z>", "a|b:_:c", "^^:a:b", "a=b", "Zoë 電話", "a\\b", "a$b"]
DIALLER = [("methods", "call.originate"), ("methods", "call.get"), ("methods", "job.result"),
           ("endpoints", "loopback/*/default"), ("contexts", "default/hold"), ("variables", "acme_*"),
           ("applications", "park")]


def originate(api, endpoint="loopback/hold/default", **params):
    params.setdefault("then", {"app": "park"})
    return api.call("call.originate", endpoint=endpoint, wait=True, timeout_ms=60000, **params)


@pytest.mark.parametrize("name", NAMES)
def test_variables_arrive_unchanged(api, name):
    result = originate(api, variables={"acme_name": name, "origination_caller_id_name": name})
    assert result["status"] == "ok"
    got = api.call("call.get", call=result["call"], names=["acme_name"])["variables"]
    assert got == {"acme_name": name}
    api.call("call.hangup", call=result["call"])


def is_ringing(api, call):
    dump = api.call("api", command="uuid_dump", arg=call)["output"]
    return "Channel-Call-State: RINGING" in dump


def test_the_client_may_choose_the_calls_uuid_and_hang_up_while_it_rings(api):
    chosen = str(uuid.uuid4())
    number = api.send("call.originate", endpoint="loopback/ring/default", then={"app": "park"}, job=chosen,
                      variables={"origination_uuid": chosen})
    assert api.wait(number) == {"job": chosen}
    wait_until(lambda: is_ringing(api, chosen), "the call to ring")  # before that it would have another cause
    api.call("call.hangup", call=chosen, cause="USER_BUSY")
    notified = api.next_notification()
    assert notified["method"] == "job.done" and notified["params"]["job"] == chosen
    assert notified["params"]["status"] == "error" and notified["params"]["reason"] == "USER_BUSY"
    assert api.call("job.result", job=chosen) == notified["params"]


def test_an_unanswered_call_has_its_cause(api):
    error = refused(api, REFUSED, "call.originate", endpoint="error/USER_BUSY", then={"app": "park"}, wait=True)
    assert error.data == {"reason": "USER_BUSY"}
    error = refused(api, REFUSED, "call.originate", endpoint="loopback/ring/default", then={"app": "park"}, wait=True,
                    ring_s=1)
    assert error.data["reason"] in ("NO_ANSWER", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT")
    error = refused(api, REFUSED, "call.originate", endpoint="loopback/hold/default", wait=True,
                    then={"app": "no_such_app"})
    assert "no_such_app" in error.data["reason"]


def test_an_answered_call_goes_to_the_application_or_the_extension(api):
    call = originate(api, then={"app": "set", "arg": "acme_then=it's there"})["call"]
    wait_until(lambda: not exists(api, call), "its end, after the application")
    call = originate(api, then={"extension": "hold", "dialplan": "XML", "context": "default"})["call"]
    assert exists(api, call)
    names = ["acme_then"]
    assert api.call("call.get", call=call, names=names)["variables"] == {"acme_then": None}
    api.call("call.hangup", call=call)


@pytest.fixture
def dialler(publisher, connect):
    """A client that may make calls through one endpoint, to one extension."""
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    grants = "".join(f'<param name="{right}" value="{pattern}"/>' for right, pattern in DIALLER)
    api_sockets = [f'<api-socket name="default"><param name="bind" value="{endpoint}"/></api-socket>']
    text = config_xml(stream_xml(f"tcp://127.0.0.1:{free_port()}"), api_sockets=api_sockets)
    publisher(xml=text.replace("</configuration>", f'<groups><group name="default">{grants}</group></groups>'
                                                   f"</configuration>"))
    return connect(endpoint)


def test_a_dialler_stays_within_its_grants(dialler):
    result = originate(dialler, variables={"acme_name": "O'Neil"}, then={"extension": "hold"})
    assert result["status"] == "ok"
    refusals = [
        dict(endpoint="loopback/hold/secret"), dict(endpoint="loopback/hold"), dict(endpoint="error/USER_BUSY"),
        dict(endpoint="loopback/hold/default,error/USER_BUSY"), dict(endpoint="loopback/hold/default/inline"),
        dict(endpoint="{other=1}loopback/hold/default"), dict(endpoint="loopback/app=system:true"),
        dict(variables={"sip_route_uri": "sip:127.0.0.1"}), dict(variables={"acme_x": "${system(true)}"}),
        dict(variables={"execute_on_answer": "system true"}), dict(then={"app": "system", "arg": "true"}),
        dict(then={"extension": "hold", "context": "secret"}), dict(then={"extension": "other"}),
        dict(then={"extension": "park", "dialplan": "inline", "context": "x"}, endpoint="loopback/other/default"),
        dict(then={"app": "park", "arg": "${system(true)}"}),
    ]
    for each in refusals:
        with pytest.raises(ApiError) as caught:
            originate(dialler, **each)
        assert caught.value.code == UNAUTHORIZED, (each, caught.value)
