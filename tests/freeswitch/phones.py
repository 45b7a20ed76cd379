# SPDX-License-Identifier: MPL-2.0
"""Phones: sipp with the SIP profile that requires a password."""

import shutil
import subprocess

from switch import HERE, PATIENCE_S, free_port

DOMAIN = "example.org"
MISSING = "no sipp here: install sip-tester"


def are_here():
    return shutil.which("sipp") is not None


def run(switch, scenario, user, password, count=1, at_once=1, **keys):
    """True if sipp's scenario succeeded `count` times."""
    extra = [word for name, value in keys.items() for word in ("-key", name, str(value))]
    done = subprocess.run(
        ["sipp", f"127.0.0.1:{switch.phones_port}", "-sf", str(HERE / "sipp" / f"{scenario}.xml"), "-s", user,
         "-au", user, "-ap", password, "-m", str(count), "-l", str(at_once), "-r", str(at_once), "-i", "127.0.0.1",
         "-p", str(free_port()), "-timeout", str(PATIENCE_S), "-nostdin", *extra],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=switch.folder, check=False,
        timeout=2 * PATIENCE_S)
    return done.returncode == 0


def register(switch, user, password, **how):
    return run(switch, "register", user, password, **how)


def call(switch, user, password, number, **how):
    return run(switch, "call", user, password, number=number, **how)
