# SPDX-License-Identifier: MPL-2.0
"""The peers: the implementation, abilities, build and command of each.

A peer that can't be built here says why: a toolchain is missing, or its packages can't be fetched. What an
implementation itself lacks is in README.md."""

import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "interop"
PYTHON = os.environ.get("PYTHON") or "/usr/bin/python3"
FETCH_SECONDS = BUILD_SECONDS = 240

SUBSCRIBING, REQUESTING, SERVING = ("sub", "xsub"), ("req", "dealer"), ("rep", "router")
SOMETIMES_MUTE = "jeromq"  # on a new connection; conftest.py says how often
EVERY_PATTERN = SUBSCRIBING + REQUESTING + SERVING
EVERY_MECHANISM = ("NULL", "PLAIN", "CURVE")


class Peer(NamedTuple):
    about: str
    run: list  # {build}: its folder under build/interop
    needs: list = []  # a command that succeeds if the toolchain is installed
    needs_text: str = ""
    fetch: list = []  # commands that need a registry
    build: list = []  # commands that need none
    sources: tuple = ()
    version: str = "3.1"  # of ZMTP, in its greeting
    patterns: tuple = EVERY_PATTERN
    mechanisms: tuple = EVERY_MECHANISM
    pings: bool = True  # it knows PING and PONG
    plain_server: bool = False  # checks user and password as REP or ROUTER


def libzmq(about, run, **more):
    return Peer(f"{about}, libzmq of Debian", run, **more)


JARS = "{build}/jars/*"
PEERS = {
    "c": libzmq(
        "C", ["{build}/peer"], needs=["sh", "-c", "gcc --version && test -f /usr/include/zmq.h"],
        needs_text="gcc libzmq3-dev", sources=("c",),
        build=[["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", "{build}/peer", "c/peer.c", "-lzmq"]],
    ),
    "cpp": libzmq(
        "C++, cppzmq", ["{build}/peer"], needs=["sh", "-c", "g++ --version && test -f /usr/include/zmq.hpp"],
        needs_text="g++ cppzmq-dev", sources=("cpp",),
        build=[["g++", "-O1", "-Wall", "-Wextra", "-Werror", "-o", "{build}/peer", "cpp/peer.cpp", "-lzmq"]],
    ),
    "python": libzmq(
        "Python, PyZMQ of Debian", [PYTHON, "python/peer.py"], needs=[PYTHON, "-c", "import zmq"],
        needs_text="python3-zmq", plain_server=True,
    ),
    "ruby": libzmq("Ruby, ffi-rzmq", ["ruby", "ruby/peer.rb"], needs=["ruby", "-e", "require 'ffi-rzmq'"],
                   needs_text="ruby-ffi-rzmq"),
    "perl": libzmq("Perl, ZMQ::FFI", ["perl", "perl/peer.pl"], needs=["perl", "-MZMQ::FFI", "-e1"],
                   needs_text="libzmq-ffi-perl"),
    "php": libzmq("PHP, php-zmq", ["php", "php/peer.php"],
                  needs=["php", "-r", "exit(extension_loaded('zmq') ? 0 : 1);"], needs_text="php-cli php-zmq"),
    "node": Peer(
        "Node.js, zeromq.js, its own libzmq", ["node", "node/peer.mjs"],
        needs=["sh", "-c", "node --version && test -d ../../examples/node/node_modules/zeromq"],
        needs_text="nodejs npm, then npm ci in examples/node",
    ),
    "pyzmq": Peer(
        "Python, newest PyZMQ, its own libzmq", ["{build}/venv/bin/python", "python/peer.py"],
        needs=[PYTHON, "-c", "import venv, ensurepip"], needs_text="python3-venv", plain_server=True,
        sources=("python/requirements.txt",),
        fetch=[[PYTHON, "-m", "venv", "{build}/venv"],
               ["{build}/venv/bin/pip", "install", "--quiet", "--only-binary=:all:", "-r", "python/requirements.txt"]],
    ),
    "jeromq-old": Peer(
        "Java, JeroMQ of Debian", ["java", "-XX:TieredStopAtLevel=1", "-cp", "/usr/share/java/jeromq.jar:{build}", "Peer"],
        needs=["sh", "-c", "javac -version && test -f /usr/share/java/jeromq.jar"],
        needs_text="default-jdk-headless libjeromq-java", sources=("java",),
        build=[["javac", "-cp", "/usr/share/java/jeromq.jar", "-d", "{build}", "java/Peer.java", "java/v2/Security.java"]],
        version="2.0", mechanisms=("NULL",), pings=False,
    ),
    "jeromq": Peer(
        "Java, newest JeroMQ", ["java", "-XX:TieredStopAtLevel=1", "-cp", JARS + ":{build}", "Peer"],
        needs=["sh", "-c", "javac -version && mvn --version"], needs_text="default-jdk-headless maven",
        sources=("java",),
        fetch=[["mvn", "-q", "-B", "-f", "java/pom.xml", "dependency:copy-dependencies", "-DoutputDirectory={build}/jars"]],
        build=[["javac", "-cp", JARS, "-d", "{build}", "java/Peer.java", "java/v3/Security.java"]],
        version="3.0",
    ),
    "go": Peer(
        "Go, zmq4", ["{build}/peer"], needs=["sh", "-c", "cd go && GOTOOLCHAIN=local go list -e"],
        needs_text="go 1.21 or newer", sources=("go",),
        fetch=[["go", "-C", "go", "mod", "download"]],
        build=[["go", "-C", "go", "build", "-o", "{build}/peer", "."]],
        version="3.0", mechanisms=("NULL", "PLAIN"), pings=False,
    ),
    "rust": Peer(
        "Rust, zmq.rs", ["{build}/debug/peer"], needs=["cargo", "--version"],
        needs_text="cargo with rustc 1.89 or newer", sources=("rust/Cargo.toml", "rust/Cargo.lock", "rust/src"),
        fetch=[["cargo", "fetch", "--quiet", "--locked", "--manifest-path", "rust/Cargo.toml"]],
        build=[["cargo", "build", "--quiet", "--locked", "--offline", "--manifest-path", "rust/Cargo.toml",
                "--target-dir", "{build}"]],
        version="3.0", mechanisms=("NULL",), pings=False,
    ),
}


