# SPDX-License-Identifier: MPL-2.0
"""A worker that dies, hangs or is cut off: its calls continue elsewhere within the configured time."""

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
    """A TCP relay that can be cut: then nothing passes, and neither side notices."""

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
    """Factory: lost(how, number, …) is a call whose worker was lost during a long prompt: (process, call)."""
    wires = []

    def lose(how, number="answer-zmq-ivr", then=lambda: None, **keys):
        served = call_service(lease_ms=LEASE_MS, **keys)
        wires.append(Wire(int(served.api_socket.rpartition(":")[2])))
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
def test_call_is_offered_again_with_its_history(lost, workers, how):
    process, phone, call, worker = lost(how, then=workers)
    controlled = worker.take()
    assert controlled.call == call and controlled.params["resumed"] is True
    apps = [each["app"] for each in controlled.params["executed"]]
    assert apps[-2:] == ["set", "playback"]
    assert controlled.params["channel"]["variable_language"] == "de"
    assert controlled.execute("set", "a=1", wait=True)["app"] == "set"
    controlled.do("hangup")
    controlled.end()
    assert phone.final() == "BYE"


@pytest.mark.parametrize("how", LOSSES)
def test_call_continues_in_the_dialplan(lost, endings, how):
    _, _, call, ended = lost(how, number="lost-continue-answer-zmq-ivr", then=endings)
    ending = ended.of(call)
    assert ending["variable_went_on"] == "lost" and ending["Hangup-Cause"] == "NORMAL_UNSPECIFIED"


@pytest.mark.parametrize("how", LOSSES)
def test_call_is_hung_up(lost, endings, how):
    _, phone, call, ended = lost(how, then=endings, on_lost="hangup")
    ending = ended.of(call)
    assert ending.get("variable_went_on") is None and ending["variable_zmq_result"] == "lost"
    assert phone.final() == "BYE"


def test_call_without_another_worker(lost, endings):
    _, _, call, ended = lost("killed", then=endings)
    assert ended.of(call)["variable_went_on"] == "lost"


def test_worker_that_comes_back_late_is_refused(lost, workers):
    """Stopped, its call given to another worker, continued: it is notified, and its commands have no effect."""
    process, _, call, worker = lost("stopped", then=workers)
    controlled = worker.take()
    process.signal(signal.SIGCONT)
    assert process.wait("call.end")["params"]["reason"] == "lost"
    assert process.wait("refused")["code"] == -32004
    assert controlled.execute("set", "a=1", wait=True)["app"] == "set"
    controlled.do("hangup")
    controlled.end()


def test_bridged_call_stays_bridged_when_its_controller_is_lost(call_service, workers, phones, processes):
    served = call_service(lease_ms=LEASE_MS)
    worker, callee = workers(), phones()
    phone = phones().call("answer-zmq-ivr")
    controlled = worker.take()
    controlled.execute("bridge", f"sofia/loopback/callee@127.0.0.1:{callee.port}")
    callee.wait("ACK")
    # From here on it does not read, so it is silent. The other worker gets the call when the bridge is over.
    other = workers()
    wait_until(lambda: served.status()["calls"]["lost"] == 1, "the lease to run out")
    assert not other.offers and not phone.has("BYE") and not callee.has("BYE")
    callee.hangup()
    again = other.take()
    assert again.call == controlled.call and again.params["resumed"] is True
    again.do("hangup")
    again.end()


COLLECTING = {"play_and_get_digits": f"1 4 3 60000 # {LONG} {LONG} choice \\d+", "read": f"1 4 {LONG} choice 60000 #",
              "sleep": "60000", "record": "{folder}/a.wav 60", "playback": LONG, "endless_playback": LONG,
              "echo": "", "execute_extension": "wait-and-wait"}


@pytest.mark.parametrize("app", COLLECTING)
def test_any_running_application_ends_before_the_next_offer(switch, call_service, workers, phones, tmp_path, app):
    """Each would continue, prompt again or restart if only its playback were ended."""
    call_service(on_lost="offer")
    first = workers()
    phones().call("answer-zmq-ivr")
    controlled = first.take()
    controlled.do("subscribe", events=["CHANNEL_EXECUTE"])
    controlled.execute(app, COLLECTING[app].replace("{folder}", str(tmp_path)))
    while controlled.event("CHANNEL_EXECUTE")["Application"] != app:
        pass
    second = workers()
    first.close()
    again = second.take()
    assert (again.call, again.params["why"]) == (controlled.call, "lost")
    assert [each["app"] for each in again.params["executed"]].count(app) == 1
    assert again.execute("set", "a=1", wait=True)["app"] == "set"  # no other application is running
    assert again.get("current_application") == "set"
    again.do("hangup")
    again.end()


def test_data_of_a_hand_over_survives_the_loss_of_its_receiver(call_service, workers, phones):
    call_service(call_service_xml(), call_service_xml("queue"))
    first, second = workers(), workers("queue")
    phones().call("answer-zmq-ivr")
    controlled = first.take()
    controlled.do("hand-over", service="queue", data={"basket": 7})
    controlled.end()
    next_one = second.take()
    assert (next_one.params["why"], next_one.params["data"]) == ("handed-over", {"basket": 7})
    third = workers("queue")
    second.close()
    last = third.take()
    assert (last.call, last.params["why"], last.params["data"]) == (controlled.call, "lost", {"basket": 7})
    last.do("hangup")
    last.end()


def test_wrong_lease_is_refused_and_the_right_one_is_not(call_service, workers, phones):
    call_service()
    worker, stranger = workers(), workers(None)
    phones().call("answer-zmq-ivr")
    controlled = worker.take()
    with pytest.raises(ApiError) as caught:
        worker.call("call.execute", call=controlled.call, app="set", arg="a=1", lease=controlled.lease + 1)
    assert caught.value.code == -32004
    assert controlled.execute("set", "a=2", wait=True)["app"] == "set" and controlled.get("a") == "2"
    controlled.do("hangup")
    controlled.end()
    stranger.close()


def test_switch_that_was_stopped_gives_a_worker_time_to_reply(switch, call_service, phones, processes):
    """Both are stopped for longer than the lease, like virtual machines that are paused; the worker a little longer."""
    lease_ms = 6000
    served = call_service(lease_ms=lease_ms)
    process = processes(served.api_socket)
    phones().call("answer-zmq-ivr")
    process.wait("plays")
    try:
        process.signal(signal.SIGSTOP)
        os.kill(switch.pid, signal.SIGSTOP)
        time.sleep(1.2 * lease_ms / 1000)
    finally:
        os.kill(switch.pid, signal.SIGCONT)
    time.sleep(0.18 * lease_ms / 1000)  # the switch checks leases meanwhile
    process.signal(signal.SIGCONT)
    time.sleep(lease_ms / 2000)
    assert served.status()["calls"]["lost"] == 0 and served.status()["calls"]["controlled"] == 1
    process.signal(signal.SIGSTOP)
    wait_until(lambda: served.status()["calls"]["lost"] == 1, "the lease to run out")
