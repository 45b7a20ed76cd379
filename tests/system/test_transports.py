# SPDX-License-Identifier: MPL-2.0
"""Every transport, from a real fszmqd to a real subscriber. Multicast uses the loopback address."""

import json
import os
import pathlib
import stat
import time

import pytest

from conftest import config_xml, stream_xml
from transports import (
    LIMITS, addresses, assert_whole, has_ipv6, may_use_raw_sockets, need, receive_envelope, whole_call,
)

O_CLOEXEC = 0o2000000
TRANSPORTS = ["tcp4", "tcp6", "wildcard", "interface", "ipc", "abstract", "epgm", "pgm"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_subscriber_gets_every_event_of_a_call(fszmqd, sub, tmp_path, transport):
    need(transport)
    bound, connected = addresses(transport, tmp_path)
    events = sub(connected)
    fszmqd(calls_per_second=20, config=config_xml([stream_xml(binds=[bound], **LIMITS)]))
    assert_whole(whole_call(lambda: json.loads(events.recv())))


@pytest.mark.parametrize("transport", ["tcp4", "ipc", "abstract", "epgm", "pgm"])
def test_envelopes_have_no_gap(fszmqd, sub, tmp_path, transport):
    need(transport)
    bound, connected = addresses(transport, tmp_path)
    events = sub(connected)
    fszmqd(calls_per_second=20, config=config_xml([stream_xml(binds=[bound], framing="envelope", **LIMITS)]))
    last, epochs = None, set()
    end = time.monotonic() + 60
    while last is None or last < 1000:
        assert time.monotonic() < end, f"only {last} events in a minute"
        topic, meta, event = receive_envelope(events)
        epochs.add(meta["epoch"])
        if topic.startswith("."):
            assert last is None or meta["seq"] == last
        else:
            assert last is None or meta["seq"] == last + 1
            assert topic.startswith(event["Event-Name"] + "/")
        last = meta["seq"]
    assert len(epochs) == 1


@pytest.mark.parametrize("transport", ["tcp4", "ipc", "epgm"])
def test_daemon_connects_to_a_subscriber_that_binds(fszmqd, sub, tmp_path, transport):
    address, _ = addresses(transport, tmp_path)
    events = sub(address.replace("//lo;", "//127.0.0.1;"), bind=True)
    fszmqd(calls_per_second=20, config=config_xml([stream_xml(connect=address, **LIMITS)]))
    assert_whole(whole_call(lambda: json.loads(events.recv())))


def test_ipc_file_has_the_permissions_configured(fszmqd, tmp_path):
    path = tmp_path / "events"
    fszmqd(config=config_xml([stream_xml(binds=[f"ipc://{path}"], ipc_mode="0640")]))
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o640


def open_across_exec(pid):
    """Descriptors above 2, and their targets, that a program started by that process would inherit."""
    leaks = {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            info = pathlib.Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        flags = next(line.split()[1] for line in info.splitlines() if line.startswith("flags:"))
        if int(entry.name) > 2 and not int(flags, 8) & O_CLOEXEC:
            leaks[entry.name] = target
    return leaks


def test_every_descriptor_is_closed_across_exec(fszmqd, sub, tmp_path):
    transports = [t for t in TRANSPORTS if (t != "pgm" or may_use_raw_sockets()) and (t != "tcp6" or has_ipv6())]
    pairs = [addresses(t, tmp_path) for t in transports]
    binding, _ = addresses("tcp4", tmp_path)
    subscribers = [sub(connected) for _, connected in pairs] + [sub(binding, bind=True)]
    streams = [stream_xml(f"s{i}", binds=[bound], **LIMITS) for i, (bound, _) in enumerate(pairs)]
    daemon = fszmqd(calls_per_second=20, config=config_xml(
        [*streams, stream_xml("out", connect=binding), stream_xml("in", binds=["inproc://events"])]))
    for events in subscribers:
        events.recv()
    assert open_across_exec(daemon.pid) == {}
    time.sleep(2)  # heartbeats, NAKs and statistics of the multicast libraries
    assert open_across_exec(daemon.pid) == {}
