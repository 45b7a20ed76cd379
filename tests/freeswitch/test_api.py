# SPDX-License-Identifier: MPL-2.0
"""The API socket: every method, on calls and on the switch."""

import json
import time
import uuid

import pytest

from apiclient import ApiError
from apifixtures import exists, parked_call, refused
from switch import PATIENCE_S, wait_until

NOT_FOUND, REFUSED, INVALID_PARAMS = -32004, -32005, -32602


def wait_application(api, call, name):
    def current():
        return api.call("call.get", call=call, names=["current_application"])["variables"]["current_application"]

    wait_until(lambda: current() == name or api.answers, f"{name} on the call")
    assert not api.answers, api.answers  # it was refused, or has ended


def wait_gone(api, call):
    wait_until(lambda: not exists(api, call), "the call to end")


def job_event(socket, job):
    """The BACKGROUND_JOB event of that job, from the Event Socket."""
    def found():
        socket.api("echo")  # keeps the events that it reads meanwhile
        return [event for event in map(json.loads, socket.events) if event.get("Job-UUID") == job]

    wait_until(lambda: bool(found()), f"the event of job {job}")
    return found()[0]


def test_hello_identifies_the_switch(switch, api):
    hello = api.call("server.hello")
    assert hello["core_uuid"] == switch.api("global_getvar core_uuid").strip()
    assert hello["hostname"] == switch.api("hostname").strip()
    assert hello["switchname"] == switch.api("switchname").strip()
    assert {"api", "json_api", "event.send", "call.execute"} <= set(hello["methods"])


def test_api_output_is_the_switchs_and_has_a_status(switch, api):
    assert api.call("api", command="echo", arg=" two  words ")["output"].strip() == "two  words"
    assert api.call("api", command="status")["output"].startswith("UP ")
    assert api.call("api", command="uuid_kill", arg="nobody")["status"] == "error"
    assert api.call("api", command="uuid_kill")["status"] == "usage"
    unknown = api.call("api", command="no_such_command")
    assert unknown["status"] == "error" and unknown["reason"] == "no_such_command Command not found!"
    assert api.call("api", command="show", arg="api")["output"] == switch.api("show api")


def test_long_output_is_complete(switch, api):
    text = "x" * 1_000_000
    assert api.call("api", command="echo", arg=text)["output"] == text


def test_programs_started_by_a_command_get_signals(api):
    status = api.call("api", command="system", arg="cat /proc/self/status")["output"]
    masks = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk:")]
    assert masks == ["0" * 16]


def test_background_job_reports_its_end(api):
    job = api.call("bgapi", command="echo", arg="later")["job"]
    done = api.next_notification()
    assert done["method"] == "job.done" and done["params"]["job"] == job
    assert done["params"]["output"] == "later"
    assert api.call("job.result", job=job)["output"] == "later"


def test_background_job_ends_with_the_event_that_event_socket_fires(switch, api):
    """The same headers and body, except for UUIDs and values that differ in every event."""
    socket = switch.connect()
    socket.command("event json BACKGROUND_JOB")
    events = []
    for line in ("echo one two", "status_of_nothing"):
        command, _, arg = line.partition(" ")
        ours = api.call("bgapi", command=command, **({"arg": arg} if arg else {}))["job"]
        theirs = socket.command(f"bgapi {line}").rpartition(" ")[2]
        pair = [job_event(socket, job) for job in (ours, theirs)]
        events.append(pair)
        mine = [{name: value for name, value in event.items() if name.startswith("Job-C") or name == "_body"}
                for event in pair]
        assert mine[0] == mine[1], pair
    socket.close()
    assert events[0][0]["Job-Command-Arg"] == "one two" and events[0][0]["_body"] == "one two"


def test_slow_command_does_not_delay_others(api):
    slow = api.send("api", command="msleep", arg="2000")
    fast = api.send("api", command="echo", arg="x")
    api.wait(slow)
    assert api.order == [1, fast, slow]  # 1: the fixture's ping


def test_json_api_replies_like_the_switch(api):
    assert api.call("json_api", command="status", data={})["systemStatus"] == "ready"
    assert api.call("json_api", command="fsapi", data={"cmd": "echo", "arg": "x"}) == {"message": "x"}
    call = parked_call(api)
    assert call in json.dumps(api.call("json_api", command="channelData", data={"uuid": call}))
    refused(api, REFUSED, "json_api", command="no_such_command", data={})


def test_execute_waits_for_its_own_end_on_one_call(api):
    call = parked_call(api)
    slow = api.send("call.execute", call=call, app="sleep", arg="1500", lock=True, wait=True)
    fast = api.send("call.execute", call=call, app="set", arg="tag=${uuid}", lock=True, wait=True, names=["tag"])
    done = api.wait(fast)
    assert api.order[-2:] == [slow, fast]  # the second waited for the first
    assert done["app"] == "set" and done["variables"] == {"tag": call}
    assert api.wait(slow)["app"] == "sleep"
    assert done["id"] != slow


