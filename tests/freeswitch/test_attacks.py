# SPDX-License-Identifier: MPL-2.0
"""Calls under control, and other streams and API sockets, while admitted peers flood one stream and one API socket.

Required: no call is lost, no other client waits, and memory is bounded. FSZ_ATTACK_S sets the seconds that each flood
lasts. The bounds are generous, because the machine is busy with the floods themselves; `pytest -s` prints what
was measured."""

import contextlib
import json
import os
import threading
import time

import pytest
import zmq

import callers
from callfixtures import GROUPS, Process, call_service_xml
from flooder import KINDS
from switch import PATIENCE_S, config_xml, free_port, stream_xml, wait_until

CALLS, RATE = 50, 25
ATTACK_S = float(os.environ.get("FSZ_ATTACK_S", 1))
TOGETHER = 6  # times as long when all floods run at once
WHOLE_S = 240 + 2 * (len(KINDS) + TOGETHER) * ATTACK_S
ANSWER_S = 10
SWITCH_WAITS_S = 10  # FreeSWITCH waits that long for calls to leave an application before it calls the module
SILENCE_S = 10
GROWTH_MB, GROWTH_TOGETHER_MB = 100, 250  # all floods together fill all queues
HEARD_S = 0.05


class Attacked:
    """The configuration: a stream and an API socket under attack, and others."""

    def __init__(self, lease_ms):
        self.stream, self.api_socket, self.other_stream, self.other_api_socket = (
            f"tcp://127.0.0.1:{free_port()}" for _ in range(4))
        self.lease_ms = lease_ms

    def text(self, **stream):
        api_sockets = [f'<api-socket name="{name}"><param name="bind" value="{bind}"/></api-socket>'
                       for name, bind in (("default", self.api_socket), ("other", self.other_api_socket))]
        text = config_xml(stream_xml(self.stream, **stream), stream_xml(self.other_stream, name="other"),
                          api_sockets=api_sockets, linger_ms=500, address_connections_per_second=0)
        service = call_service_xml(lease_ms=self.lease_ms, calls_max=1000)
        return text.replace("</configuration>", f"{GROUPS}<services>{service}</services></configuration>")


class Longest:
    """The longest time between two beats, including the time since the last one."""

    def __init__(self):
        self.at, self.longest = time.monotonic(), 0

    def beat(self):
        now = time.monotonic()
        self.longest, self.at = max(self.longest, now - self.at), now

    def seconds(self):
        return max(self.longest, time.monotonic() - self.at)


class Heard:
    """A client of the other API socket that fires events, and a subscriber of the other stream that gets them."""

    def __init__(self, attacked):
        self.context, self.ending = zmq.Context(), threading.Event()
        self.answers, self.events = Longest(), Longest()
        self.threads = [threading.Thread(target=self._ask, args=(attacked.other_api_socket,), daemon=True),
                        threading.Thread(target=self._listen, args=(attacked.other_stream,), daemon=True)]
        for thread in self.threads:
            thread.start()

    def _ask(self, endpoint):
        with self.context.socket(zmq.DEALER) as sock:
            sock.linger, sock.rcvtimeo = 0, 1000
            sock.connect(endpoint)
            params = {"event": {"Event-Name": "CUSTOM", "Event-Subclass": "tests::attacks"}}
            for number in range(1 << 30):
                if self.ending.wait(HEARD_S):
                    return
                sock.send_json({"jsonrpc": "2.0", "id": number, "method": "event.send", "params": params})
                while not self.ending.is_set():
                    try:
                        answer = json.loads(sock.recv())
                    except zmq.Again:
                        continue
                    assert answer["id"] == number and "result" in answer, answer
                    self.answers.beat()
                    break

    def _listen(self, endpoint):
        with self.context.socket(zmq.SUB) as sock:
            sock.linger, sock.rcvtimeo = 0, 1000
            sock.setsockopt(zmq.SUBSCRIBE, b'{"Event-Name":"CUSTOM","Event-Subclass":"tests::attacks"')
            sock.setsockopt(zmq.SUBSCRIBE, b'{"Event-Name":"CUSTOM"')
            sock.connect(endpoint)
            while not self.ending.is_set():
                try:
                    sock.recv()
                    self.events.beat()
                except zmq.Again:
                    pass

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)
        self.context.term()


