# SPDX-License-Identifier: MPL-2.0
"""The output of bench/run, part by part, for docs/performance.md, which has a place for each part.

A place is between the lines `<!-- bench NAME -->` and `<!-- end -->`. It holds exactly what is printed for
the part, so a page filled by hand is the same as one filled by FSZ_PAGE=yes."""

import os
import pathlib
import platform
import re
import time

PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs/performance.md"


class Report:
    """Prints, and records the output and the goals that were met."""

    def __init__(self):
        self.parts, self.goals, self._lines = {}, [], None

    def begin(self, name, title, command):
        self._lines = self.parts[name] = []
        print(f"\n### {title}\n", flush=True)
        if command:
            self.put(f"`{command}`\n")

    def put(self, text):
        self._lines.append(text)
        print(text, flush=True)

    def table(self, head, rows):
        self.put("\n".join("| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)))

    def verdict(self, what, goal, figure, good):
        """Returns a table cell; the goal is also listed at the end."""
        self.goals.append([what, goal, figure, "met" if good else "**missed**"])
        return f"{goal}: {self.goals[-1][-1]}"

    def fill_page(self, whole):
        """Puts each part in its place; the list of goals only if it is `whole`."""
        text = PAGE.read_text()
        for name, lines in self.parts.items():
            if name == "goals" and not whole:
                continue
            place = re.compile(rf"(<!-- bench {name} -->\n).*?(<!-- end -->)", re.S)
            text, found = place.subn(lambda match, lines=lines: match[1] + "\n".join(lines) + "\n" + match[2], text)
            if not found:
                print(f"{PAGE.name} has no place for the part {name}.")
        PAGE.write_text(text)


class Machine:
    """The machine, and its other load during the measurement."""

    def __init__(self):
        self.load, self.start = os.getloadavg()[0], self._times()

    @staticmethod
    def _times():
        """Seconds: wall clock, processor time of all processes, of ours."""
        ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        idle = ticks[3] + ticks[4]
        return time.monotonic(), (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])

    def others_share(self):
        """The share of the processors used by others, including other virtual machines of the host."""
        passed, all_busy, ours = (now - then for now, then in zip(self._times(), self.start))
        return max(0, all_busy - ours) / (passed * os.cpu_count())

    def describe(self):
        model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
        return (f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores; "
                f"{system[1] if system else 'Linux'}, kernel {platform.release().split('-')[0]}. "
                f"Load average {self.load:.1f} when it began; meanwhile {self.others_share():.0%} of the processors "
                "went to other processes.")
