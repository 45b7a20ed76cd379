"""A worker that dies, hangs or is cut off: its calls go on elsewhere within the time that was set."""

import os
import signal
import socket
import threading
import time

import pytest

from apiclient import ApiError
from callfixtures import call_service_xml
from switch import free_port, wait_until

LONG = "tone_stream://%(60000,0,440)"
LEASE_MS = 900


class Wire:
    """A TCP relay that can be cut: then nothing passes, and nobody is told."""

    def __init__(self, port):
        self.port, self.peer_port, self.sockets, self.is_cut = free_port(), port, [], False
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            near = self.listener.accept()[0]
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", self.peer_port))
        self.sockets += [near, far]
        for pair in ((near, far), (far, near)):
            threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, target):
        try:
            while data := source.recv(65536):
                if not self.is_cut:
                    target.sendall(data)
        except OSError:
            pass

    def close(self):
        for each in (self.listener, *self.sockets):
            each.close()


def lose_by_kill(process, _wire):
    process.signal(signal.SIGKILL)


def lose_by_stop(process, _wire):
    process.signal(signal.SIGSTOP)


def lose_by_cut(_process, wire):
    wire.is_cut = True


LOSSES = {"killed": lose_by_kill, "stopped": lose_by_stop, "cut off": lose_by_cut}


@pytest.fixture
def lost(call_service, phones, processes):
    """Factory: lost(how, number, …) is a call whose worker was lost while a long prompt runs: (process, call)."""
    wires = []

    def lose(how, number="answer-zmq-ivr", then=lambda: None, **keys):
        served = call_service(lease_ms=LEASE_MS, **keys)
        wires.append(Wire(int(served.channel.rpartition(":")[2])))
        process = processes(f"tcp://127.0.0.1:{wires[-1].port}")
        phone = phones().call(number)
        call = process.wait("plays")["call"]
        other = then()
        LOSSES[how](process, wires[-1])
        return process, phone, call, other

    yield lose
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("how", LOSSES)
def test_call_is_offered_again_with_what_was_done(lost, workers, how):
    process, phone, call, worker = lost(how, then=workers)
    held = worker.take()
    assert held.call == call and held.params["resumed"] is True
    apps = [each["app"] for each in held.params["executed"]]
    assert apps[-2:] == ["set", "playback"]
    assert held.params["channel"]["variable_language"] == "de"
    assert held.execute("set", "a=1", wait=True)["app"] == "set"
    held.do("hangup")
    held.end()
    assert phone.final() == "BYE"


@pytest.mark.parametrize("how", LOSSES)
def test_call_goes_on_in_the_dialplan(lost, endings, how):
    _, _, call, ended = lost(how, number="lost-continue-answer-zmq-ivr", then=endings)
    ending = ended.of(call)
    assert ending["variable_went_on"] == "lost" and ending["Hangup-Cause"] == "NORMAL_UNSPECIFIED"


@pytest.mark.parametrize("how", LOSSES)
def test_call_is_hung_up(lost, endings, how):
    _, phone, call, ended = lost(how, then=endings, on_lost="hangup")
    ending = ended.of(call)
    assert ending.get("variable_went_on") is None and ending["variable_zmq_result"] == "lost"
    assert phone.final() == "BYE"


def test_nobody_else_is_there(lost, endings):
    _, _, call, ended = lost("killed", then=endings)
    assert ended.of(call)["variable_went_on"] == "lost"


def test_worker_that_comes_back_late_is_refused(lost, workers):
    """Stopped, its call given to another, continued: it is told, and its commands do nothing."""
    process, _, call, worker = lost("stopped", then=workers)
    held = worker.take()
    process.signal(signal.SIGCONT)
    assert process.wait("call.end")["params"]["reason"] == "lost"
    assert process.wait("refused")["code"] == -32004
    assert held.execute("set", "a=1", wait=True)["app"] == "set"
    held.do("hangup")
    held.end()


