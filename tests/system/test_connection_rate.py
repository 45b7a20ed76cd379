# SPDX-License-Identifier: MPL-2.0
"""The limit on new connections of one address: those over it are closed at once, and succeed when they try again."""

import functools
import json
import socket
import threading

import pytest
import zmq

from conftest import PATIENCE_S, api_socket_xml, config_xml, free_endpoint, stream_xml, wait_until
from tool import Ports, environment, free_ports, run
from zmtp import raw_connect

SLOW = {"address-connections-per-second": 1, "address-connections-burst": 2}
CLIENTS = 30


def config(ports, settings):
    events, api = ports
    return config_xml([stream_xml(binds=[events])], settings, [api_socket_xml(binds=[api])])


def endings(daemon, what, name):
    status = daemon.status()
    sockets = status["streams"] if what == "stream" else status["api"]["sockets"]
    return sockets[0]["endings"].get(name, 0)


def some_are_turned_away(daemon, endpoint, what):
    """Makes connections as fast as possible. True if some of them are turned away."""
    peers = [raw_connect(endpoint) for _ in range(20)]
    first = [peer.recv(1) for peer in peers]  # the first byte of a greeting; empty if closed
    for peer in peers:
        peer.close()
    return b"" in first and endings(daemon, what, "address-rate") > 0


def test_connections_over_the_rate_are_closed_counted_and_logged_until_a_reload_lifts_it(fszmqd):
    ports = [free_endpoint() for _ in range(2)]
    daemon = fszmqd(console=True, config=config(ports, SLOW), endpoint=ports[0])
    for endpoint, what, owner in zip(ports, ("stream", "API socket"), ("stream ", "API socket ")):
        wait_until(functools.partial(some_are_turned_away, daemon, endpoint, what), "some to be turned away")
        line = daemon.wait_log("closed a new connection from tcp://127.0.0.1:")
        assert owner in line and "too many new connections a second from one address" in line
    daemon.reload(config(ports, {"address-connections-per-second": 0}))
    daemon.wait_log("reload")
    before = endings(daemon, "stream", "address-rate")
    assert not some_are_turned_away(daemon, ports[0], "stream")
    assert endings(daemon, "stream", "address-rate") == before


def test_clients_that_connect_all_at_once_succeed_by_trying_again(fszmqd):
    ports = [free_endpoint() for _ in range(2)]
    settings = {"address-connections-per-second": 20, "address-connections-burst": 5}
    daemon = fszmqd(console=True, config=config(ports, settings), endpoint=ports[0])
    context = zmq.Context()
    clients = [context.socket(zmq.DEALER) for _ in range(CLIENTS)]
    for client in clients:
        client.linger, client.rcvtimeo = 0, PATIENCE_S * 1000
        client.connect(ports[1])
    for client in clients:
        client.send_json({"jsonrpc": "2.0", "id": 1, "method": "server.ping"})
    for client in clients:
        assert "result" in json.loads(client.recv())
    wait_until(lambda: daemon.status()["api"]["sockets"][0]["clients"] == CLIENTS,
               "all to be connected")
    for client in clients:
        client.close()
    context.term()


# ---- the tool ----------------------------------------------------------------------------------------------


class Closer:
    """Listens on a port, sends `words` on each connection and closes it."""

    def __init__(self, words=b""):
        self.words, self.ended = words, threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0.05)
        self.endpoint = f"tcp://127.0.0.1:{self.server.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        while not self.ended.is_set():
            try:
                peer, _ = self.server.accept()
            except TimeoutError:
                continue
            with peer:
                peer.sendall(self.words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.server.close()


@pytest.mark.parametrize("command", (["api", "status"], ["clients"], ["stats"], ["kick", "4711"]), ids=" ".join)
def test_a_command_that_is_turned_away_tries_again_and_runs(command, fszmqd, tmp_path):
    ports = free_ports()
    settings = {"address-connections-per-second": 1, "address-connections-burst": 1}
    daemon = fszmqd(console=True, config=config(ports, settings), endpoint=ports.events)

    def runs_though_it_was_turned_away():
        before = endings(daemon, "API socket", "address-rate")
        # kick fails, because no client has that id; but its request arrived
        errors = run(*command, env=environment(tmp_path, ports), code=1 if command[0] == "kick" else 0).stderr
        assert ("not sent" not in errors) if command[0] == "kick" else errors == ""
        return endings(daemon, "API socket", "address-rate") > before

    wait_until(runs_though_it_was_turned_away, "a command that connects too early")


def test_a_command_that_is_always_turned_away_reports_it_at_the_end(tmp_path):
    with Closer() as closer:
        env = environment(tmp_path, Ports(closer.endpoint, closer.endpoint))
        errors = run("api", "--timeout=1", "status", env=env, code=3).stderr
    assert "no connection to the switch in time" in errors and "closes new connections at once" in errors
    for name in ("endings.address-rate", "endings.connections", "address-connections-per-second", "connections-max"):
        assert name in errors
    assert "does not speak ZeroMQ" not in errors


@pytest.mark.parametrize("words", (b"220 mail.example.com ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"))
def test_a_command_reports_at_once_that_the_port_belongs_to_something_else(words, tmp_path):
    with Closer(words) as closer:
        env = environment(tmp_path, Ports(closer.endpoint, closer.endpoint))
        errors = run("api", "--timeout=600", "status", env=env, code=3).stderr
    assert "it does not speak ZeroMQ" in errors and "no connection to the switch" in errors
