# SPDX-License-Identifier: MPL-2.0
"""The module compiles in no number of FreeSWITCH's headers that differs between releases.

This needs no FreeSWITCH. tests/freeswitch/test_versions.py compares the code that the headers produce."""

import re

import pytest

from conftest import ROOT

# Numbers that src/module/numbers.h gets from the running switch, or that inline functions of the headers use.
ASKED = re.compile(r"\b(?:SWITCH_EVENT_(?!SUBCLASS_ANY\b)|SWITCH_CAUSE_|SWITCH_XML_SECTION_)\w+"
                   r"|\bswitch_event_create_plain\b|\bswitch_dtmf_t\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SOURCES = sorted((ROOT / "src/module").glob("*.[ch]"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_numbers_that_may_differ_come_from_the_running_switch(source):
    found = ASKED.findall(COMMENT.sub("", source.read_text()))
    assert not found, f"get it from the switch in numbers.c: {found}"


def test_every_flag_is_in_the_documented_table():
    """The number of a flag must be below those that fit.c checks. The table lists the flags in use."""
    table = (ROOT / "docs/freeswitch-versions.md").read_text()
    used = {flag for source in SOURCES for flag in re.findall(r"\bCF_(\w+)", COMMENT.sub("", source.read_text()))}
    missing = {flag for flag in used if not re.search(rf"`(CF_)?{flag}`", table)}
    assert used and not missing
