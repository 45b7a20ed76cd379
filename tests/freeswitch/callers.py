# SPDX-License-Identifier: MPL-2.0
"""Many SIP calls from sipp(1), which the switch ends."""

import pathlib
import shutil
import subprocess

from switch import HERE, free_port

SCENARIO = HERE / "sipp" / "stay.xml"


def are_here():
    return shutil.which("sipp") is not None


class Callers:
    """A running sipp: `count` calls, `rate` per second, up to `at_once` at a time."""

    def __init__(self, switch, number, count, rate, at_once, folder, seconds):
        self.folder = pathlib.Path(folder)
        self.output = open(self.folder / "sipp.output", "wb")
        self.process = subprocess.Popen(
            ["sipp", f"127.0.0.1:{switch.sip_port}", "-sf", str(SCENARIO), "-s", number, "-i", "127.0.0.1",
             "-mi", "127.0.0.1", "-p", str(free_port()), "-m", str(count), "-r", str(rate), "-l", str(at_once),
             "-nd", "-nostdin", "-timeout", f"{seconds}s", "-trace_err", "-error_file", str(self.folder / "sipp.err")],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, cwd=self.folder)

    def wait(self, seconds):
        """Its exit status: 0 if every call ended as expected."""
        return self.process.wait(seconds)

    def errors(self):
        path = self.folder / "sipp.err"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.output.close()
