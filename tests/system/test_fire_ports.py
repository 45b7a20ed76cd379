# SPDX-License-Identifier: MPL-2.0
"""Endpoints that cannot be opened: port in use, missing directory, full disk, no descriptors."""

import pathlib
import resource
import shutil
import socket
import subprocess
import tempfile

import pytest

from conftest import PATIENCE_S, config_xml, free_endpoint, stream_xml, wait_until
from fire import Reader
from zmtp import raw_connect


def taken_port():
    """A listening socket, and the endpoint that it occupies."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening, f"tcp://127.0.0.1:{listening.getsockname()[1]}"


def streams_status(daemon):
    return {s["name"]: s for s in daemon.status()["streams"]}


def two_streams(free, taken):
    return config_xml([stream_xml("free", [free], framing="envelope"),
                       stream_xml("taken", [taken], framing="envelope")])


def test_port_in_use_is_reported_and_opened_when_free(fszmqd):
    listening, taken = taken_port()
    free = free_endpoint()
    daemon = fszmqd(calls_per_second=50, console=True, endpoint=free, config=two_streams(free, taken))
    line = next(line for line in daemon.log if "in use" in line)
    port = taken.rpartition(":")[2]
    assert f"port {port} is in use; find its owner with: ss -ltnp 'sport = :{port}'" in line and '"taken"' in line
    other = Reader(free)
    assert other.started.wait(PATIENCE_S)
    endpoint = streams_status(daemon)["taken"]["endpoints"][0]
    assert not endpoint["open"] and "in use" in endpoint["why"]
    listening.close()
    assert taken in daemon.wait_log("is open now")
    late = Reader(taken)
    assert late.started.wait(PATIENCE_S)
    assert late.ledger().lost == 0 and other.ledger().lost == 0


def test_reload_with_a_port_in_use_is_reported_and_changes_nothing(fszmqd):
    listening, taken = taken_port()
    free = free_endpoint()
    daemon = fszmqd(calls_per_second=50, console=True, endpoint=free,
                    config=config_xml([stream_xml("free", [free], framing="envelope")]))
    reader = Reader(free)
    assert reader.started.wait(PATIENCE_S)
    before = streams_status(daemon)
    daemon.reload(two_streams(free, taken))
    assert "find its owner with: ss -ltnp" in daemon.wait_log(taken)
    daemon.wait_log("the old one stays in effect")
    after = streams_status(daemon)
    assert list(after) == ["free"] and after["free"]["epoch"] == before["free"]["epoch"]
    listening.close()
    daemon.reload()
    daemon.wait_log("configuration reloaded")
    late = Reader(taken)
    assert late.started.wait(PATIENCE_S)
    late.ledger()
    ledger = reader.ledger()
    assert ledger.lost == 0 and len(ledger.epochs) == 1


def check_ipc_opens_once(fszmqd, folder, make_possible):
    free, ipc = free_endpoint(), f"ipc://{folder}/events"
    daemon = fszmqd(calls_per_second=50, console=True, endpoint=free, config=two_streams(free, ipc))
    assert any("ERROR" in line and ipc in line for line in daemon.log)
    reader = Reader(free)
    assert reader.started.wait(PATIENCE_S)
    make_possible()
    assert ipc in daemon.wait_log("is open now")
    late = Reader(ipc)
    assert late.started.wait(PATIENCE_S)
    assert late.ledger().lost == 0 and reader.ledger().lost == 0
    assert daemon.stop() == 0


def test_missing_ipc_directory_is_reported_and_awaited(fszmqd, tmp_path):
    folder = tmp_path / "later"
    check_ipc_opens_once(fszmqd, folder, folder.mkdir)


@pytest.fixture
def full_disk():
    """Files that use up the inodes of a file system: those that the lock and the socket need."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fsz-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=3", "tmpfs", folder],
                             capture_output=True)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("mounting a tmpfs takes root")
    fills = [folder / "fill", folder / "more"]
    for fill in fills:
        fill.touch()
    yield fills
    subprocess.run(["umount", "-l", folder], check=True)
    shutil.rmtree(folder)


def test_full_disk_of_an_ipc_endpoint_is_reported_and_awaited(fszmqd, full_disk):
    check_ipc_opens_once(fszmqd, full_disk[0].parent, lambda: [fill.unlink() for fill in full_disk])


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_descriptor_limit_refuses_peers_until_descriptors_are_free(fszmqd, transport):
    daemon = fszmqd(calls_per_second=50, console=True, framing="envelope", transport=transport)
    good = Reader(daemon.endpoint)
    assert good.started.wait(PATIENCE_S)
    before = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    low = daemon.descriptors() + 20
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (low, before[1]))
    peers = [raw_connect(daemon.endpoint) for _ in range(60)]
    wait_until(lambda: daemon.descriptors() >= low, "the limit to be reached")
    received = good.received
    wait_until(lambda: good.received > received + 1000, "events for the good subscriber")
    assert daemon.process.poll() is None
    for peer in peers:
        peer.close()
    wait_until(lambda: daemon.descriptors() < low - 10, "descriptors to be closed")
    late = Reader(daemon.endpoint)
    assert late.started.wait(PATIENCE_S)
    assert late.ledger().lost == 0 and good.ledger().lost == 0
    assert daemon.stop() == 0
