# SPDX-License-Identifier: MPL-2.0
"""Fixtures: an API socket that allows everything, and its clients; conftest.py exports them."""

import pytest
import zmq

from apiclient import ApiClient, ApiError
from switch import config_xml, free_port, stream_xml

RIGHTS = ("methods", "api", "json-api", "applications", "send-events", "variables", "events", "streams")
GROUPS = ("<groups><group name=\"default\">"
          + "".join(f'<param name="{right}" value="*"/>' for right in RIGHTS) + "</group></groups>")


def api_socket_config(stream, api_socket, **settings):
    """One stream, and one API socket that allows everything."""
    api_sockets = [f'<api-socket name="default"><param name="bind" value="{api_socket}"/></api-socket>']
    text = config_xml(stream_xml(stream), api_sockets=api_sockets, **settings)
    return text.replace("</configuration>", f"{GROUPS}</configuration>")


@pytest.fixture
def connect():
    """Factory of clients: connect(endpoint)."""
    context, clients = zmq.Context(), []

    def client(endpoint):
        clients.append(ApiClient(context, endpoint))
        return clients[-1]

    yield client
    for each in clients:
        each.close()
    context.term()


@pytest.fixture
def api_socket(publisher):
    """Loads the module with an API socket; returns its endpoint."""
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    publisher(xml=api_socket_config(f"tcp://127.0.0.1:{free_port()}", endpoint, linger_ms=500))
    return endpoint


@pytest.fixture
def api(api_socket, connect):
    client = connect(api_socket)
    assert client.call("server.ping") == {}
    return client


def parked_call(api, number="hold", variables=""):
    """Makes a call that is parked; returns its UUID."""
    answer = api.call("api", command="originate", arg=f"{variables}loopback/{number}/default &park()")
    assert answer["status"] == "ok", answer
    return answer["output"].split()[1]


def refused(api, code, method, **params):
    """The error of the request; checks its code."""
    with pytest.raises(ApiError) as caught:
        api.call(method, **params)
    assert caught.value.code == code, caught.value
    return caught.value


def exists(api, call):
    return api.call("api", command="uuid_exists", arg=call)["output"] == "true"


FIXTURES = ("connect", "api_socket", "api")
