# SPDX-License-Identifier: MPL-2.0
"""A switch without free descriptors: connected API clients lose no reply, and new ones are accepted later."""

import threading

import zmq

from switch import PATIENCE_S, wait_until
from test_descriptors import few_descriptors, status

QUESTIONS = 500
NEW = 40


def wait_refused(switch, count):
    wait_until(lambda: status(switch)["api"]["sockets"][0]["endings"].get("descriptors", 0) >= count,
               "connections that are refused")


def ask(client, wrong):
    """Appends errors to `wrong`."""
    try:
        for number in range(QUESTIONS):
            assert client.call("api", command="echo", arg=str(number))["output"].strip() == str(number)
    except (AssertionError, zmq.Again) as error:
        wrong.append(error)


def test_connected_clients_lose_no_reply_and_new_ones_are_accepted_later(switch, api_socket, connect):
    old, wrong = [connect(api_socket) for _ in range(3)], []
    for client in old:
        assert client.call("server.ping") == {}
    with few_descriptors(switch):
        new = [connect(api_socket) for _ in range(NEW)]  # each retries until it is accepted
        wait_refused(switch, NEW // 2)
        threads = [threading.Thread(target=ask, args=(client, wrong)) for client in old]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        assert not wrong, wrong
    for client in new:
        assert client.call("server.ping") == {}
