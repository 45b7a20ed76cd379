# SPDX-License-Identifier: MPL-2.0
"""call.execute with `wait`, in a real switch: applications that ran, were cut short, or never ran."""

import signal

import pytest

from apiclient import ApiError
from switch import wait_until

LONG = "tone_stream://%(50000,0,440)"  # differs from the tone of callprocess.py
NOT_FOUND, REFUSED = -32004, -32005


class Pair:
    """A call with a playback without end, and another application queued behind it."""

    def __init__(self, controlled, asker):
        self.controlled, self.asker = controlled, asker
        controlled.do("subscribe", events=["PLAYBACK_START"])
        self.runs = asker.send("call.execute", call=controlled.call, app="playback", arg=LONG, lock=True, wait=True,
                               loops=3)
        self.queued = asker.send("call.execute", call=controlled.call, app="set", arg="a=1", lock=True, wait=True)
        controlled.event("PLAYBACK_START")  # an earlier break would be lost
        asker.call("call.get", call=controlled.call)  # runs after the others, so the switch has both now

    def both_are_told(self, how):
        result = self.asker.wait(self.runs)
        assert (result["app"], result["ended"]) == ("playback", how)
        with pytest.raises(ApiError) as caught:
            self.asker.wait(self.queued)
        assert (caught.value.code, caught.value.data) == (NOT_FOUND, {"ended": how}), caught.value


@pytest.fixture
def pair(call_service, workers, phones):
    call_service()
    worker, phone = workers(), phones().call("answer-zmq-ivr")
    pair = Pair(worker.take(), worker)
    pair.phone = phone
    return pair


def test_hangup_by_the_caller(pair):
    pair.phone.hangup()
    pair.both_are_told("hangup")
    assert pair.controlled.end()["reason"] == "hangup"


def test_hangup_by_command(pair):
    pair.controlled.do("hangup")
    pair.both_are_told("hangup")
    pair.controlled.end()


def test_transfer_by_the_worker(pair):
    pair.controlled.do("transfer", extension="hold")
    pair.both_are_told("transferred")
    assert pair.controlled.end()["reason"] == "transferred"


def test_transfer_by_a_command_of_the_switch(switch, pair):
    assert switch.api(f"uuid_transfer {pair.controlled.call} hold").startswith("+OK")
    pair.both_are_told("transferred")
    assert pair.controlled.end()["reason"] == "transferred"


def test_bridge_with_another_call(pair, workers, phones):
    phones().call("answer-zmq-ivr")
    other = pair.asker.take()
    pair.controlled.do("bridge", other=other.call)
    pair.both_are_told("bridged")
    assert [call.end()["reason"] for call in (pair.controlled, other)] == ["bridged", "bridged"]


def test_break_ends_the_application_and_the_next_runs(pair):
    pair.controlled.do("break")
    assert pair.asker.wait(pair.runs)["ended"] == "stopped"
    result = pair.asker.wait(pair.queued)
    assert result["app"] == "set" and "ended" not in result
    pair.controlled.do("hangup")
    pair.controlled.end()


def test_loss_of_the_worker(call_service, workers, processes, phones, endings):
    served = call_service(lease_ms=900, on_lost="continue")
    process, operator = processes(served.api_socket), workers(None)
    phones().call("answer-zmq-ivr")
    call = process.wait("plays")["call"]
    runs = operator.send("call.execute", call=call, app="playback", arg=LONG, lock=True, wait=True)
    queued = operator.send("call.execute", call=call, app="set", arg="a=1", lock=True, wait=True)
    wait_until(lambda: operator.call("call.get", call=call, names=["current_application_data"])
               ["variables"]["current_application_data"] == LONG, "the playback")
    process.signal(signal.SIGKILL)
    ended = []
    for number in (runs, queued):
        try:
            ended.append(operator.wait(number)["ended"])
        except ApiError as error:
            assert error.code == NOT_FOUND
            ended.append(error.data["ended"])
    assert ended == ["lost", "lost"]


def test_application_that_ends_by_itself_is_not_cut_short(call_service, workers, phones):
    call_service()
    worker, phone = workers(), phones()
    phone.call("zmq-ivr")
    controlled = worker.take()
    for app, arg in (("set", "a=1"), ("answer", None), ("playback", "tone_stream://%(50,0,440)"), ("sleep", "20"),
                     ("park", None)):
        assert "ended" not in controlled.execute(app, arg, wait=True), app
    assert controlled.execute("hangup", wait=True)["ended"] == "hangup"
    controlled.end()
