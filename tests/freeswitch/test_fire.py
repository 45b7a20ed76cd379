# SPDX-License-Identifier: MPL-2.0
"""Every SIP call succeeds, whatever happens to the module and its subscribers."""

import random
import shutil
import signal
import socket
import subprocess
import time

import pytest

from sanitizer import reports
from switch import config_xml, free_port, stream_xml, wait_until

CALLS, PER_SECOND = 400, 20
SIPP_S = 120  # bound; the calls take 20 s
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
RANDOM = random.Random(20261125)
GARBAGE = [b"GET / HTTP/1.1\r\n\r\n", bytes(4096), b"\xff" * 4096, RANDOM.randbytes(50000), GREETING[:10], GREETING,
           GREETING + RANDOM.randbytes(3000), GREETING + b"\x06" + b"\x7f" * 8]


@pytest.fixture(params=["plain", "sanitized"])
def fired_at(request):
    """The switch under test."""
    return request.getfixturevalue("switch" if request.param == "plain" else "sanitized")


@pytest.fixture
def sip_calls(fired_at):
    """A running sipp; its exit status is 0 if each call succeeded."""
    if not shutil.which("sipp"):
        pytest.skip("no sipp here: install sip-tester")
    switch = fired_at
    process = subprocess.Popen(
        ["sipp", "-sn", "uac", "-s", "hold", "-i", "127.0.0.1", "-p", str(free_port()), "-r", str(PER_SECOND),
         "-m", str(CALLS), "-d", "300", "-timeout", str(SIPP_S), "-nostdin", f"127.0.0.1:{switch.sip_port}"],
        cwd=switch.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={"TERM": "dumb"})
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


class Abuse:
    """The disturbances in turn; each leaves the module loaded and its ports open."""

    def __init__(self, switch, watcher):
        self.switch, self.watcher = switch, watcher
        self.tcp, self.api = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        self.ipc = f"{switch.folder}/fire"
        api_socket = stream_xml(self.api, name="default").replace("stream", "api-socket")
        stream = stream_xml(self.tcp, f"ipc://{self.ipc}", framing="envelope", handshake_timeout_ms=1000)
        more = stream_xml(f"tcp://127.0.0.1:{free_port()}", name="more", events="CHANNEL_*")
        self.good = config_xml(stream, api_sockets=[api_socket], linger_ms=500)
        self.other = config_xml(stream, more, api_sockets=[api_socket], linger_ms=500)
        self.sockets, self.steady = [], None

    def begin(self):
        self.switch.configure(self.good)
        assert self.switch.load() == "+OK"
        self.steady = self.watcher(self.tcp)

    def connect(self, address):
        family, where = (socket.AF_UNIX, address)
        if address.startswith("tcp://"):
            family, where = socket.AF_INET, ("127.0.0.1", int(address.rpartition(":")[2]))
        peer = socket.socket(family)
        peer.connect(where)
        return peer

    def garbage(self):
        for address in (self.tcp, self.ipc, self.api):
            for data in GARBAGE:
                with self.connect(address) as peer:
                    try:
                        peer.sendall(data)
                    except OSError:
                        pass  # already disconnected

    def half_open(self):
        for address in (self.tcp, self.ipc, self.api) * 10:
            self.sockets.append(self.connect(address))
            self.sockets[-1].sendall(GREETING[: len(self.sockets) % len(GREETING)])

    def stop_and_kill(self):
        killed, stopped = self.watcher(self.tcp), self.watcher(f"ipc://{self.ipc}")
        stopped.signal(signal.SIGSTOP)
        killed.process.kill()

    def reload(self):
        for text, answer in ((self.other, "+OK"), (self.good.replace("envelope", "morse"), "-ERR"), (self.good, "+OK")):
            self.switch.configuration.write_text(text)
            assert self.switch.api("zmq reload").startswith(answer)

    def load_again(self):
        epochs = self.steady.latest()["epochs"]
        assert self.switch.unload().startswith("+OK")
        assert self.switch.load() == "+OK"
        wait_until(lambda: self.steady.latest()["epochs"] > epochs, "the good subscriber to be back")

    def close(self):
        for each in self.sockets:
            each.close()


@pytest.mark.timeout(SIPP_S + 120)
def test_every_sip_call_succeeds_under_all_disturbances_at_once(fired_at, sip_calls, watcher):
    switch, abuse, rounds = fired_at, Abuse(fired_at, watcher), 0
    mark = switch.log_mark()
    abuse.begin()
    kinds = (abuse.garbage, abuse.half_open, abuse.stop_and_kill, abuse.reload, abuse.load_again)
    end = time.monotonic() + SIPP_S
    while sip_calls.poll() is None:
        assert time.monotonic() < end
        kinds[rounds % len(kinds)]()
        rounds += 1
    output = sip_calls.stdout.read()
    abuse.close()
    print(f"{CALLS} calls, {rounds} rounds of abuse; the good subscriber: {abuse.steady.latest()}")
    assert sip_calls.returncode == 0, output[-3000:]
    assert rounds >= len(kinds)
    received = abuse.steady.latest()["received"]
    wait_until(lambda: abuse.steady.latest()["received"] > received, "more events for the good subscriber")
    last = abuse.steady.finish()
    assert last["epochs"] == 1 + rounds // len(kinds) and last["lost"] == 0 and last["invalid"] == 0
    assert switch.unload().startswith("+OK")
    switch.wait_idle()
    assert "[CRIT]" not in switch.log_since(mark)
    assert not reports(switch.output_path.read_text(errors="replace"))