def test_execute_on_two_calls_at_once_does_not_mix(api):
    calls = [parked_call(api), parked_call(api)]
    slow = api.send("call.execute", call=calls[0], app="sleep", arg="2500", wait=True)
    fast = api.send("call.execute", call=calls[1], app="playback", arg="/no/such/file", wait=True)
    assert api.wait(fast)["response"] == "FILE NOT FOUND"
    assert api.wait(slow)["response"] == "_none_"
    assert api.order[-2:] == [fast, slow]


def test_execute_without_wait_gives_the_id_of_the_event(api, publisher_events):
    call = parked_call(api)
    given = api.call("call.execute", call=call, app="set", arg="a=ARRAY::x|:y", lock=True)
    event = publisher_events(lambda e: e.get("Application-UUID") == given["id"]
                             and e["Event-Name"] == "CHANNEL_EXECUTE_COMPLETE")
    assert event["Application"] == "set" and event["Application-Data"] == "a=ARRAY::x|:y"
    assert event["Unique-ID"] == call


@pytest.fixture
def publisher_events(switch, api_socket, subscriber):
    """Reads the stream until an event meets the condition: publisher_events(condition)."""
    status = json.loads(switch.api("zmq status json"))
    events = subscriber(status["streams"][0]["endpoints"][0]["address"])

    def read(condition):
        while True:
            event = json.loads(events.recv())
            if condition(event):
                return event

    return read


def test_execute_keeps_a_long_argument_complete(api):
    call = parked_call(api)
    text = "y" * 200_000
    api.call("call.execute", call=call, app="set", arg=f"long={text}", wait=True)
    assert api.call("call.get", call=call, names=["long"])["variables"]["long"] == text


def test_execute_unknown_application_is_refused_and_the_call_stays(api):
    call = parked_call(api)
    error = refused(api, REFUSED, "call.execute", call=call, app="no_such_app")
    assert "Invalid Application no_such_app" in error.message
    refused(api, REFUSED, "call.execute", call=call, app="set::a=b")
    refused(api, NOT_FOUND, "call.execute", call=str(uuid.uuid4()), app="sleep", arg="1")
    assert exists(api, call)


def test_execute_full_queue_is_refused(api):
    call = parked_call(api)
    api.call("call.execute", call=call, app="sleep", arg="60000", lock=True)
    wait_application(api, call, "sleep")
    patience_ms = PATIENCE_S * 1000  # long, since a timeout on a busy machine would be another error
    errors = []
    for _ in range(3):  # 300 at once could be more than worker-share allows
        requests = [api.send("call.execute", call=call, app="sleep", arg="1", timeout_ms=patience_ms) for _ in range(100)]
        for each in requests:
            try:
                api.wait(each)
            except ApiError as error:
                errors.append(error)
    assert len(errors) == 300 - 256 and all(error.code == REFUSED for error in errors), set(map(str, errors))
    assert "full" in errors[0].message
    api.call("call.hangup", call=call)
    wait_gone(api, call)


def test_hangup_ends_a_wait(api):
    call = parked_call(api)
    wait = api.send("call.execute", call=call, app="sleep", arg="60000", lock=True, wait=True)
    wait_application(api, call, "sleep")
    behind = api.send("call.execute", call=call, app="sleep", arg="1", lock=True, wait=True)
    assert api.call("call.hangup", call=call, cause="USER_BUSY") == {}
    assert api.wait(wait)["response"] == "_none_"  # it completes when interrupted
    try:
        assert api.wait(behind)["response"] is None  # the switch took it but did not begin it
    except ApiError as error:
        assert error.code == NOT_FOUND  # or the call had already ended


def test_hangup_has_its_cause_and_refuses_an_unknown_one(api, publisher_events):
    call = parked_call(api)
    refused(api, REFUSED, "call.hangup", call=call, cause="NO_SUCH_CAUSE")
    assert exists(api, call)
    api.call("call.hangup", call=call, cause="CALL_REJECTED")
    event = publisher_events(lambda e: e["Event-Name"] == "CHANNEL_HANGUP_COMPLETE" and e["Unique-ID"] == call)
    assert event["Hangup-Cause"] == "CALL_REJECTED"
    wait_gone(api, call)
    refused(api, NOT_FOUND, "call.hangup", call=call)


