# SPDX-License-Identifier: MPL-2.0
"""Certificates can be exchanged with PyZMQ's zmq.auth in both directions."""

import os
import stat
import subprocess

import zmq
import zmq.auth
from conftest import find_program


def cert(*args):
    return subprocess.run([find_program("cert"), *map(str, args)], capture_output=True, text=True)


def test_pyzmq_reads_our_certificates(tmp_path):
    path = tmp_path / "alice.key"
    public, secret, name = cert("write", path, "alice").stdout.splitlines()
    assert zmq.auth.load_certificate(path) == (public.encode(), None)
    assert zmq.auth.load_certificate(f"{path}_secret") == (public.encode(), secret.encode())
    assert zmq.curve_public(secret.encode()) == public.encode()
    assert zmq.auth.load_certificates(tmp_path) == {public.encode(): True}
    assert stat.S_IMODE(os.stat(f"{path}_secret").st_mode) == 0o600
    assert name == "alice"


def test_we_read_certificates_of_pyzmq(tmp_path):
    for i in range(50):  # so that some keys contain =, # and other special characters
        path, secret_path = zmq.auth.create_certificates(tmp_path, f"bob{i}", metadata={"name": f"bob {i}"})
        public, secret = (key.decode() for key in zmq.auth.load_certificate(secret_path))
        os.chmod(secret_path, 0o600)
        assert cert("read", path).stdout.splitlines()[:2] == [public, ""]
        assert cert("read", secret_path).stdout.splitlines() == [public, secret, f"bob {i}"]


def test_a_secret_key_of_pyzmq_that_others_may_read_is_refused(tmp_path):
    _, secret_path = zmq.auth.create_certificates(tmp_path, "bob")
    os.chmod(secret_path, 0o644)
    done = cert("read", secret_path)
    assert done.returncode == 1
    assert "chmod 600" in done.stderr and secret_path in done.stderr
