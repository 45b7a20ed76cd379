# SPDX-License-Identifier: MPL-2.0
"""Hangups by every side at every stage: the call ends once, with events in order, and leaves nothing behind."""

import threading

import pytest

from switch import PATIENCE_S, wait_until

LONG = "tone_stream://%(60000,0,440)"
APPLICATIONS = {  # running on the call at that stage; None: none
    "offered": None,
    "ringing": None,
    "early": ("playback", LONG),
    "idle": None,
    "prompt": ("playback", LONG),
    "collect": ("play_and_get_digits", f"2 4 1 60000 # {LONG} silence_stream://100 choice \\d+"),
    "record": ("record", "{folder}/message.wav 60"),
    "sleep": ("sleep", "60000"),
    "calling": ("bridge", "sofia/loopback/callee@127.0.0.1:{port}"),
    "bridged": ("bridge", "sofia/loopback/callee@127.0.0.1:{port}"),
}
UNANSWERED = {"offered", "ringing", "early"}
CAUSES = {"caller": {"NORMAL_CLEARING"}, "controller": {"USER_BUSY"}, "switch": {"CALL_REJECTED"},
          "callee": {"NORMAL_CLEARING"}, "cancel": {"ORIGINATOR_CANCEL"}}
MATRIX = [(stage, who) for stage in APPLICATIONS for who in ("caller", "controller", "switch")
          if (stage, who) != ("offered", "controller")] + [("bridged", "callee")]


class Scene:
    """A call at a given stage."""

    def __init__(self, stage, worker, phones, folder):
        self.stage, self.worker = stage, worker
        self.callee = phones(pick_up=stage == "bridged") if stage in ("calling", "bridged") else None
        self.phone = phones().call("zmq-ivr" if stage in UNANSWERED else "answer-zmq-ivr")
        self.offer = worker.next_offer()
        self.call, self.controlled = self.offer["params"]["call"], None
        if stage != "offered":
            self.controlled = worker.take(self.offer)
            self.controlled.do("subscribe", events=["CHANNEL_EXECUTE/*"])
            self._run(folder)

    def _run(self, folder):
        if APPLICATIONS[self.stage] is None:
            return
        app, arg = APPLICATIONS[self.stage]
        port = self.callee.port if self.callee else 0
        self.controlled.execute(app, arg.replace("{folder}", str(folder)).replace("{port}", str(port)))
        while self.controlled.event("CHANNEL_EXECUTE")["Application"] != app:
            pass
        if self.callee:
            self.callee.wait("ACK" if self.stage == "bridged" else "INVITE")

    def hang_up(self, who, switch):
        if who == "caller":
            self.phone.hangup()
        elif who == "callee":
            self.callee.hangup()
        elif who == "controller":
            self.controlled.do("hangup", cause="USER_BUSY")
        else:
            assert switch.api(f"uuid_kill {self.call} CALL_REJECTED").startswith("+OK")


@pytest.mark.parametrize("stage, who", MATRIX)
def test_every_side_hangs_up_at_every_stage(switch, call_service, workers, phones, endings, tmp_path, stage, who):
    call_service()
    worker, ended = workers(), endings()
    scene = Scene(stage, worker, phones, tmp_path)
    scene.hang_up(who, switch)
    expected = CAUSES["cancel" if who == "caller" and stage in UNANSWERED else who]
    if scene.controlled is None:
        assert worker.next_of("call.cancel")["call"] == scene.call
    else:
        complete = scene.controlled.event("CHANNEL_HANGUP_COMPLETE")
        assert complete["Hangup-Cause"] in expected and complete["variable_zmq_result"] == "accepted"
        end = scene.controlled.end()
        assert end["reason"] == "hangup" and end["cause"] in expected
    ending = ended.of(scene.call)
    assert ending["Hangup-Cause"] in expected and ending.get("variable_went_on") is None
    if who != "caller":
        assert scene.phone.final()
    switch.wait_idle()


def notified_of(worker, call):
    """(method, event or reason) of each notification about that call, in order."""
    return [(each["method"], each["params"].get("event", each["params"]).get("Event-Name") or
             each["params"].get("reason")) for each in worker.notifications if each["params"].get("call") == call]


@pytest.mark.parametrize("other", ["release", "hand-over", "transfer", "break"])
def test_hangup_races_another_command_and_the_end_comes_once(switch, call_service, workers, phones, endings, other):
    """Rounds with the hangup and the command at nearly the same time, from two threads."""
    call_service()
    worker, ended, params = workers(), endings(), {"hand-over": {"service": "ivr"}, "transfer": {"extension": "hold"}}
    for _ in range(25):
        phone = phones().call("answer-zmq-ivr").wait("200 INVITE")
        controlled = worker.take()
        thread = threading.Thread(target=phone.hangup)
        thread.start()
        number = worker.send(f"call.{other}", call=controlled.call, **params.get(other, {}))
        thread.join(PATIENCE_S)
        end = controlled.end()  # first: a worker that does not read loses its lease
        ended.of(controlled.call)
        assert end["reason"] in ("hangup", "released", "handed-over", "transferred"), end
        if end["reason"] == "hangup":
            notified = notified_of(worker, controlled.call)
            assert ("call.event", "CHANNEL_HANGUP_COMPLETE") in notified, notified
        while number not in worker.answers:
            worker._read()
        worker.answers.clear(), worker.notifications.clear(), worker.offers.clear()
    switch.wait_idle()
    wait_until(lambda: not [each for each in call_service.served.status()["services"] if each.get("calls")], "no call")
