# SPDX-License-Identifier: MPL-2.0
"""Fixtures of the system tests. Each test has its own fszmqd on its own ports.

    def test_x(fszmqd, subscriber):
        daemon = fszmqd(calls_per_second=20)        # started and ready; ends with the test
        events = subscriber(daemon.endpoint)        # a SUB socket, subscribed to everything
        event = json.loads(events.recv())           # raises zmq.Again after 60 s

The programs come from FSZ_BUILD_DIR (default: build/dev of this tree).
"""

import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from xml.sax.saxutils import quoteattr

import pytest
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))

from testports import Ports  # noqa: E402

EXAMPLES = ROOT / "examples"
BUILD = pathlib.Path(os.environ.get("FSZ_BUILD_DIR") or ROOT / "build" / "dev")
MULTICAST_KBIT, MULTICAST_MS = 20000, 5000  # sender and receiver must agree
PATIENCE_S = 60  # limit of every wait, far above what a loaded machine needs

GARBAGE = (b"", b"{", b"\xff", b"[]", b"3", b"null", b'"text"', b"{}", b'{"id":1}', b'{"method":3,"id":2}',
           b'{"id":[],"params":3}', b'{"id":4,"method":"xml.fetch","params":{"params":null}}',
           b'{"id":5,"error":null,"result":[]}', b"[" * 100_000)  # no program may end because of these


def find_program(name):
    """The path of a program of this build."""
    for folder in (".", "src/daemon", "src/cli", "bench", "tests", "bin"):
        if (BUILD / folder / name).is_file():
            return str(BUILD / folder / name)
    pytest.fail(f"no {name} under {BUILD}: build it, or set FSZ_BUILD_DIR")


def need_node():
    """Skips the test if the examples for Node.js cannot run."""
    if shutil.which("node") is None or not (EXAMPLES / "node/node_modules/zeromq").is_dir():
        pytest.skip("node needs nodejs npm, then npm ci in examples/node")


free_port = Ports().free


def free_endpoint():
    return f"tcp://127.0.0.1:{free_port()}"


