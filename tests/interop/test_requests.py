# SPDX-License-Identifier: MPL-2.0
"""REQ and DEALER of each implementation send requests to our ROUTER, in either order of start and through restarts."""

import pytest

import checks
import peers
import rig

ENOUGH = 12
LARGE_BYTES = 1 << 20


@pytest.mark.peers(patterns=peers.REQUESTING, every_language=True, full_mechanisms=peers.EVERY_MECHANISM)
def test_a_client_that_is_there_first_is_answered_until_and_after_a_restart_of_the_host(
        name, pattern, mechanism, host, client, endpoint):
    asking = client(name, pattern, endpoint, timeout=1000, **rig.client_security(mechanism))
    served = {"router_bind": endpoint, **rig.host_security(mechanism)}
    first = host(**served)
    asking.wait_messages(ENOUGH)
    first.kill()
    mark = asking.mark()
    host(**served)
    asking.wait_messages(ENOUGH, mark)
    checks.answers(asking.messages())


@pytest.mark.peers(patterns=peers.REQUESTING, every_language=True)
def test_a_client_that_comes_and_comes_again_has_each_request_answered(
        name, pattern, mechanism, host, client, endpoint):
    served = host(router_bind=endpoint, **rig.host_security(mechanism))
    for _ in range(2):
        asking = client(name, pattern, endpoint, **rig.client_security(mechanism))
        checks.all_answers(checks.answered_numbers(asking.wait_messages(ENOUGH)))
        asking.kill()
    served.wait_event("ended", count=2)
    assert [event["type"] for event in served.events("ready")] == [pattern.upper()] * 2
    assert {event["version"] for event in served.events("ready")} == {peers.PEERS[name].version}


@pytest.mark.peers(patterns=peers.REQUESTING, mechanisms=("PLAIN", "CURVE"))
def test_a_client_with_security_has_each_request_answered(name, pattern, mechanism, host, client, endpoint):
    test_a_client_that_comes_and_comes_again_has_each_request_answered(
        name, pattern, mechanism, host, client, endpoint)


@pytest.mark.peers(patterns=peers.REQUESTING, mechanisms=("NULL", "CURVE"))
def test_large_requests_come_back_whole(name, pattern, mechanism, host, client, endpoint):
    host(router_bind=endpoint, **rig.host_security(mechanism))
    asking = client(name, pattern, endpoint, size=LARGE_BYTES, timeout=20000, window=3,
                    **rig.client_security(mechanism))
    for frames in asking.wait_messages(3):
        assert frames[-1] == rig.shown(rig.pattern_bytes(LARGE_BYTES))


@pytest.mark.peers(patterns=("dealer",))
def test_ten_thousand_requests_in_a_row_are_answered_in_order(name, pattern, mechanism, host, client, endpoint):
    host(router_bind=endpoint)
    asking = client(name, pattern, endpoint, window=2500, pace=0, timeout=20000)
    checks.all_answers(checks.answered_numbers(asking.wait_messages(10_000)))


@pytest.mark.peers(patterns=peers.REQUESTING, mechanisms=("NULL", "CURVE"))
def test_a_host_that_connects_answers_a_client_that_is_bound(name, pattern, mechanism, host, client, endpoint):
    served = host(router_connect=endpoint, **rig.host_security(mechanism))
    for _ in range(2):
        asking = client(name, pattern, endpoint, bind=1, **rig.client_security(mechanism))
        checks.answers(asking.wait_messages(ENOUGH))
        asking.kill()
    assert all(event["dialed"] for event in served.events("ready"))


def test_clients_on_ipc_are_answered(host, client, tmp_path):
    endpoint = f"ipc://{tmp_path}/requests"
    host(router_bind=endpoint)
    for name in ("c", "python"):
        if peers.prepared().get(name):
            continue
        checks.answers(client(name, "req", endpoint).wait_messages(ENOUGH))
