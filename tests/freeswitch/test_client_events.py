# SPDX-License-Identifier: MPL-2.0
"""Events CUSTOM fszmq::client are events of the switch: mod_event_socket has them too, and an unload leaves nothing."""

import json
import time

import pytest
import zmq

from switch import PATIENCE_S, config_xml, free_port, stream_xml, wait_until

CLIENT = b'{"Event-Name":"CUSTOM","Event-Subclass":"fszmq::client"'
ROUNDS = 10


@pytest.fixture
def sockets():
    """Factory: sockets(type, endpoint) is a connected one; all are closed when the test ends."""
    context, made = zmq.Context(), []

    def connect(kind, endpoint):
        made.append(context.socket(kind))
        made[-1].linger, made[-1].rcvtimeo = 0, PATIENCE_S * 1000
        if kind == zmq.SUB:
            made[-1].subscribe(CLIENT)
        made[-1].connect(endpoint)
        return made[-1]

    yield connect
    context.destroy(0)


def next_of(connection, action, owner):
    """The next client event of that action and owner on an Event Socket connection."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        event = json.loads(connection.next_event())
        if (event["Client-Action"], event["Client-Owner"]) == (action, owner):
            return event
    raise AssertionError(f"no {action} of {owner}")


def test_mod_event_socket_and_our_stream_have_the_same(switch, sockets):
    stream, api_socket = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    switch.configure(config_xml(stream_xml(stream), api_sockets=[
        f'<api-socket name="tested"><param name="bind" value="{api_socket}"/></api-socket>']))
    other = switch.connect()
    assert other.command("event json CUSTOM fszmq::client").startswith("+OK")
    assert switch.load() == "+OK"

    watching = sockets(zmq.SUB, stream)
    came = next_of(other, "connect", "stream/default")
    assert came["Event-Subclass"] == "fszmq::client" and came["Client-Mechanism"] == "NULL"
    asking = sockets(zmq.DEALER, api_socket)
    came = next_of(other, "connect", "api-socket/tested")
    wait_until(lambda: json.loads(switch.api("zmq status json"))["streams"][0]["subscriptions"] == 1, "the subscription")
    assert switch.api(f"zmq kick {came['Client-Id']}").startswith("+OK")
    ended = next_of(other, "disconnect", "api-socket/tested")
    assert ended["Client-Id"] == came["Client-Id"] and ended["Client-Reason"] == "kicked"
    seen = json.loads(watching.recv())
    while seen["Client-Action"] != "disconnect":
        seen = json.loads(watching.recv())
    assert {name: value for name, value in seen.items() if name.startswith(("Client-", "Event-", "Core-"))} == {
        name: value for name, value in ended.items() if name.startswith(("Client-", "Event-", "Core-"))}
    asking.close()
    other.close()


def test_unload_with_clients_that_come_and_go(switch, sockets):
    """Events are fired during each unload; the subclass is free again afterwards."""
    mark = switch.log_mark()
    for _ in range(ROUNDS):
        stream = f"tcp://127.0.0.1:{free_port()}"
        switch.configure(config_xml(stream_xml(stream)))
        assert switch.load() == "+OK"
        clients = [sockets(zmq.SUB, stream) for _ in range(20)]
        wait_until(lambda: clients.append(sockets(zmq.SUB, stream)) or clients[0].poll(100), "an event of another client")
        for client in clients[::2]:
            client.close()
        assert switch.unload().startswith("+OK")
        for client in clients[1::2]:
            client.close()
    freed = "Subclass reservation deleted for mod_event_zmq:fszmq::client"
    wait_until(lambda: switch.log_since(mark).count(freed) == ROUNDS, "as many reservations to be given back")
    assert "another module has reserved" not in switch.log_since(mark)
