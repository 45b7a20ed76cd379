# SPDX-License-Identifier: MPL-2.0
"""Ports for the programs that tests start."""

import itertools
import os
import random
import socket

QUIET = range(10000, 32000)  # below those that the system assigns to connections


class Ports:
    """Gives out the ports of a range in random order. Processes of pytest-xdist that run side by side get different
    ports."""

    def __init__(self, ports=QUIET):
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        own = list(ports[worker % workers::workers])
        random.shuffle(own)
        self._count, self._ports = len(own), itertools.cycle(own)

    def free(self):
        """A port that no program listens on now. A port is given out again only after all others."""
        for port in itertools.islice(self._ports, self._count):
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise RuntimeError("all ports of the range are in use")
