# SPDX-License-Identifier: MPL-2.0
"""The programs of examples/ that take calls, against fszmqd."""

import json
import re
import signal
import subprocess
import sys

import pytest
import zmq

from callrig import PATIENT, ivr_xml
from conftest import EXAMPLES, GARBAGE, PATIENCE_S, ROOT, free_endpoint, service_xml, need_node, wait_until

TONE = "silence_stream://20"


class FakeSwitch:
    """The API socket of a switch; the test sends each of its messages."""

    def __init__(self, context):
        self.socket, self.route = context.socket(zmq.ROUTER), None
        self.socket.linger, self.socket.rcvtimeo = 0, PATIENCE_S * 1000
        self.endpoint = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"

    def send(self, **message):
        self.socket.send_multipart([self.route, json.dumps({"jsonrpc": "2.0", **message}).encode()])

    def send_garbage(self):
        for text in GARBAGE:
            self.socket.send_multipart([self.route, text])

    def receive(self, wanted):
        """The next message with these members. Others, such as repeated registrations, are skipped."""
        while True:
            self.route, text = self.socket.recv_multipart()
            message = json.loads(text)
            if wanted.items() <= message.items():
                return message

    def offer(self, call, lease):
        self.send(method="call.offer", id=lease, params={"call": call})
        assert self.receive({"id": lease})["result"]["accept"]
        return self.receive({"method": "call.execute"})


@pytest.fixture
def fake_switch():
    with zmq.Context() as context:
        fake = FakeSwitch(context)
        yield fake
        fake.socket.close()


def ivr(rig, start_example):
    start_example(sys.executable, "python/ivr.py", rig.api_at, "ivr", TONE)
    rig.daemon.wait_log("it registered")


def test_the_ivr_is_short():
    lines = (EXAMPLES / "python/ivr.py").read_text().splitlines()
    assert len([line for line in lines if "SPDX" not in line]) < 40


def test_the_ivr_releases_each_caller_with_the_digit_pressed(callswitch, start_example):
    rig = callswitch()
    ivr(rig, start_example)
    calls = {rig.dial(sim_digits=f"{number}#"): str(number) for number in range(20)}
    for call, pressed in calls.items():
        end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
        assert (end["variable_ivr_choice"], end["variable_zmq_result"]) == (pressed, "released")
        assert rig.event("CHANNEL_ANSWER", call)


def test_the_ivr_survives_callers_that_hang_up_and_a_restart_of_the_switch(callswitch, start_example):
    rig = callswitch()
    ivr(rig, start_example)
    call = rig.dial()
    rig.event("CHANNEL_ANSWER", call)
    rig.kill(call)
    assert rig.outcome(call) == "accepted"
    assert rig.event("CHANNEL_HANGUP_COMPLETE", rig.dial(sim_digits="7#"))["variable_ivr_choice"] == "7"
    rig.daemon.kill()
    rig.daemon.start()
    rig.daemon.wait_log("it registered")
    assert rig.event("CHANNEL_HANGUP_COMPLETE", rig.dial(sim_digits="8#"))["variable_ivr_choice"] == "8"


def test_the_ivr_survives_garbage_and_takes_a_call_that_is_offered_again(fake_switch, start_example):
    start_example(sys.executable, "python/ivr.py", fake_switch.endpoint)
    fake_switch.receive({"method": "service.register"})
    fake_switch.send_garbage()
    assert fake_switch.offer("one", 1)["params"]["app"] == "play_and_get_digits"
    fake_switch.send(id=1, result=3)
    fake_switch.send(id=[1], result={})
    assert fake_switch.offer("one", 2)["params"]["lease"] == 2
    fake_switch.send(id=2, result={})
    fake_switch.receive({"method": "call.get", "id": 2})
    fake_switch.send(id=2, result={"variables": {"pressed": "7"}})
    assert fake_switch.receive({"method": "call.set"})["params"]["variables"] == {"ivr_choice": "7"}


@pytest.fixture
def queue(callswitch, start_example):
    """(a Switch, ask) for the queue in Node.js; ask(message) sends a message of an agent and returns the reply."""
    need_node()
    rig = callswitch([ivr_xml(**PATIENT), service_xml("queue", **PATIENT)])
    agents_endpoint = free_endpoint()
    start_example("node", "node/queue.mjs", rig.api_at, "queue", agents_endpoint, "silence_stream://-1")
    rig.daemon.wait_log("it registered")
    agents = rig.context.socket(zmq.REQ)
    agents.linger, agents.rcvtimeo = 0, PATIENCE_S * 1000
    agents.connect(agents_endpoint)

    def ask(**message):
        agents.send_json(message)
        return agents.recv_json()

    yield rig, ask
    agents.close()


def wait_in_queue(rig, ask, call, count):
    rig.event("CHANNEL_ANSWER", call)
    wait_until(lambda: ask(agent="nobody", free=False) == {"waiting": count, "free": 0}, f"{count} waiting")


