# SPDX-License-Identifier: MPL-2.0
"""FreeSWITCH forks for `system`: none of our code may run, leak or keep a port open in the child."""

import json
import os
import pathlib
import signal
import time

import pytest
import zmq

from switch import config_xml, free_port, stream_xml, wait_until

FORKS = 2000 if os.environ.get("FSZ_SOAK") == "1" else 300
BACKGROUND = 5
CLOSE_ON_EXEC = 0o2000000  # as in /proc/PID/fdinfo


def multicast_endpoints():
    """{transport: (endpoint of the stream, endpoint of a subscriber)} for the transports that work here."""
    found = {}
    for number, transport in enumerate(("epgm", "pgm"), 1):
        if zmq.has("pgm") and (transport != "pgm" or os.geteuid() == 0):
            group = f"127.0.0.1;239.192.77.{number}:{free_port()}"
            found[transport] = (f"{transport}://{group}", f"{transport}://{group}")
    return found


class Everywhere:
    """The module with a stream and a subscriber on each transport."""

    def __init__(self, switch, watcher):
        self.switch = switch
        self.tcp, ipc = f"tcp://127.0.0.1:{free_port()}", f"ipc://{switch.folder}/events"
        multicast = multicast_endpoints()
        streams = [stream_xml(self.tcp, name="tcp", framing="envelope"), stream_xml(ipc, name="ipc", framing="envelope")]
        streams += [stream_xml(sends, name=transport, multicast_rate_kbit=20000, multicast_recovery_ms=5000)
                    for transport, (sends, _) in multicast.items()]
        receives = {"tcp": self.tcp, "ipc": ipc, **{name: address for name, (_, address) in multicast.items()}}
        switch.configure(config_xml(*streams, stream_xml("inproc://events", name="inproc")))
        self.watched = {name: watcher(address, wait=False) for name, address in receives.items()}
        for watched in self.watched.values():
            wait_until(watched.latest, "a watcher to start")
        self.before = descriptors(switch)
        assert switch.load() == "+OK", switch.log_path.read_text()[-2000:]
        assert "+OK" in switch.api("inproc_probe start inproc://events")
        for watched in self.watched.values():
            watched.wait_event()
        # Those of the module and of its subscribers' connections; the switch opens none meanwhile.
        self.opened = {fd: name for fd, name in descriptors(switch).items() if self.before.get(fd) != name}

    def probe_count(self):
        return int(self.switch.api("inproc_probe count").split()[0])


def descriptors(switch):
    """{number: target} of the switch's open files."""
    found = {}
    for entry in pathlib.Path(f"/proc/{switch.pid}/fd").iterdir():
        try:
            found[int(entry.name)] = os.readlink(entry)
        except OSError:
            pass  # closed meanwhile
    return found


@pytest.fixture
def everywhere(switch, watcher):
    assert switch.load("mod_inproc_probe") == "+OK"
    try:
        yield Everywhere(switch, watcher)
    finally:
        switch.api("inproc_probe stop")
        assert switch.unload("mod_inproc_probe").startswith("+OK")


def kill_tree(pid):
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            kill_tree(int(child))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def test_every_descriptor_of_ours_is_close_on_exec(switch, everywhere):
    """Those of the load, the subscribers and their connections, on every transport."""
    assert sum(name.startswith("socket:") for name in everywhere.opened.values()) >= 5
    leaking = {}
    for fd, name in everywhere.opened.items():
        try:
            info = pathlib.Path(f"/proc/{switch.pid}/fdinfo/{fd}").read_text()
        except OSError:
            continue
        if not int(info.partition("flags:")[2].split()[0], 8) & CLOSE_ON_EXEC:
            leaking[fd] = name
    assert not leaking


@pytest.mark.timeout(1800 if FORKS > 300 else 300)
def test_forks_under_full_event_load_crash_nothing(switch, everywhere, calls):
    mark, pid, count = switch.log_mark(), switch.pid, everywhere.probe_count()
    load, begin = calls(per_second=10), time.monotonic()
    done, before = switch.folder / "forks", set(switch.children())  # children of bg_system in other tests remain
    done.write_bytes(b"")
    for number in range(FORKS // 2):
        answer = switch.api("originate loopback/fork/default &sleep(1)")  # system, from the dialplan
        # On a busy machine the call may have ended already.
        assert answer.startswith(("+OK", "-ERR NORMAL_CLEARING")), answer
        assert switch.api(f"system echo {number}").strip() == str(number)
    for _ in range(BACKGROUND):
        assert "+OK" in switch.api(f"bg_system printf x >> {done}")
    wait_until(lambda: done.stat().st_size == BACKGROUND, "every child to do its work")
    load.stop()
    print(f"{FORKS} forks in {time.monotonic() - begin:.1f} s; over {', '.join(everywhere.watched)}")
    switch.wait_idle()
    # FreeSWITCH never waits for the children of bg_system.
    wait_until(lambda: len(set(switch.children()) - before) <= BACKGROUND, "the children to be gone")
    assert switch.pid == pid and switch.is_alive()
    assert not [line for line in switch.log_since(mark).splitlines() if "[CRIT]" in line or "[ERR]" in line]
    assert everywhere.probe_count() - count > FORKS
    for name, watched in everywhere.watched.items():
        state = watched.finish()
        assert state["invalid"] == 0 and state["received"] > FORKS, (name, state)
        assert name not in ("tcp", "ipc") or (state["lost"] == 0 and state["epochs"] == 1), (name, state)


def test_children_that_outlive_an_unload_keep_nothing_open(switch, everywhere, calls, subscriber):
    load = calls(per_second=20)
    for _ in range(5):
        assert "+OK" in switch.api("bg_system exec sleep 300")
        assert switch.api("system sleep 300 >/dev/null 2>&1 & echo $!").strip()
    wait_until(lambda: len(sleeping(switch)) == 10, "the children")
    sleepers, children = sleeping(switch), switch.children()
    try:
        for pid in sleepers:
            inherited = {os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
            assert not {name for name in inherited & set(everywhere.opened.values()) if name.startswith("socket:")}
        switch.api("inproc_probe stop")
        assert switch.unload().startswith("+OK")
        assert all(pathlib.Path(f"/proc/{pid}").exists() for pid in sleepers)
        mark = switch.log_mark()
        assert switch.load() == "+OK"  # on the same ports
        status = json.loads(switch.api("zmq status json"))
        assert all(endpoint["open"] for stream in status["streams"] for endpoint in stream["endpoints"]), status
        assert "[ERR]" not in switch.log_since(mark)
        subscriber(everywhere.tcp)
        load.stop()
    finally:
        for pid in [*sleepers, *children]:
            kill_tree(pid)
    wait_until(lambda: not sleeping(switch), "the children to be gone")


def sleeping(switch):
    """The processes `sleep 300` left by commands of this switch."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == b"sleep\x00300\x00" and os.readlink(path.parent / "cwd") == str(switch.folder):
                found.append(int(path.parent.name))
        except OSError:
            pass  # it has ended
    return found