def test_bridged_call_stays_bridged_when_its_holder_is_lost(call_service, workers, phones, processes):
    served = call_service(lease_ms=LEASE_MS)
    worker, callee = workers(), phones()
    phone = phones().call("answer-zmq-ivr")
    held = worker.take()
    held.execute("bridge", f"sofia/loopback/callee@127.0.0.1:{callee.port}")
    callee.wait("ACK")
    # From here on it is silent: it does not read. The other one gets the call when the bridge is over.
    other = workers()
    wait_until(lambda: served.status()["calls"]["lost"] == 1, "the lease to run out")
    assert not other.offers and not phone.has("BYE") and not callee.has("BYE")
    callee.hangup()
    again = other.take()
    assert again.call == held.call and again.params["resumed"] is True
    again.do("hangup")
    again.end()


COLLECTING = {"play_and_get_digits": f"1 4 3 60000 # {LONG} {LONG} choice \\d+", "read": f"1 4 {LONG} choice 60000 #",
              "sleep": "60000", "record": "{folder}/a.wav 60", "playback": LONG, "endless_playback": LONG,
              "echo": "", "execute_extension": "wait-and-wait"}


@pytest.mark.parametrize("app", COLLECTING)
def test_whatever_runs_is_ended_before_the_next_worker_is_asked(switch, call_service, workers, phones, tmp_path, app):
    """Each would go on, ask again or start anew if only what it plays were ended."""
    call_service(on_lost="offer")
    first = workers()
    phones().call("answer-zmq-ivr")
    held = first.take()
    held.do("subscribe", events=["CHANNEL_EXECUTE"])
    held.execute(app, COLLECTING[app].replace("{folder}", str(tmp_path)))
    while held.event("CHANNEL_EXECUTE")["Application"] != app:
        pass
    second = workers()
    first.close()
    again = second.take()
    assert (again.call, again.params["why"]) == (held.call, "lost")
    assert [each["app"] for each in again.params["executed"]].count(app) == 1
    assert again.execute("set", "a=1", wait=True)["app"] == "set"  # nothing else runs in its midst
    assert again.get("current_application") == "set"
    again.do("hangup")
    again.end()


def test_data_of_a_hand_over_outlives_the_loss_of_who_got_it(call_service, workers, phones):
    call_service(call_service_xml(), call_service_xml("queue"))
    first, second = workers(), workers("queue")
    phones().call("answer-zmq-ivr")
    held = first.take()
    held.do("hand-over", service="queue", data={"basket": 7})
    held.end()
    next_one = second.take()
    assert (next_one.params["why"], next_one.params["data"]) == ("handed-over", {"basket": 7})
    third = workers("queue")
    second.close()
    last = third.take()
    assert (last.call, last.params["why"], last.params["data"]) == (held.call, "lost", {"basket": 7})
    last.do("hangup")
    last.end()


def test_wrong_lease_is_refused_and_the_right_one_is_not(call_service, workers, phones):
    call_service()
    worker, stranger = workers(), workers(None)
    phones().call("answer-zmq-ivr")
    held = worker.take()
    with pytest.raises(ApiError) as caught:
        worker.call("call.execute", call=held.call, app="set", arg="a=1", lease=held.lease + 1)
    assert caught.value.code == -32004
    assert held.execute("set", "a=2", wait=True)["app"] == "set" and held.get("a") == "2"
    held.do("hangup")
    held.end()
    stranger.close()


def test_switch_that_was_held_up_gives_a_worker_time_to_answer(switch, call_service, phones, processes):
    """Both stand still for longer than the lease, as on a host that stops its guests; the worker a little longer."""
    lease_ms = 6000
    served = call_service(lease_ms=lease_ms)
    process = processes(served.channel)
    phones().call("answer-zmq-ivr")
    process.wait("plays")
    try:
        process.signal(signal.SIGSTOP)
        os.kill(switch.pid, signal.SIGSTOP)
        time.sleep(1.2 * lease_ms / 1000)
    finally:
        os.kill(switch.pid, signal.SIGCONT)
    time.sleep(0.18 * lease_ms / 1000)  # the switch looks at leases meanwhile
    process.signal(signal.SIGCONT)
    time.sleep(lease_ms / 2000)
    assert served.status()["calls"]["lost"] == 0 and served.status()["calls"]["controlled"] == 1
    process.signal(signal.SIGSTOP)
    wait_until(lambda: served.status()["calls"]["lost"] == 1, "the lease to run out all the same")
