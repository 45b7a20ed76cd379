# SPDX-License-Identifier: MPL-2.0
"""Many calls at once, controlled by workers that are killed one after another: the end of every call is accounted for.

FSZ_CALLS is their number (48); docs/performance.md has 1000."""

import os
import signal
import time

import pytest

import callers
from callfixtures import Endings, subscriber_of
from switch import wait_until

CALLS = int(os.environ.get("FSZ_CALLS", 48))
WORKERS = 4
RATE = 40  # calls per second
KILLS, BETWEEN_S = 3, 5 if CALLS >= 1000 else 2
STAY_S = CALLS / RATE + KILLS * BETWEEN_S + 4  # so that all are up at once, and some stay
WHOLE_S = 120 + 2 * STAY_S


@pytest.fixture
def big_switch(start_switch):
    """A switch with enough media ports for many calls."""
    switch = start_switch(rtp_ports=max(400, 4 * CALLS))
    yield switch
    switch.api("hupall")
    wait_until(lambda: switch.unload().startswith("+OK"), "the module to unload")


@pytest.fixture
def pool(processes):
    """Factory: pool(endpoint) is a list of controllers; replace() kills one and starts another."""

    class Pool:
        def __init__(self, endpoint):
            self.start = lambda: processes(endpoint, "callcontroller.py", STAY_S)
            self.all = [self.start() for _ in range(WORKERS)]
            self.working = list(self.all)

        def replace(self):
            self.working.pop(0).signal(signal.SIGKILL)
            self.working.append(self.start())
            self.all.append(self.working[-1])

        def output(self, what):
            return [each for worker in self.all for each in worker.output if each["what"] == what]

    return Pool


@pytest.mark.skipif(not callers.are_here(), reason="no sipp here: install sip-tester")
@pytest.mark.timeout(WHOLE_S + 120)
def test_each_of_many_calls_ends_accounted_while_workers_are_killed(big_switch, call_service, subscriber, pool,
                                                                    tmp_path):
    switch = big_switch
    served = call_service(on=switch, calls_max=10000, requests_max=10000)
    ended, workers = Endings(subscriber_of(subscriber, served.stream)), pool(served.api_socket)
    calling = callers.Callers(switch, "zmq-ivr", CALLS, RATE, CALLS, tmp_path, WHOLE_S)
    try:
        wait_until(lambda: served.status()["calls"]["controlled"] == CALLS, "all calls to be under control", WHOLE_S)
        for _ in range(KILLS):
            workers.replace()
            time.sleep(BETWEEN_S)
        assert calling.wait(WHOLE_S) == 0, calling.errors()
    finally:
        calling.stop()
    endings = ended.first(CALLS)
    assert {each["Hangup-Cause"] for each in endings} == {"NORMAL_CLEARING"}
    assert {each["variable_zmq_result"] for each in endings} == {"accepted"}
    assert not [each for each in endings if "variable_went_on" in each]
    check_accounts(workers, endings, served)
    wait_until(lambda: switch.api("show channels").strip() == "0 total.", "no channel")


def check_accounts(workers, endings, served):
    """Each call was taken as often as it was offered. Only its last worker got its end, not the killed ones."""
    calls = {each["Unique-ID"] for each in endings}
    took, resumed = workers.output("took"), [each for each in workers.output("took") if each["resumed"]]
    assert {each["call"] for each in took} == calls and resumed, "no call outlived its worker"
    ends = [each["call"] for each in workers.output("end") if each["reason"] == "hangup"]
    wait_until(lambda: served.status()["calls"]["controlled"] == 0, "no call to be under control")
    assert len(ends) == len(set(ends)) and set(ends) <= calls
    status = served.status()["calls"]
    print(f"{CALLS} calls, {KILLS} workers killed: {len(resumed)} resumed; {status}")
    assert status["lost"] >= len(resumed)
