# SPDX-License-Identifier: MPL-2.0
"""Load, reload and unload repeatedly, while clients send all kinds of requests."""

import json
import time

import pytest

from apiload import ApiLoad
from switch import free_port, wait_until
from apifixtures import api_socket_config

ROUNDS, WARM_UP, GROWTH_MB = 20, 5, 25


def one_round(switch, load, good, other, bad):
    switch.configuration.write_text(good)
    assert switch.load() == "+OK"
    for text, begins in ((other, "+OK"), (bad, "-ERR"), (good, "+OK")):
        before = load.answers
        wait_until(lambda: load.answers > before + 20, "answers")
        switch.configuration.write_text(text)
        assert switch.api("zmq reload").startswith(begins)
    assert json.loads(switch.api("zmq status json"))["reloads"] == 2
    assert switch.unload().startswith("+OK")  # with commands and jobs in progress


def configurations(endpoint):
    """Three configurations with that API socket: the second has other workers, the third a mistake."""
    stream = f"tcp://127.0.0.1:{free_port()}"
    good = api_socket_config(stream, endpoint, linger_ms=100)
    return good, api_socket_config(stream, endpoint, linger_ms=100, workers=3, workers_stuck=1), \
        good.replace("api-socket name", "api-socket nahme")


@pytest.mark.timeout(300)
def test_rounds_under_requests_leave_nothing_behind(switch):
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    good, other, bad = configurations(endpoint)
    load, before = ApiLoad(endpoint), None
    try:
        for number in range(WARM_UP + ROUNDS):
            if number == WARM_UP:
                before = switch.descriptors(), switch.resident_mb()
            one_round(switch, load, good, other, bad)
    finally:
        load.stop()
    switch.api("hupall")
    switch.wait_idle()
    time.sleep(1)  # late commands return, into code that stayed in memory
    after = switch.descriptors(), switch.resident_mb()
    print(f"{load.answers} answers, {load.errors} errors; {before}, then {after}")
    assert after[0] <= before[0] + 2 and after[1] - before[1] < GROWTH_MB
    assert load.errors > ROUNDS  # deadlines, unknown commands and calls
