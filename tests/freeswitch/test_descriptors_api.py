"""A switch without a descriptor left: API clients that are connected lose no answer, and new ones come in later."""

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
    """Puts what goes wrong into `wrong`."""
    try:
        for number in range(QUESTIONS):
            assert client.call("api", command="echo", arg=str(number))["output"].strip() == str(number)
    except (AssertionError, zmq.Again) as error:
        wrong.append(error)


def test_connected_clients_lose_no_answer_and_new_ones_come_in_when_there_is_room(switch, channel, connect):
    old, wrong = [connect(channel) for _ in range(3)], []
    for client in old:
        assert client.call("server.ping") == {}
    with few_descriptors(switch):
        new = [connect(channel) for _ in range(NEW)]  # each tries again until it is let in
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