class Unavailable(Exception):
    """The peer cannot be built on this machine."""


def folder(name):
    return BUILD / name


def expand(name, words):
    return [word.format(build=folder(name)) for word in words]


def run_command(name, words, seconds):
    return subprocess.run(expand(name, words), cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds, env={**os.environ, "GOTOOLCHAIN": "local"}, check=False)


def last_line(done):
    lines = re.sub(r"\S+://\S+", "...", done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def digest(peer):
    """A digest of its sources."""
    made = hashlib.sha256(repr((peer.fetch, peer.build)).encode())
    for source in peer.sources:
        path = HERE / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                made.update(file.read_bytes())
    return made.hexdigest()


def require_toolchain(name, peer):
    found = shutil.which(peer.needs[0]) and run_command(name, peer.needs, 60).returncode == 0
    if not found:
        raise Unavailable(f"needs {peer.needs_text}")


def fetch_packages(name, peer):
    for words in peer.fetch:
        try:
            done = run_command(name, words, FETCH_SECONDS)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"its packages can't be fetched: no answer for {FETCH_SECONDS} s") from None
        if done.returncode != 0:
            raise Unavailable(f"its packages can't be fetched: {last_line(done)}")


def compile_peer(name, peer):
    for words in peer.build:
        done = run_command(name, words, BUILD_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(expand(name, words))}:\n{done.stdout}{done.stderr}")


def prepare(name):
    """Builds a peer unless it is built. Unavailable: not possible here. RuntimeError: the build failed."""
    peer, made = PEERS[name], folder(name) / "made-from"
    require_toolchain(name, peer)
    folder(name).mkdir(parents=True, exist_ok=True)
    if made.is_file() and made.read_text() == digest(peer):
        return
    fetch_packages(name, peer)
    compile_peer(name, peer)
    made.write_text(digest(peer))


def state(name):
    try:
        prepare(name)
    except Unavailable as reason:
        return {"unavailable": str(reason)}
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        return {"failed": str(error)}
    return {}


@functools.cache
def prepared():
    """The states that prepare_all() found."""
    path = BUILD / "states.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def prepare_all(names=tuple(PEERS)):
    """Builds all peers in turn, because their compilers use all cores. Returns the states by name."""
    states = {}
    for name in names:
        states[name] = state(name)
        print(f"{name:12}{PEERS[name].about}: {next(iter(states[name].values()), 'ready')}", flush=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "states.json").write_text(json.dumps(states, indent=1))
    return states


if __name__ == "__main__":
    sys.exit(any("failed" in each for each in prepare_all().values()))