def test_the_queue_connects_the_longest_waiting_caller_with_a_free_agent(queue):
    rig, ask = queue
    calls = []
    for count in (1, 2):
        calls.append(rig.dial("queue"))
        wait_in_queue(rig, ask, calls[-1], count)
    assert ask(agent="loopback/1001", free=True) == {"waiting": 1, "free": 0}
    bridge = rig.event("CHANNEL_BRIDGE", calls[0])
    rig.kill(bridge["Other-Leg-Unique-ID"])
    assert rig.event("CHANNEL_HANGUP_COMPLETE", calls[0])["Hangup-Cause"] == "NORMAL_CLEARING"
    ask(agent="loopback/1001", free=True)
    assert rig.event("CHANNEL_BRIDGE", calls[1])


def test_the_queue_drops_a_caller_that_hangs_up_and_keeps_one_whose_agent_does_not_answer(queue):
    rig, ask = queue
    gone = rig.dial("queue")
    wait_in_queue(rig, ask, gone, 1)
    rig.kill(gone)
    rig.event("CHANNEL_HANGUP_COMPLETE", gone)
    wait_until(lambda: ask(agent="nobody", free=False)["waiting"] == 0, "nobody waiting")
    call = rig.dial("queue")
    wait_in_queue(rig, ask, call, 1)
    ask(agent="error/USER_BUSY", free=True)
    wait_until(lambda: ask(agent="nobody", free=False) == {"waiting": 1, "free": 0}, "the caller to wait again")
    ask(agent="loopback/1002", free=True)
    assert rig.event("CHANNEL_BRIDGE", call)
    assert "error" in ask(agent=3)


def test_the_queue_survives_garbage_and_a_caller_that_hangs_up_before_the_bridge(fake_switch, start_example):
    need_node()
    agents_endpoint = free_endpoint()
    start_example("node", "node/queue.mjs", fake_switch.endpoint, "queue", agents_endpoint)
    fake_switch.receive({"method": "service.register"})
    fake_switch.send_garbage()
    assert fake_switch.offer("one", 1)["params"]["app"] == "playback"
    with zmq.Context() as context, context.socket(zmq.REQ) as agent:
        agent.linger, agent.rcvtimeo = 0, PATIENCE_S * 1000
        agent.connect(agents_endpoint)
        for text in (*GARBAGE, b'{"agent":"loopback/1001","free":true}'):
            agent.send(text)
            reply = agent.recv_json()
    assert reply == {"waiting": 0, "free": 0}
    bridge = fake_switch.receive({"method": "call.execute"})
    broken = fake_switch.receive({"method": "call.break"})
    for request in (bridge, broken):
        fake_switch.send(id=request["id"], error={"code": -32004, "message": "no such call"})
    assert fake_switch.offer("two", 2)["params"]["call"] == "two"


def test_the_smallest_program_of_the_documentation_takes_calls(callswitch, start_example):
    program, = re.findall(r"```python\n(.*?)```", (ROOT / "docs/calls.md").read_text(), re.DOTALL)
    endpoint = free_endpoint()
    start_example(sys.executable, "-c", program.replace("tcp://127.0.0.1:5580", endpoint))
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT)])
    for call in [rig.dial() for _ in range(3)]:
        end = rig.event("CHANNEL_HANGUP_COMPLETE", call)
        assert (end["variable_zmq_result"], end["variable_current_application"]) == ("released", "playback")
        assert rig.event("CHANNEL_ANSWER", call)


def test_the_greeter_in_c_hands_each_call_over_to_the_next_service(callswitch, start_example, tmp_path):
    program = tmp_path / "greet"
    subprocess.run(["gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, EXAMPLES / "c/greet.c",
                    "-lzmq", "-ljansson"], check=True, timeout=60)
    endpoint = free_endpoint()
    process = start_example(program, endpoint, "queue", TONE)
    rig = callswitch([ivr_xml(connect=[endpoint], **PATIENT), service_xml("queue", **PATIENT)])
    agent = rig.worker("queue")
    for number in range(5):
        call = rig.dial(f"ivr number={number}")
        controlled = agent.accept()
        params = controlled.offer["params"]
        assert (params["call"], params["data"]) == (call, {"args": [f"number={number}"]})
        assert [step["app"] for step in params["executed"]] == ["answer", "playback"]
        controlled.do("release")
        assert controlled.end()["reason"] == "released"
    garbage = rig.context.socket(zmq.DEALER)
    garbage.linger = 0
    garbage.connect(endpoint)
    for text in (b"", b"{", b"[]", b"{}", json.dumps({"method": 3, "id": 1}).encode()):
        garbage.send_multipart([b"", text])
    rig.dial("ivr last")
    assert agent.offer()["params"]["data"] == {"args": ["last"]}
    garbage.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
