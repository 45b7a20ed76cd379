# SPDX-License-Identifier: MPL-2.0
"""docs/operations.md has every member of `zmq status json`."""

import re

from conftest import ROOT, binding_xml, api_socket_xml, config_xml, service_xml, stream_xml

PAGE = ROOT / "docs" / "operations.md"
# Objects whose members are names from elsewhere, or that another table lists by its own words.
OPEN = {"endings", "mechanisms", "latency_us", "requests", "host", "version", "protocol"}


def members(value, path=()):
    """The path of each member, without list positions: ("streams", "seq")."""
    if isinstance(value, list):
        for one in value:
            yield from members(one, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            if name not in OPEN:
                yield from members(inner, (*path, name))


def documented():
    """The words in backticks of the page: `queue.refused.low`, `.normal` and `providers[]` count as all their parts."""
    words = re.findall(r"`([^`\s]+)`", PAGE.read_text())
    return {part.removesuffix("[]") for word in words for part in word.split(".")}


def test_every_member_of_the_status_is_on_the_page(fszmqd):
    config = config_xml(
        [stream_xml(binds=["tcp://127.0.0.1:*"])], api_sockets=[api_socket_xml(bind="tcp://127.0.0.1:*")],
        services=[service_xml("crm", connect=["tcp://127.0.0.1:1"])],
        bindings=[binding_xml("directory", service="crm", sections="directory")],
    )
    daemon = fszmqd(console=True, config=config)
    names = documented()
    shown = set(members(daemon.status()))
    assert len(shown) > 100, "the status shows too little for this test to mean anything"
    missing = sorted(".".join(path) for path in shown
                     if path[-1] not in names and path[-1].removesuffix("_peak") not in names and path[-1] not in OPEN)
    assert not missing
