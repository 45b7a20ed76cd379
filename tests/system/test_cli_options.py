# SPDX-License-Identifier: MPL-2.0
"""The short options of fszmq have the same meaning in every command that has them; help fits the terminal."""

import re
import subprocess

import pytest
from conftest import PATIENCE_S, find_program

COMMANDS = (["tail"], ["api"], ["job"], ["call"], ["send"], ["stats"], ["clients"], ["kick"], ["shell"], ["keygen"],
            ["user"])


def help_of(command, columns="80"):
    return subprocess.run([find_program("fszmq"), *command, "--help"], capture_output=True, text=True, check=True,
                          timeout=PATIENCE_S, env={"COLUMNS": columns, "LC_ALL": "C.UTF-8"}).stdout


def test_short_options_have_one_meaning_in_all_commands():
    meanings = {}
    for command in COMMANDS:
        for letter, name in re.findall(r"^  -(\w), --([a-z-]+)", help_of(command), re.MULTILINE):
            meanings.setdefault(letter, set()).add(name)
    assert meanings["e"] == {"event"} and meanings["a"] == {"endpoint"} and meanings["j"] == {"json"}
    assert meanings["h"] == {"help"}


@pytest.mark.parametrize("columns", ["45", "60", "80", "132"])
@pytest.mark.parametrize("command", [[], *COMMANDS])
def test_help_fits_the_width_of_the_terminal(command, columns):
    text = help_of(command, columns)
    assert max(map(len, text.splitlines())) <= int(columns)


def test_help_has_the_same_words_at_every_width():
    for command in COMMANDS:
        assert help_of(command, "50").split() == help_of(command, "132").split()
