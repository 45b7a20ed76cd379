# SPDX-License-Identifier: MPL-2.0
"""Helpers for tests of fszmq against a real fszmqd: a switch with an API socket, the tool, a terminal."""

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import termios
import time
from typing import NamedTuple

import pytest
import zmq

from conftest import PATIENCE_S, api_socket_xml, config_xml, find_program, free_endpoint, stream_xml

ALL = tuple((right, "*") for right in ("streams", "events", "methods", "api", "json-api", "applications",
                                       "send-events", "variables"))
LOOKING = (("streams", "*"), ("events", "*"), ("methods", "server.* api"), ("api", "status"), ("api", "echo *"))

AGAIN_S = 5  # after which Ctrl-C is typed again


class Ports(NamedTuple):
    events: str
    api: str


def free_ports():
    return Ports(*(free_endpoint() for _ in range(2)))


def switch_xml(ports, groups, settings=None, **both):
    """One stream and one API socket at `ports`. `both` are keys for both, such as security="curve"."""
    return config_xml([stream_xml(binds=[ports.events], **both)], settings,
                      [api_socket_xml(binds=[ports.api], **both)], groups)


def environment(folder, ports=None, **more):
    """The environment of a user whose home is `folder` and whose switch is at `ports`."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("FSZMQ_", "XDG_"))}
    at = {"FSZMQ_API": ports.api, "FSZMQ_EVENTS": ports.events} if ports else {}
    return {**own, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC", **at, **more}


def run(*args, env, code=0, stdin=""):
    """Runs the tool, which must end with `code`."""
    done = subprocess.run([find_program("fszmq"), *map(str, args)], input=stdin, capture_output=True, text=True,
                          env=env, timeout=PATIENCE_S, check=False)
    assert done.returncode == code, (done.args, done.stdout, done.stderr)
    return done


class Terminal:
    """The tool on its own terminal, started through the command `through` if given. `seen` is all its output."""

    def __init__(self, *args, env, through=()):
        master, slave = pty.openpty()
        self.fd, self.seen, self.passed = master, "", 0
        self.process = subprocess.Popen([*through, find_program("fszmq"), *map(str, args)], stdin=slave, stdout=slave,
                                        stderr=slave, env=env, start_new_session=True, preexec_fn=self._take)
        os.close(slave)

    @staticmethod
    def _take():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is a signal

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self):
        """All output so far, after a short wait for more."""
        self._read()
        return self.seen

    def _read(self):
        if not select.select([self.fd], [], [], 0.1)[0]:
            return
        try:
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        except OSError:  # the other side is closed
            time.sleep(0.1)

    def interrupt(self, pattern):
        """Types Ctrl-C and waits for this pattern. Types it again if nothing comes: the kernel sends the signal before
        it empties the terminal's buffers, so it may drop what the tool has written by then."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.type("\x03")
            found = self._search(pattern, min(deadline, time.monotonic() + AGAIN_S))
            if found:
                return found
        return pytest.fail(f"no {pattern!r} in {self.seen[self.passed:]!r}")

    def wait(self, pattern):
        """Waits for this pattern in the output after that of the last wait()."""
        return (self._search(pattern, time.monotonic() + PATIENCE_S)
                or pytest.fail(f"no {pattern!r} in {self.seen[self.passed:]!r}"))

    def _search(self, pattern, deadline):
        while time.monotonic() < deadline:
            found = re.compile(pattern).search(self.seen, self.passed)
            if found:
                self.passed = found.end()
                return found
            self._read()
        return None

    def wait_end(self, code=0):
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read()
        assert self.process.returncode == code, self.seen
        return self.seen

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)


class Requests:
    """A DEALER socket of PyZMQ, connected to an API socket."""

    def __init__(self, context, endpoint, **options):
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvtimeo = PATIENCE_S * 1000
        for name, value in options.items():
            setattr(self.socket, name, value)
        self.socket.connect(endpoint)

    def call(self, method, **params):
        """The reply, without its envelope: {"result": …} or {"error": …}."""
        self.socket.send_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        while True:
            reply = json.loads(self.socket.recv_multipart()[-1])
            if "id" in reply:
                return reply
