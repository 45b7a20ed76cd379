# SPDX-License-Identifier: MPL-2.0
"""Calls in the module under AddressSanitizer and LeakSanitizer: every way in which a call leaves."""

import signal

import pytest

from phone import Phone
from sanitizer import OURS, reports
from switch import wait_until

ROUNDS = 4
LONG = "tone_stream://%(60000,0,440)"


def one_round(switch, call_service, workers, worker_of):
    """Refused, silent, released, handed over, bridged, hung up, lost: each call ends."""
    call_service(on=switch, lease_ms=900, attempt_ms=300, deadline_ms=600)
    phones, process = [], worker_of()
    phones.append(Phone(switch.sip_port).call("lost-continue-answer-zmq-ivr"))
    process.wait("plays")
    worker = workers(capacity=50)
    process.signal(signal.SIGKILL)

    def take(number="answer-zmq-ivr"):
        phones.append(Phone(switch.sip_port).call(number))
        return worker.take()

    phones.append(Phone(switch.sip_port).call("zmq-ivr"))
    worker.refuse()
    controlled = [take() for _ in range(4)]
    controlled[0].execute("set", "a=1", wait=True)
    controlled[0].do("release")
    controlled[1].do("bridge", other=controlled[2].call)
    controlled[3].do("subscribe", events=["*"])
    controlled[3].execute("playback", LONG)
    phones[-1].hangup()
    for each in controlled:
        each.end()
    late = take()
    late.do("hand-over", service="ivr", data={"a": 1})
    late.end()
    phones.append(Phone(switch.sip_port).call("zmq-ivr"))
    switch.api("hupall")
    switch.wait_idle()
    for phone in phones:
        phone.close()


@pytest.mark.timeout(600)
def test_calls_touch_no_wrong_memory_and_leak_none(sanitized, call_service, workers, processes, tmp_path):
    switch = sanitized
    for number in range(ROUNDS):
        one_round(switch, call_service, workers, lambda: processes(call_service.served.api_socket))
        if number == ROUNDS - 1:
            (tmp_path / "look").touch()
        force = "-f " if number % 2 else ""
        wait_until(lambda: switch.api(f"unload {force}mod_event_zmq").startswith("+OK"), "the module to unload")
    wait_until(lambda: not (tmp_path / "look").exists(), "the look for leaks")
    found = reports(switch.output_path.read_text(errors="replace"))
    print(f"{ROUNDS} rounds; {len(found)} reports, of ours: {sum(map(bool, map(OURS.search, found)))}")
    assert any("lose_on_purpose" in text for text in found)  # the check has run
    assert not [text for text in found if OURS.search(text)]
