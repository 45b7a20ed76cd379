# SPDX-License-Identifier: MPL-2.0
"""The programs of docs/from-esl.md: each runs with fszmqd and prints the output that the page shows."""

import re
import subprocess
import sys

import pytest

from conftest import PATIENCE_S, ROOT, group_xml
from tool import ALL, free_ports, switch_xml

PAGE = (ROOT / "docs/from-esl.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE, re.DOTALL | re.MULTILINE)
MODULE, PROGRAMS = BLOCKS[0][0], BLOCKS[1:]


@pytest.fixture
def folder(fszmqd, tmp_path):
    """A folder with the page's switch.py, for a switch with calls that allows everything."""
    ports = free_ports()
    fszmqd(calls_per_second=20, endpoint=ports.events, config=switch_xml(ports, [group_xml("default", *ALL)]))
    text = MODULE
    for shown, real in (("tcp://localhost:5556", ports.events), ("tcp://localhost:5557", ports.api)):
        assert text.count(shown) == 1
        text = text.replace(shown, real)
    (tmp_path / "switch.py").write_text(text)
    return tmp_path


def test_page_has_a_module_and_programs_with_output():
    assert "class Switch" in MODULE
    assert len(PROGRAMS) >= 7 and all(output for _, output in PROGRAMS)


@pytest.mark.parametrize("program, output", PROGRAMS, ids=[str(number) for number in range(1, len(PROGRAMS) + 1)])
def test_program_prints_the_output_on_the_page(folder, program, output):
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=3 * PATIENCE_S, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (output, "", 0)


def test_client_queues_nothing_while_the_switch_is_away(tmp_path):
    ports = free_ports()
    text = MODULE.replace("tcp://localhost:5557", ports.api).replace("SNDTIMEO, 5000", "SNDTIMEO, 50")
    assert text != MODULE
    (tmp_path / "switch.py").write_text(text)
    program = ("import zmq\nfrom switch import Switch\ntry:\n    Switch().ask('api', command='hupall')\n"
               "except zmq.Again:\n    print('not sent')\n")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=3 * PATIENCE_S, check=False)
    assert done.stdout == "not sent\n", done.stderr
