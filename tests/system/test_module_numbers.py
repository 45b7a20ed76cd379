"""The module takes no number from FreeSWITCH's headers that another release may have moved.

Without a FreeSWITCH; tests/freeswitch/test_versions.py compares the code that the headers give."""

import re

import pytest

from conftest import ROOT

# Asked of the running switch (src/module/numbers.h), or numbers that inline functions of the headers compile in.
ASKED = re.compile(r"\b(?:SWITCH_EVENT_(?!SUBCLASS_ANY\b)|SWITCH_CAUSE_|SWITCH_XML_SECTION_)\w+"
                   r"|\bswitch_event_create_plain\b|\bswitch_dtmf_t\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SOURCES = sorted((ROOT / "src/module").glob("*.[ch]"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_numbers_that_may_move_are_asked_for(source):
    found = ASKED.findall(COMMENT.sub("", source.read_text()))
    assert not found, f"ask for it in numbers.c: {found}"


def test_every_flag_is_in_the_documented_table():
    """A flag must be numbered below those that fit.c checks; the table says which are used."""
    table = (ROOT / "docs/freeswitch-versions.md").read_text()
    used = {flag for source in SOURCES for flag in re.findall(r"\bCF_(\w+)", COMMENT.sub("", source.read_text()))}
    missing = {flag for flag in used if not re.search(rf"`(CF_)?{flag}`", table)}
    assert used and not missing
