# SPDX-License-Identifier: MPL-2.0
"""The programs of docs/from-esl.md print the output on the page with FreeSWITCH, as with fszmqd."""

import re
import subprocess
import sys

import pytest

from apifixtures import api_socket_config
from switch import PATIENCE_S, ROOT, free_port

PAGE = (ROOT / "docs/from-esl.md").read_text()
MODULE, *PROGRAMS = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(publisher, tmp_path):
    """A folder with the page's switch.py, for a stream and an API socket that allow everything."""
    events, api = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    publisher(xml=api_socket_config(events, api))
    text = MODULE[0].replace("tcp://localhost:5556", events).replace("tcp://localhost:5557", api)
    (tmp_path / "switch.py").write_text(text)
    return tmp_path


@pytest.mark.parametrize("program, output", PROGRAMS, ids=[str(number) for number in range(1, len(PROGRAMS) + 1)])
def test_program_prints_what_the_page_says(folder, program, output):
    program = program.replace("loopback/1000", "loopback/hold")  # an extension of this switch's dialplan
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=3 * PATIENCE_S, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (output, "", 0)
