# SPDX-License-Identifier: MPL-2.0
"""Fixtures: programs that end with the test.

    def test_x(host, client):
        served = host(pub_bind=endpoint)            # started, ready
        peer = client("go", "sub", endpoint, subscribe="t0.")

Tests with the argument `name` run once for each peer that fits their marks:

    @pytest.mark.peers(patterns=("sub",), mechanisms=("CURVE",), only=lambda peer: peer.pings)
    def test_x(name, pattern, mechanism, …)

The default of `mechanisms` is ("NULL",). A test marked every_language runs for all peers, any other test for one peer
of each implementation. The other combinations, and those of full_mechanisms, are marked slow.

JeroMQ 0.6.0 sometimes connects and then sends nothing: 7 of 300 times to a libzmq ROUTER, 3 of 120 times to ours. A
failed test of it runs again, at most four times, but only if the host had such a peer."""

import pytest
from _pytest.runner import runtestprotocol

import peers
import rig

RUNS_WHEN_MUTE = 5
QUICK = ("c", "pyzmq", "jeromq-old", "jeromq", "go", "rust")  # one of each implementation


def pytest_configure(config):
    config.addinivalue_line("markers", "peers(patterns, mechanisms, only, every_language, full_mechanisms): see above")
    config.addinivalue_line("markers", "slow: run by `make check`, not by `make test`")


def combinations(marks):
    """A parameter set (name, pattern, mechanism) for each peer that supports it."""
    only = marks.get("only", lambda peer: True)
    mechanisms = marks.get("mechanisms", ("NULL",))
    names = peers.PEERS if marks.get("every_language") else QUICK
    for pattern in marks["patterns"]:
        for mechanism in marks.get("full_mechanisms", mechanisms):
            for name, peer in peers.PEERS.items():
                if pattern in peer.patterns and mechanism in peer.mechanisms and only(peer):
                    quick = name in names and mechanism in mechanisms
                    yield pytest.param(name, pattern, mechanism, marks=() if quick else pytest.mark.slow)


def pytest_generate_tests(metafunc):
    mark = metafunc.definition.get_closest_marker("peers")
    if mark:
        metafunc.parametrize("name,pattern,mechanism", list(combinations(mark.kwargs)))


@pytest.fixture(autouse=True)
def built(request):
    """Skips the test if the peer cannot be built here; fails it if the build failed."""
    name = peer_of(request.node)
    state = peers.prepared().get(name, {}) if name else {}
    if "unavailable" in state:
        pytest.skip(f"{name}: {state['unavailable']}")
    if "failed" in state:
        pytest.fail(f"{name}: {state['failed']}")


def peer_of(item):
    return item.callspec.params.get("name") if hasattr(item, "callspec") else None


def pytest_runtest_protocol(item, nextitem):
    if peer_of(item) != peers.SOMETIMES_MUTE:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(RUNS_WHEN_MUTE):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not (any(report.failed for report in reports) and getattr(item, "had_mute_peer", False)):
            break
        print(f"\n{item.nodeid}: the peer connected and never spoke; again")
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture
def _programs(request):
    started = []
    yield started
    request.node.had_mute_peer = any(isinstance(program, rig.Host) and program.had_mute_peer() for program in started)
    for program in started:
        if program.process.poll() is None:
            program.kill()
        print(program.describe())  # shown if the test fails


@pytest.fixture
def host(_programs):
    """host(pub_bind="tcp://…", heartbeat=100): a zmtp_host; a list repeats an option."""
    def start(**options):
        _programs.append(rig.Host(**options))
        return _programs[-1]
    return start


@pytest.fixture
def client(_programs):
    """client("go", "sub", endpoint, subscribe="t0."): a peer."""
    def start(name, pattern, endpoint, **options):
        _programs.append(rig.Client(name, pattern, endpoint, **options))
        return _programs[-1]
    return start


@pytest.fixture
def endpoint():
    return rig.free_endpoint()
