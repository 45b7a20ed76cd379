# SPDX-License-Identifier: MPL-2.0
"""The commands of a controller on its call, in a real switch."""

import pytest

from apiclient import ApiError
from callfixtures import call_service_xml
from switch import wait_until

NOT_FOUND, REFUSED = -32004, -32005
TONE = "tone_stream://%({ms},0,440)"
LONG = TONE.format(ms=60000)


@pytest.fixture
def controlled(call_service, workers, phones):
    """Factory: a call that a worker controls; its `phone` is the caller."""
    call_service(call_service_xml(), call_service_xml("queue"))
    worker = workers()

    def take(number="answer-zmq-ivr", phone=None):
        phone = (phone or phones()).call(number)
        call = worker.take()
        call.phone = phone
        return call

    return take


def runs(controlled, app):
    """Waits until that application runs on the call."""
    wait_until(lambda: controlled.get("current_application") == app, f"{app} on the call")


def refused(code, do, *args, **params):
    with pytest.raises(ApiError) as caught:
        do(*args, **params)
    assert caught.value.code == code, caught.value
    return caught.value


def test_answer_prompt_and_goodbye(controlled):
    call = controlled("zmq-ivr")
    assert not call.phone.has("200 INVITE")
    assert call.execute("answer", wait=True)["app"] == "answer"
    call.phone.wait("200 INVITE")
    assert call.execute("playback", TONE.format(ms=200), wait=True)["response"] == "FILE PLAYED"
    call.do("hangup")
    assert call.end()["cause"] == "NORMAL_CLEARING" and call.phone.final() == "BYE"


def test_digits_are_collected_and_reported(controlled):
    call = controlled()
    call.do("subscribe", events=["DTMF/*", "PLAYBACK_START/*"])
    number = call.worker.send("call.execute", call=call.call, app="play_and_get_digits", wait=True, names=["choice"],
                              arg=f"2 4 1 20000 # {LONG} silence_stream://100 choice \\d+")
    call.event("PLAYBACK_START")
    call.phone.digits("42#")
    assert [call.event("DTMF")["DTMF-Digit"] for _ in range(3)] == list("42#")
    assert call.worker.wait(number)["variables"] == {"choice": "42"}
    call.do("hangup")
    call.end()


def test_digits_between_applications_are_reported_too(controlled):
    call = controlled()
    call.do("subscribe", events=["DTMF/*"])
    call.phone.digits("7")
    assert call.event("DTMF")["DTMF-Digit"] == "7"
    call.do("subscribe", events=[])
    call.do("hangup")
    call.end()


def test_recording_is_reported_and_exists(controlled, tmp_path):
    call, path = controlled(), tmp_path / "message.wav"
    call.do("subscribe", events=["RECORD_*"])
    call.execute("record", f"{path} 60")
    assert call.event("RECORD_START")["Record-File-Path"] == str(path)
    call.phone.speak(0.2)
    call.do("break")
    assert call.event("RECORD_STOP")["Record-File-Path"] == str(path)
    assert path.stat().st_size > 44
    call.do("hangup")
    call.end()


def test_applications_run_in_order(controlled):
    call = controlled()
    call.execute("set", "trace=a")
    for letter in "bcd":
        call.execute("set", "trace=${trace}" + letter)
    call.execute("set", "done=1", wait=True)
    assert call.get("trace") == "abcd"
    call.do("hangup")
    call.end()


def test_urgent_goes_ahead_of_applications_queued_behind_a_lock(controlled):
    call = controlled()
    call.execute("playback", LONG, lock=True)
    runs(call, "playback")
    call.execute("set", "trace=${trace}-queued")
    call.execute("set", "trace=${trace}urgent", urgent=True, wait=True)
    assert call.get("trace") == "urgent"
    call.do("break")
    call.execute("set", "done=1", wait=True)
    assert call.get("trace") == "urgent-queued"
    call.do("hangup")
    call.end()


def test_break_ends_the_application_and_not_the_queue(controlled):
    call = controlled()
    endless = call.worker.send("call.execute", call=call.call, app="playback", arg=LONG, wait=True, lock=True,
                               loops=3)
    behind = call.worker.send("call.execute", call=call.call, app="set", arg="a=1", wait=True)
    runs(call, "playback")
    call.do("break")
    assert call.worker.wait(endless)["app"] == "playback"
    assert call.worker.wait(behind)["app"] == "set" and call.get("a") == "1"
    call.do("break")  # no effect, since nothing runs
    assert call.execute("playback", TONE.format(ms=100), wait=True)["response"] == "FILE PLAYED"
    call.do("hangup")
    call.end()


