# SPDX-License-Identifier: MPL-2.0
"""Calls between two states: FreeSWITCH runs queued applications there, and they end at once."""

import pytest

from apifixtures import api_socket_config, parked_call
from switch import free_port


@pytest.fixture
def api(start_switch, installation, tmp_path, connect):
    """A client of a switch whose calls take 50 ms between two states."""
    switch = start_switch(env={"LD_PRELOAD": str(installation.build_library("slow_states.c", tmp_path))})
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    switch.configure(api_socket_config(f"tcp://127.0.0.1:{free_port()}", endpoint))
    assert switch.load() == "+OK"
    return connect(endpoint)


def test_an_application_runs_on_a_call_that_was_just_originated(api):
    for _ in range(10):
        call = parked_call(api)
        result = api.call("call.execute", call=call, app="playback", arg="/no/such/file", wait=True)
        assert result["response"] == "FILE NOT FOUND"
        api.call("call.hangup", call=call)