def wait_until(condition, what, seconds=PATIENCE_S):
    """Returns the first true value of condition(); fails the test if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    pytest.fail(f"waited {seconds} s for {what}")


def stream_xml(name="default", binds=(), acl="loopback.auto", inner="", **params):
    """A <stream>. Params are its keys, with _ for -, such as framing="envelope" or send_hwm=10."""
    lines = [("bind", bind) for bind in binds] + [("apply-inbound-acl", acl)]
    lines += [(key.replace("_", "-"), value) for key, value in params.items()]
    body = "".join(f'<param name={quoteattr(k)} value={quoteattr(str(v))}/>\n' for k, v in lines)
    return f"<stream name={quoteattr(name)}>\n{body}{inner}</stream>\n"


def api_socket_xml(name="default", **keys):
    """An <api-socket>, with the keywords of stream_xml()."""
    return stream_xml(name, **keys).replace("<stream ", "<api-socket ").replace("</stream>", "</api-socket>")


def group_xml(name, *grants):
    """A <group>. Grants are pairs such as ("api", "show *")."""
    body = "".join(f'<param name={quoteattr(k)} value={quoteattr(v)}/>\n' for k, v in grants)
    return f"<group name={quoteattr(name)}>\n{body}</group>\n"


def service_xml(name, connect=(), **keys):
    """A <service>. `connect` has its addresses; keys are written as for stream_xml()."""
    return group_xml(name, *(("connect", address) for address in connect),
                     *((key.replace("_", "-"), str(value)) for key, value in keys.items())
                     ).replace("<group ", "<service ").replace("</group>", "</service>")


def binding_xml(name, **keys):
    """A <binding>, with the keywords of stream_xml()."""
    return service_xml(name, **keys).replace("<service ", "<binding ").replace("</service>", "</binding>")


def config_xml(streams, settings=None, api_sockets=(), groups=None, services=(), bindings=()):
    """A whole event_zmq.conf.xml from the results of stream_xml(), api_socket_xml(), group_xml(), service_xml() and
    binding_xml(). Settings are {key: value}. Without `api_sockets` there is no API socket; without `groups`, the
    default groups apply."""
    params = "".join(
        f'<param name={quoteattr(k)} value={quoteattr(str(v))}/>\n' for k, v in (settings or {}).items()
    )
    return (
        f'<configuration name="event_zmq.conf">\n<settings>\n{params}</settings>\n'
        f"<streams>\n{''.join(streams)}</streams>\n"
        f"<api-sockets>\n{''.join(api_sockets)}</api-sockets>\n"
        + (f"<groups>\n{''.join(groups)}</groups>\n" if groups is not None else "")
        + f"<services>\n{''.join(services)}</services>\n<bindings>\n{''.join(bindings)}</bindings>\n"
        + "</configuration>\n"
    )


class Daemon:
    """A running fszmqd. `endpoint` is the address of its first stream, `log` the lines that it has logged."""

    def __init__(self, folder, endpoint, config, args, env):
        self.folder, self.endpoint, self.config_path = folder, endpoint, folder / "event_zmq.conf.xml"
        self.config_path.write_text(config)
        self.args, self.env = [str(a) for a in args], env
        self.process = None
        self.log = []
        self.start()

    def start(self):
        """Starts it; also again after stop() or kill()."""
        self._fresh = queue.Queue()
        self._output = queue.Queue()
        self.process = subprocess.Popen(
            [find_program("fszmqd"), "--switch", "sim", "--config", str(self.config_path), *self.args],
            stdin=subprocess.PIPE if "--console" in self.args else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **self.env}, bufsize=1,
        )
        threading.Thread(target=self._read, args=(self.process.stderr, self._note), daemon=True).start()
        threading.Thread(target=self._read, args=(self.process.stdout, self._output.put), daemon=True).start()

    @property
    def pid(self):
        return self.process.pid

    def _note(self, line):
        self.log.append(line)
        self._fresh.put(line)

    @staticmethod
    def _read(pipe, keep):
        for line in pipe:
            keep(line.rstrip("\n"))

    def wait_log(self, text):
        """Waits for a log line with this text. Lines that an earlier wait_log() has read do not count."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                line = self._fresh.get(timeout=0.1)
            except queue.Empty:
                if self.process.poll() is not None:
                    pytest.fail(f"fszmqd ended with {self.process.returncode}:\n" + "\n".join(self.log))
                continue
            if text in line:
                return line
        pytest.fail(f"no {text!r} in the log:\n" + "\n".join(self.log))

    def wait_ready(self):
        self.wait_log("ready")
        return self

    def command(self, line):
        """Runs a console command (needs console=True). Returns its output without the empty line at the end."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        output = []
        while True:
            part = self._output.get(timeout=PATIENCE_S)
            if part == "":
                return "\n".join(output)
            output.append(part)

    def status(self):
        """The counters (needs console=True)."""
        return json.loads(self.command("zmq status json"))

    def rss_bytes(self):
        return self._memory_bytes("VmRSS")

    def peak_rss_bytes(self):
        return self._memory_bytes("VmHWM")

    def _memory_bytes(self, name):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) << 10

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def reload(self, config=None):
        """Writes a new configuration, if given, and sends SIGHUP. Use wait_log() for the outcome."""
        if config is not None:
            self.config_path.write_text(config)
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number=signal.SIGTERM):
        """Ends it and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            pytest.fail("fszmqd did not end; its log:\n" + "\n".join(self.log))

    def kill(self):
        self.process.kill()
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def fszmqd():
    """Factory: fszmqd(calls_per_second=5, console=False, config=None, args=(), env={}, wait=True, **stream).

    Without `config` there is one stream `default` on a free TCP port of 127.0.0.1; further keywords are
    its keys (framing="envelope", events="CHANNEL_*"); `transport="ipc"` binds a socket file instead.
    With `config` (from config_xml()), pass `endpoint` if the test uses daemon.endpoint."""
    daemons, folders = [], []

    def start(calls_per_second=5, console=False, config=None, endpoint=None, args=(), env=None,
              settings=None, transport="tcp", wait=True, **stream):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="fsz-"))
        folders.append(folder)
        if endpoint is None:
            endpoint = free_endpoint() if transport == "tcp" else f"ipc://{folder}/events"
        if config is None:
            config = config_xml([stream_xml(binds=[endpoint], **stream)], settings)
        options = ["--calls-per-second", calls_per_second, *args] + (["--console"] if console else [])
        daemons.append(Daemon(folder, endpoint, config, options, env or {}))
        return daemons[-1].wait_ready() if wait else daemons[-1]

    yield start
    for daemon in daemons:
        if daemon.process.poll() is None:
            daemon.kill()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def subscriber():
    """Factory: subscriber(endpoint, prefix=b"", timeout_s=60) is a connected SUB socket.

    The subscription takes a moment to reach the publisher; earlier events are not received."""
    context = zmq.Context()
    sockets = []

    def connect(endpoint, prefix=b"", timeout_s=PATIENCE_S):
        sub = context.socket(zmq.SUB)
        sub.setsockopt(zmq.LINGER, 0)
        sub.setsockopt(zmq.RCVHWM, 0)
        sub.setsockopt(zmq.RCVTIMEO, timeout_s * 1000)
        sub.setsockopt(zmq.RECONNECT_IVL, 50)
        sub.setsockopt(zmq.SUBSCRIBE, prefix)
        sub.connect(endpoint)
        sockets.append(sub)
        return sub

    yield connect
    for sub in sockets:
        sub.close()
    context.term()


