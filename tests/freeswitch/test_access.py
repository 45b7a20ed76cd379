# SPDX-License-Identifier: MPL-2.0
"""Access to streams and API sockets by FreeSWITCH's access lists."""

import json

import zmq

from apiclient import ApiClient
from switch import config_xml, free_port, stream_xml, wait_until


def counters(switch):
    return json.loads(switch.api("zmq status json"))["access"]


def test_a_list_of_the_switch_admits(switch, publisher, subscriber):
    subscriber(publisher(acl="this-host"))
    assert counters(switch)["admitted"] == 1 and counters(switch)["refused"] == 0


def test_a_list_that_denies_refuses_counts_and_logs_at_a_bounded_rate(switch, publisher, subscriber):
    mark = switch.log_mark()
    endpoint = publisher(acl="nobody")
    events = [subscriber(endpoint, wait=False) for _ in range(60)]
    wait_until(lambda: counters(switch)["refused"] >= 60, "every refusal to be counted")
    assert counters(switch)["admitted"] == 0
    assert not any(sub.poll(0) for sub in events)
    log = switch.wait_log(mark, "refused a connection from 127.0.0.1")
    refusals = [line for line in log.splitlines() if "refused a connection" in line]
    assert len(refusals) < 20 and '"default"' in refusals[0] and "apply-inbound-acl" in refusals[0]


def test_a_list_that_is_unknown_admits_nobody(switch, publisher, subscriber):
    endpoint = publisher(acl="no-such-list")
    sub = subscriber(endpoint, wait=False)
    wait_until(lambda: counters(switch)["refused"] > 0, "a refusal")
    assert not sub.poll(1500)


def test_lists_of_the_switch_protect_an_api_socket_too(switch, publisher):
    context = zmq.Context()
    for acl, admitted in (("nobody", False), ("this-host", True)):
        endpoint, stream = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        api_socket = (f'<api-socket name="default"><param name="bind" value="{endpoint}"/>'
                   f'<param name="apply-inbound-acl" value="{acl}"/></api-socket>')
        publisher(xml=config_xml(stream_xml(stream), api_sockets=[api_socket]))
        client = ApiClient(context, endpoint, timeout_s=20 if admitted else 2)
        if admitted:
            assert client.call("server.ping") == {}
        else:
            wait_until(lambda: counters(switch)["refused"] == 1, "a refusal")
            assert not client.socket.poll(500)
        client.close()
        assert counters(switch)["admitted"] == int(admitted)
        assert switch.unload().startswith("+OK")
    context.term()


def test_reload_opens_and_closes_a_stream(switch, publisher, subscriber):
    endpoint = publisher(acl="nobody")
    subscriber(endpoint, wait=False)
    wait_until(lambda: counters(switch)["refused"] == 1, "a refusal")
    switch.configuration.write_text(config_xml(stream_xml(endpoint, acl="loopback.auto")))
    assert switch.api("zmq reload").startswith("+OK")
    admitted = subscriber(endpoint)  # a new one: libzmq's clients give up after a refusal
    switch.configuration.write_text(config_xml(stream_xml(endpoint, acl="nobody")))
    assert switch.api("zmq reload").startswith("+OK")
    late = subscriber(endpoint, wait=False)
    wait_until(lambda: counters(switch)["refused"] == 2, "a refusal after the list was closed")
    assert not late.poll(1200)
    admitted.recv()  # lists are checked only when a connection is made