def test_variables_many_at_once(controlled):
    call = controlled()
    call.do("set", variables={"a": "1", "b": "two words", "c": None})
    assert call.do("get", names=["a", "b", "c"])["variables"] == {"a": "1", "b": "two words", "c": None}
    call.do("hangup")
    call.end()


def test_release_waits_for_queued_applications(controlled, endings):
    call, ended = controlled(), endings()
    call.execute("playback", TONE.format(ms=300), lock=True)
    call.execute("set", "last=1")
    call.do("release")
    assert call.end()["reason"] == "released"
    assert ended.of(call.call)["variable_last"] == "1" and ended.of(call.call)["variable_went_on"] == "released"


def test_transfer_ends_control_and_the_call_goes_there(switch, controlled):
    call = controlled()
    call.do("transfer", extension="hold")
    assert call.end()["reason"] == "transferred"
    wait_until(lambda: switch.api(f"uuid_getvar {call.call} current_application").strip() == "park", "the new place")
    assert refused(NOT_FOUND, call.do, "break")


def test_two_controlled_calls_are_bridged_and_control_of_both_ends(controlled):
    calls = [controlled(), controlled()]
    calls[0].do("bridge", other=calls[1].call)
    assert [call.end()["reason"] for call in calls] == ["bridged", "bridged"]
    calls[0].phone.hangup()
    assert calls[1].phone.final() == "BYE"


def test_bridge_of_calls_without_media_is_refused_with_the_reason(controlled):
    calls = [controlled("zmq-ivr"), controlled("zmq-ivr")]
    assert "neither call has been answered" in str(refused(REFUSED, calls[0].do, "bridge", other=calls[1].call).data)
    for call in calls:
        call.do("hangup")
        call.end()


def test_bridge_to_another_phone_comes_back_to_the_controller(controlled, phones):
    call, callee = controlled(), phones()
    call.do("subscribe", events=["CHANNEL_BRIDGE/*"])
    bridge = call.worker.send("call.execute", call=call.call, app="bridge", wait=True, names=["last_bridge_hangup_cause"],
                              arg=f"sofia/loopback/callee@127.0.0.1:{callee.port}")
    call.event("CHANNEL_BRIDGE")
    callee.hangup()
    assert call.worker.wait(bridge)["variables"]["last_bridge_hangup_cause"] == "NORMAL_CLEARING"
    assert call.execute("set", "a=1", wait=True)["app"] == "set"  # still under control
    call.do("hangup")
    call.end()


def test_hand_over_resumes_at_another_service_with_data(controlled, workers):
    call, queue = controlled(), workers("queue")
    call.execute("set", "language=de", wait=True)
    call.do("hand-over", service="queue", data={"reason": "sales"})
    assert call.end()["reason"] == "handed-over"
    next_call = queue.take()
    params = next_call.params
    assert params["resumed"] is True and params["data"] == {"reason": "sales"} and next_call.lease > call.lease
    assert {"app": "set", "arg": "language=de"} in params["executed"]
    assert params["channel"]["variable_language"] == "de"
    refused(NOT_FOUND, call.do, "hangup")
    next_call.do("hangup")
    next_call.end()


def test_park_of_a_controlled_call_is_harmless(controlled):
    """The application returns at once, and control continues."""
    call = controlled()
    call.execute("park", wait=True)
    assert call.execute("set", "a=1", wait=True)["app"] == "set"
    call.do("release")
    assert call.end()["reason"] == "released"


def test_a_hundred_commands_at_once(controlled):
    call = controlled()
    numbers = [call.worker.send("call.execute", call=call.call, app="set", arg=f"n{i}={i}") for i in range(100)]
    for number in numbers:
        call.worker.wait(number)
    call.execute("set", "done=1", wait=True)
    assert call.do("get", names=[f"n{i}" for i in range(100)])["variables"] == {f"n{i}": str(i) for i in range(100)}
    call.do("hangup")
    call.end()
