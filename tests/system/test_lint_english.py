# SPDX-License-Identifier: MPL-2.0
"""tools/check-english on small files: what it finds, and what it leaves alone."""

import pathlib
import subprocess
import sys

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check-english"
WAY = "under way"  # english: ok
FAULT = f"The work is {WAY}"
RATHER = 'rather "in progress, in flight"'


@pytest.fixture
def check(tmp_path):
    """check(name, text): the exit status and the lines of the tool for a file with that text."""

    def run(name, text):
        path = tmp_path / name
        path.write_text(text)
        return run_tool(path)

    return run


def run_tool(*paths):
    done = subprocess.run([sys.executable, TOOL, *paths], text=True, capture_output=True)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    "name, text, line",
    [
        ("page.md", f"# Title\n\n{FAULT}.\n", 3),
        ("page.md", "Text\nis under\nway.\n", 2),  # english: ok
        ("page.scd", f"page(1)\n\n{FAULT}.\n", 3),
        ("code.c", f"int x;\n/* {FAULT}. */\n", 2),
        ("page.md", "Under way.\n", 1),  # english: ok
        ("code.c", "/* One line,\n * and is under\n * way. */\n", 2),
        ("code.h", f"int x; // {FAULT}\n", 1),
        ("code.c", f'puts("%d: {FAULT}");\n', 1),
        ("code.c", 'puts("first\\n"\n     "under "\n     "way");\n', 2),  # english: ok
        ("code.c", f'puts("\\n{WAY}");\n', 1),
        ("keys.def", f'KEY("a", 1,\n    "{FAULT}.")\n', 2),
        ("code.py", f"x = 1  # {FAULT}\n", 1),
        ("code.py", f'def f():\n    """{FAULT}."""\n', 2),
        ("code.mjs", f"let x // {FAULT}\n", 1),
        ("code.sh", f"true\n# {FAULT}\n", 2),
        ("script", f"#!/usr/bin/python3\n# {FAULT}\n", 2),
        ("conf.xml", f"<a/>\n<!-- {FAULT} -->\n", 2),
    ],
)
def test_phrase_is_found_with_its_line(check, name, text, line):
    status, lines = check(name, text)
    assert status == 1
    assert lines[-1] == "1 files, 1 faults"
    assert lines[0].rsplit("/", 1)[1].replace("Under", "under") == f'{name}:{line}: "{WAY}": {RATHER}'


@pytest.mark.parametrize(
    "name, text",
    [
        ("page.md", "The work is in progress.\n"),
        ("page.md", f"```\n{FAULT}\n```\n"),
        ("page.md", f"Some `{FAULT}` code, and a [link](under%20way).\n"),
        ("page.md", "It is under `x` way.\n"),
        ("code.c", f"int under, way = {WAY};\n"),
        ("code.c", "int under /* of */ way;\n"),
        ("code.c", "/* under */ int x; /* way */\n"),
        ("code.c", f"char quote = '\"'; int {WAY}; char other = '\"';\n"),
        ("code.py", "x = under + way\n"),
        ("code.sh", f"{WAY} ${{x#{WAY}}}\n"),
        ("conf.xml", f'<a b="{WAY}"/>\n'),
    ],
)
def test_code_is_not_taken_for_prose(check, name, text):
    assert check(name, text) == (0, ["1 files, 0 faults"])


def test_capital_in_a_rule_matches_only_a_capital(check):
    assert check("page.md", "We know who waits for it.\n")[0] == 0
    assert check("page.md", "Who waits is woken.\n")[0] == 1  # english: ok


@pytest.mark.parametrize("text", ["int fsz_desk_new;", "int FSZ_DESK", "a->desk", "/* the Desk */"])  # english: ok
def test_old_name_is_found_in_code_too(check, text):
    status, lines = check("code.c", text + "\n")
    assert status == 1
    assert lines[0].endswith('code.c:1: "desk": rather "service client"')  # english: ok


def test_part_of_a_word_is_not_a_name(check):
    assert check("code.c", "int desktop, helpdesk;\n")[0] == 0


def test_line_with_an_exception_is_left_alone(check):
    assert check("code.c", f"int x; /* {FAULT} */ /* english: ok */\n")[0] == 0
    assert check("code.c", f"/* english: ok */\nint x; /* {FAULT} */\n")[0] == 1


def test_nothing_to_look_at_is_a_failure(tmp_path):
    assert run_tool(tmp_path / "missing") == (1, ["0 files, 0 faults"])
