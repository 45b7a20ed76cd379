# SPDX-License-Identifier: MPL-2.0
"""Each page that shows a client links to docs/clients.md, and its programs set the options required there."""

import re

import pytest
from conftest import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "examples/README.md", *(ROOT / "docs").glob("*.md"),
                *(ROOT / "docs/protocol").glob("*.md")])
SHOWS_A_CLIENT = re.compile(r"zmq\.(SUB|REQ|DEALER)\b|\b(SUB|REQ|DEALER) socket|a client is a")
SOURCES = sorted(path for path in (ROOT / "examples").rglob("*.*")
                 if "node_modules" not in path.parts and path.suffix not in (".md", ".json", ".sql"))


def programs():
    """(name, text) of each program in examples/ and on the pages."""
    yield from ((str(path.relative_to(ROOT)), path.read_text()) for path in SOURCES)
    for page in PAGES:
        for number, text in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)):
            yield f"{page.name} {number}", text


PROGRAMS = dict(programs())
ASKS = re.compile(r"zmq\.(REQ|DEALER)\b|new (Request|Dealer)\(|ZMQ_(REQ|DEALER)\b")
SUBSCRIBES = re.compile(r"zmq\.SUB\b|new Subscriber\(|ZMQ_SUB\b|SOCKET_SUB\b|socket_type::sub|ZMQ\.SUB\b|ZMQ::SUB\b")


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "clients.md"
                                  and SHOWS_A_CLIENT.search(page.read_text())],
                         ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_that_shows_a_client_links_to_the_clients_page(page):
    assert "clients.md" in page.read_text()


@pytest.mark.parametrize("name", [name for name, text in PROGRAMS.items() if "connect(" in text and ASKS.search(text)])
def test_a_program_that_sends_requests_queues_nothing_while_the_switch_is_away(name):
    assert re.search("immediate", PROGRAMS[name], re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name, text in PROGRAMS.items() if "pgm://" not in text
                                  and SUBSCRIBES.search(text)])
def test_a_program_that_subscribes_detects_a_dead_connection(name):
    assert re.search("heartbeat|keepalive", PROGRAMS[name], re.IGNORECASE)