@pytest.fixture
def start_example():
    """start_example(argv) is a process in examples/, ended with the test."""
    processes = []

    def start(*argv):
        processes.append(subprocess.Popen([str(word) for word in argv], cwd=EXAMPLES, stdin=subprocess.DEVNULL))
        return processes[-1]

    yield start
    for each in processes:
        each.kill()
        each.wait()


@pytest.fixture
def callswitch(fszmqd):
    """Factory: callswitch(services=[ivr_xml()], groups=None, settings=None, args=(), rate=0) is a callrig.Switch."""
    from callrig import PATIENT, Switch, ivr_xml  # it imports this file

    context, switches = zmq.Context(), []

    def start(services=None, **options):
        services = [ivr_xml(**PATIENT)] if services is None else services
        switches.append(Switch(context, fszmqd, services, **options))
        return switches[-1]

    yield start
    for each in switches:
        each.close()
    context.term()


@pytest.fixture
def ports():
    """Free endpoints for a switch."""
    from tool import free_ports  # it imports this file

    return free_ports()


@pytest.fixture
def sub():
    """Factory: sub(address, bind=False, prefix=b"") is a SUB socket with the daemon's multicast limits.

    It has its own context, so that its I/O thread is in the network namespace of the caller."""
    opened = []

    def make(address, bind=False, prefix=b""):
        context = zmq.Context()
        events = context.socket(zmq.SUB)
        for option, value in ((zmq.LINGER, 0), (zmq.RCVHWM, 0), (zmq.RCVTIMEO, 15000), (zmq.IPV6, 1),
                              (zmq.RATE, MULTICAST_KBIT), (zmq.RECOVERY_IVL, MULTICAST_MS), (zmq.RECONNECT_IVL, 50)):
            events.setsockopt(option, value)
        events.setsockopt(zmq.SUBSCRIBE, prefix)
        (events.bind if bind else events.connect)(address)
        opened.append((context, events))
        return events

    yield make
    for context, events in opened:
        events.close()
        context.term()


def receive(sub, count):
    """Receives `count` events of a stream with framing `json`, as dictionaries."""
    return [json.loads(sub.recv()) for _ in range(count)]


def receive_until(sub, wanted, limit=20000):
    """Receives events up to and including the first one for which wanted(event) is true."""
    events = []
    while len(events) < limit:
        events.append(json.loads(sub.recv()))
        if wanted(events[-1]):
            return events
    pytest.fail(f"no matching event among {limit}")