def test_variables_are_set_and_read(api):
    call = parked_call(api, variables="{tenant=acme}")
    assert api.call("call.set", call=call, variables={"one": "1", "text": "two  words ${uuid}", "tenant": None}) == {}
    got = api.call("call.get", call=call, names=["one", "text", "tenant", "destination_number"])["variables"]
    assert got == {"one": "1", "text": "two  words ${uuid}", "tenant": None, "destination_number": "hold"}
    everything = api.call("call.get", call=call)["variables"]
    assert everything["one"] == "1" and everything["uuid"] == call and "tenant" not in everything
    refused(api, INVALID_PARAMS, "call.set", call=call, variables={"fine": "1", "a\nb": "2"})
    refused(api, INVALID_PARAMS, "call.set", call=call, variables={"array[3]": "x"})
    assert api.call("call.get", call=call, names=["fine"])["variables"] == {"fine": None}
    for method, params in (("call.get", {"names": ["x"]}), ("call.set", {"variables": {"x": "y"}})):
        refused(api, NOT_FOUND, method, call=str(uuid.uuid4()), **params)


def test_transfer_goes_to_the_extension(api, publisher_events):
    call = parked_call(api)
    assert api.call("call.transfer", call=call, extension="short", dialplan="XML", context="default") == {}
    event = publisher_events(lambda e: e["Event-Name"] == "CHANNEL_HANGUP_COMPLETE" and e["Unique-ID"] == call)
    assert event["Caller-Destination-Number"] == "short"
    refused(api, NOT_FOUND, "call.transfer", call=call, extension="short")


def test_transfer_of_both_legs_and_of_the_other_one(api):
    call = parked_call(api)
    refused(api, REFUSED, "call.transfer", call=call, extension="hold", leg="bleg")
    refused(api, REFUSED, "call.transfer", call=call, extension="hold", leg="both")
    for leg in ("bleg", "both"):
        a_leg, b_leg = parked_call(api), parked_call(api)
        assert api.call("api", command="uuid_bridge", arg=f"{a_leg} {b_leg}")["status"] == "ok"
        wait_until(lambda: api.call("call.get", call=a_leg, names=["bridge_to"])["variables"]["bridge_to"] == b_leg,
                   "the bridge")
        assert api.call("call.transfer", call=a_leg, extension="hold", leg=leg) == {}
        wait_application(api, b_leg, "park")


def test_sent_event_reaches_the_switch_and_its_streams(switch, api, publisher_events):
    other = switch.connect()
    assert other.command("event json CUSTOM acme::test").startswith("+OK")
    sent = {"Event-Name": "CUSTOM", "Event-Subclass": "acme::test", "To": "x", "list": ["", "a", "b"],
            "Core-UUID": "forged", "_body": "100 %s %n"}
    assert api.call("event.send", event=sent) == {}
    for event in (json.loads(other.next_event()),
                  publisher_events(lambda e: e.get("Event-Subclass") == "acme::test")):
        assert event["To"] == "x" and event["_body"] == "100 %s %n"
        assert event["Core-UUID"] == api.call("server.hello")["core_uuid"]
        assert event["list"][-2:] == ["a", "b"]
    other.close()


@pytest.mark.parametrize("event", [
    {"Event-Name": "NO_SUCH_EVENT"},
    {"Event-Name": "ALL"},
    {"Event-Name": "CUSTOM"},
    {"Event-Name": "NOTIFY", "Event-Subclass": "a::b"},
    {"Event-Name": "NOTIFY", "array[3]": "x"},
    {"Event-Name": "NOTIFY", "x": "ARRAY::a|:b"},
    {"Event-Name": "NOTIFY", "a\nEvent-Name": "CHANNEL_ANSWER"},
])
def test_event_with_a_special_meaning_for_the_switch_is_refused(api, event):
    with pytest.raises(ApiError) as caught:
        api.call("event.send", event=event)
    assert caught.value.code in (REFUSED, INVALID_PARAMS)


def test_unload_while_a_command_runs_is_bounded_and_the_module_loads_again(switch, api_socket, connect):
    first = connect(api_socket)
    first.call("server.ping")
    first.send("api", command="msleep", arg="3000")
    wait_until(lambda: first.call("server.stats")["api"]["workers"]["busy"] >= 1, "the command to begin")
    begun = time.monotonic()
    assert switch.unload().startswith("+OK")
    assert time.monotonic() - begun < 60 and not switch.is_loaded()
    assert switch.load() == "+OK"
    second = connect(api_socket)
    assert second.call("api", command="echo", arg="again")["output"] == "again"
    time.sleep(3)  # the old command returns into the code that stayed in memory
    assert second.call("api", command="echo", arg="still")["output"] == "still"


def test_module_may_be_reloaded_through_itself(switch, api_socket, connect):
    client = connect(api_socket)
    client.call("server.ping")

    def epoch():
        return json.loads(switch.api("zmq status json"))["streams"][0]["epoch"]

    before, mark = epoch(), switch.log_mark()
    client.send("api", command="reload", arg="mod_event_zmq")  # it cannot get its own reply
    # Asking the module for its status would use it, and FreeSWITCH does not unload a module in use.
    switch.wait_log(mark, "Adding API Function 'zmq'")
    wait_until(switch.is_loaded, "the module to be loaded again")
    assert epoch() != before
    again = connect(api_socket)
    assert again.call("api", command="echo", arg="again")["output"] == "again"
