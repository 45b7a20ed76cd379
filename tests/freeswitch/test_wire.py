# SPDX-License-Identifier: MPL-2.0
"""tcp and ipc run without libzmq: its threads exist only with an inproc endpoint."""

import json

from callfixtures import GROUPS, call_service_xml
from services import service_xml
from switch import config_xml, free_port, stream_xml, wait_until


def threads_of_libzmq(switch):
    """The names of libzmq's threads in the switch."""
    return [name for name in switch.threads() if name.startswith("ZMQ")]


def everything(switch, *binds):
    """Streams, API sockets and services over tcp and ipc, bound and connected, and more binds of the stream."""
    stream, api_socket = f"tcp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{free_port()}"
    api_sockets = [f'<api-socket name="default"><param name="bind" value="{api_socket}"/>'
                   f'<param name="bind" value="ipc://{switch.folder}/api"/></api-socket>']
    services = call_service_xml() + service_xml("tested", f"tcp://127.0.0.1:{free_port()}")
    text = config_xml(stream_xml(stream, f"ipc://{switch.folder}/events", *binds), api_sockets=api_sockets)
    return stream, api_socket, text.replace("</configuration>",
                                         f"{GROUPS}<services>{services}</services></configuration>")


def test_tcp_and_ipc_need_no_thread_of_libzmq(switch, subscriber, connect):
    stream, api_socket, text = everything(switch)
    switch.configure(text)
    assert switch.load() == "+OK"
    subscriber(stream)
    subscriber(f"ipc://{switch.folder}/events")
    for endpoint in (api_socket, f"ipc://{switch.folder}/api"):
        assert connect(endpoint).call("server.ping") == {}
    assert "fszmq-streams" in switch.threads() and not threads_of_libzmq(switch)
    status = json.loads(switch.api("zmq status json"))
    assert all(endpoint["open"] for each in status["streams"] for endpoint in each["endpoints"]), status["streams"]


def test_an_inproc_endpoint_that_a_reload_adds_has_threads_of_libzmq(switch, subscriber):
    stream, _, text = everything(switch)
    switch.configure(text)
    assert switch.load() == "+OK"
    subscriber(stream)
    assert not threads_of_libzmq(switch)
    switch.configure(text.replace(f'"ipc://{switch.folder}/events"', '"inproc://events"'))
    assert switch.api("zmq reload").startswith("+OK")
    assert threads_of_libzmq(switch)
    subscriber(stream)
    assert switch.unload().startswith("+OK")
    wait_until(lambda: not threads_of_libzmq(switch), "libzmq's threads to end")