class Asked:
    """The longest time of each console command, run repeatedly."""

    def __init__(self, switch, *commands):
        self.connection, self.commands = switch.connect(), commands
        self.longest, self.wrong, self.ending = dict.fromkeys(commands, 0), [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.wait(0.1):
            for command in self.commands:
                begun = time.monotonic()
                answer = self.connection.api(command)
                self.longest[command] = max(self.longest[command], time.monotonic() - begun)
                if answer.startswith("-ERR"):
                    self.wrong.append(answer)

    def stop(self):
        self.ending.set()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive(), "a command is not answered"
        self.connection.close()
        assert not self.wrong, self.wrong[0]


@contextlib.contextmanager
def flooding(attacked, kinds):
    """Runs these floods."""
    with contextlib.ExitStack() as stack:
        flooders = []
        for kind in kinds:
            flooders.append(Process("flooder.py", kind, attacked.stream, attacked.api_socket))
            stack.callback(flooders[-1].end)
        yield flooders


def flood(attacked, kinds, seconds, switch):
    """Runs them for that time; returns the peak memory of the switch."""
    most, until = 0, time.monotonic() + seconds
    with flooding(attacked, kinds) as flooders:
        while time.monotonic() < until:
            most = max(most, switch.resident_mb())
            assert all(each.process.poll() is None for each in flooders), kinds
            time.sleep(0.1)
    return most


@pytest.fixture
def controlled_calls(start_switch, processes, tmp_path):
    """Factory: controlled_calls(lease_ms) is a switch whose calls a healthy worker controls, and its configuration."""
    started = []

    def start(lease_ms):
        switch, attacked = start_switch(), Attacked(lease_ms)
        switch.configure(attacked.text())
        assert switch.load() == "+OK", switch.log_path.read_text(errors="replace")[-3000:]
        processes(attacked.api_socket, "callcontroller.py", WHOLE_S)
        started.append((switch, callers.Callers(switch, "zmq-ivr", CALLS, RATE, CALLS, tmp_path, WHOLE_S)))
        wait_until(lambda: calls_of(switch)["controlled"] == CALLS, "all calls to be under control", 60)
        return switch, attacked

    yield start
    for switch, calling in started:
        switch.api("hupall")
        calling.stop()


def calls_of(switch):
    return json.loads(switch.api("zmq status json"))["calls"]


def check_calls(switch, kinds):
    calls = calls_of(switch)
    assert calls["controlled"] == CALLS and calls["lost"] == 0, f"{kinds}: {calls}"


def check_good_client(attacked, subscriber, connect):
    """A new client works on the attacked stream and API socket."""
    assert connect(attacked.api_socket).call("api", command="echo", arg="good")["output"].strip() == "good"
    subscriber(attacked.stream)


@pytest.mark.skipif(not callers.are_here(), reason="no sipp here: install sip-tester")
@pytest.mark.timeout(WHOLE_S)
@pytest.mark.parametrize("lease_ms,floods", [(3000, [*([kind] for kind in KINDS), list(KINDS)]),
                                             (1500, [list(KINDS)])], ids=["3s", "1.5s"])
def test_floods_of_admitted_peers_cost_no_call_and_no_time_of_others(controlled_calls, subscriber, connect, lease_ms,
                                                                     floods):
    switch, attacked = controlled_calls(lease_ms)
    heard, asked = Heard(attacked), Asked(switch, "zmq status", "zmq reload")
    before, most, figures = switch.resident_mb(), 0, []
    try:
        for kinds in floods:
            together = len(kinds) > 1
            most = flood(attacked, kinds, ATTACK_S * (TOGETHER if together else 1), switch)
            figures.append(f"{'+'.join(kinds)}: {most - before:.0f} MB more, silent for {heard.events.seconds():.2f} s, "
                           f"no answer for {heard.answers.seconds():.2f} s, {asked.longest}")
            print(figures[-1], flush=True)
            assert most - before < (GROWTH_TOGETHER_MB if together else GROWTH_MB), figures
            check_calls(switch, kinds)
            check_good_client(attacked, subscriber, connect)
    finally:
        heard.stop()
        asked.stop()
    assert heard.events.longest < SILENCE_S and heard.answers.longest < SILENCE_S, figures
    assert max(asked.longest.values()) < ANSWER_S, figures
    check_unload(attacked, switch)


def check_unload(attacked, switch):
    """It succeeds under all floods; the calls continue in their dialplan."""
    with flooding(attacked, KINDS):
        begun = time.monotonic()
        answer = switch.api("unload -f mod_event_zmq")
        took = time.monotonic() - begun
    print(f"unload -f: {took:.2f} s")
    assert answer.startswith("+OK") and took < SWITCH_WAITS_S + ANSWER_S, (answer, took)
    assert switch.is_alive()
