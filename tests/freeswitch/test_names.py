# SPDX-License-Identifier: MPL-2.0
"""Endpoints that connect to a name whose lookup is slow or fails."""

import json
import time

import pytest

from services import service_xml
from switch import config_xml, free_port, stream_xml, wait_until

LOOKUP_MS = 3000
QUICK_S = 2.5


@pytest.fixture
def slow_switch(start_switch, installation, tmp_path):
    """A switch in which the lookup of a name N.slow takes N milliseconds."""
    library = installation.build_library("slow_names.c", tmp_path)
    return start_switch(env={"LD_PRELOAD": str(library)})


def with_names(host):
    """A stream, a service and an API socket that connect to it, and a stream that binds the given endpoint, too."""
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    far = [f"tcp://{host}:{free_port()}" for _ in range(3)]
    connect = '<param name="connect" value="{}"/>'
    text = config_xml(stream_xml(endpoint), stream_xml(name="far", inner=connect.format(far[0])),
                      api_sockets=[f'<api-socket name="default">{connect.format(far[1])}</api-socket>'])
    services = f"<services>{service_xml('tested', far[2])}</services>"
    return endpoint, text.replace("</configuration>", f"{services}</configuration>")


def looks_up(switch):
    """Threads that look up names."""
    return [name for name in switch.threads() if name == "fszmq-resolver"]


def test_it_is_unloaded_and_loaded_again_while_a_name_is_looked_up(slow_switch, subscriber):
    switch = slow_switch
    endpoint, text = with_names(f"{LOOKUP_MS}.slow")
    switch.configure(text)
    for _ in range(3):
        assert switch.load() == "+OK"
        subscriber(endpoint)
        wait_until(lambda: looks_up(switch), "a look-up")
        begun = time.monotonic()
        assert switch.api("zmq reload").startswith("+OK")
        assert json.loads(switch.api("zmq status json"))["streams"]
        assert switch.unload().startswith("+OK")
        assert time.monotonic() - begun < QUICK_S
    wait_until(lambda: not looks_up(switch), "the look-ups to return")
    assert switch.load() == "+OK"
    subscriber(endpoint)
    assert switch.unload().startswith("+OK")
    assert switch.is_alive()
