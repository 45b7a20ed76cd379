# SPDX-License-Identifier: MPL-2.0
"""make install: where files go, and that an existing configuration is kept. Everything stays below a test folder."""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import BUILD, ROOT, find_program

MINE = "<!-- mine -->"


def run(*command, **env):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, env={**os.environ, **env})


def assert_done(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The module, into a FreeSWITCH


@pytest.fixture
def freeswitch(tmp_path):
    """A FreeSWITCH that exists only for pkg-config, and a stand-in for the built module."""
    pc = tmp_path / "pc/freeswitch.pc"
    pc.parent.mkdir()
    pc.write_text("Name: freeswitch\nDescription: of a test\nVersion: 1.10.99\n"
                  "modulesdir=/fs/lib/mod\nconfdir=/fs/etc\n")
    module = tmp_path / "build/src/module/mod_event_zmq.so"
    module.parent.mkdir(parents=True)
    module.write_bytes(b"a module")

    def install():
        return run("tools/install-module", str(tmp_path / "build"), PKG_CONFIG_PATH=str(pc.parent),
                   DESTDIR=str(tmp_path / "dest"))

    install.pc, install.module = pc, module
    install.modules, install.autoload = tmp_path / "dest/fs/lib/mod", tmp_path / "dest/fs/etc/autoload_configs"
    return install


def test_module_and_configuration_go_to_the_folders_of_freeswitch(freeswitch):
    output = assert_done(freeswitch())
    assert (freeswitch.modules / "mod_event_zmq.so").read_bytes() == b"a module"
    configuration = freeswitch.autoload / "event_zmq.conf.xml"
    assert configuration.read_bytes() == (ROOT / "conf/event_zmq.conf.xml").read_bytes()
    assert str(configuration) in output and "load mod_event_zmq" in output


@pytest.mark.parametrize("existing", ["file", "link", "link to nowhere"])
def test_an_existing_configuration_is_never_overwritten(freeswitch, existing):
    freeswitch.autoload.mkdir(parents=True)
    configuration, other = freeswitch.autoload / "event_zmq.conf.xml", freeswitch.autoload / "other"
    if existing != "file":
        configuration.symlink_to(other)
    if existing != "link to nowhere":
        configuration.write_text(MINE)
    output = assert_done(freeswitch())
    assert "kept" in output and (freeswitch.modules / "mod_event_zmq.so").is_file()
    assert configuration.is_symlink() == (existing != "file")
    assert other.exists() == (existing == "link")
    if existing != "link to nowhere":
        assert configuration.read_text() == MINE
    sample = freeswitch.autoload / "event_zmq.conf.xml.sample"
    assert sample.read_bytes() == (ROOT / "conf/event_zmq.conf.xml").read_bytes()


def test_a_newer_module_replaces_the_older_one(freeswitch):
    assert_done(freeswitch())
    freeswitch.module.write_bytes(b"a newer one")
    assert_done(freeswitch())
    assert (freeswitch.modules / "mod_event_zmq.so").read_bytes() == b"a newer one"


def test_without_a_built_module_the_error_says_what_to_do(freeswitch):
    freeswitch.module.unlink()
    done = freeswitch()
    assert done.returncode == 1 and "make module" in done.stderr
    assert not freeswitch.modules.exists() and not freeswitch.autoload.exists()


def test_a_pkg_config_file_without_folders_is_named(freeswitch):
    freeswitch.pc.write_text("Name: freeswitch\nDescription: of a test\nVersion: 1.10.99\n")
    done = freeswitch()
    assert done.returncode == 1 and "freeswitch.pc has no modulesdir" in done.stderr


@pytest.mark.parametrize("goal", ["module", "install"])
def test_make_without_freeswitch_says_in_one_line_what_is_missing(goal, tmp_path):
    done = run("make", "--no-print-directory", goal, "PACKAGES=no", PKG_CONFIG_LIBDIR=str(tmp_path), PKG_CONFIG_PATH="")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode != 0 and len(lines) == 1 and done.stdout == ""
    assert "freeswitch.pc" in lines[0] and "libfreeswitch-dev" in lines[0] and "PKG_CONFIG_PATH" in lines[0]


# The programs, below a prefix


@pytest.fixture
def installed(tmp_path):
    """Factory: installed() runs `cmake --install` for this build below a folder and returns its output."""
    find_program("fszmqd")

    def install():
        return assert_done(run("cmake", "--install", str(BUILD), DESTDIR=str(tmp_path / "dest")))

    install.prefix = tmp_path / "dest/usr/local"
    return install


def test_programs_pages_completion_unit_and_headers_are_installed(installed):
    installed()
    for path in ("sbin/fszmqd", "bin/fszmq", "share/bash-completion/completions/fszmq", "share/fszmq/flows.jsonl",
                 "lib/systemd/system/fszmqd.service", "etc/fszmq/event_zmq.conf.xml",
                 "include/fszmq/context.h", "include/fszmq/wire.h"):
        assert (installed.prefix / path).is_file(), path
    done = run(str(installed.prefix / "bin/fszmq"), "--version")
    assert "fszmq/1" in assert_done(done)


@pytest.mark.skipif(not shutil.which("scdoc"), reason="scdoc is not installed, so there are no man pages")
def test_every_program_and_command_has_a_man_page(installed):
    installed()
    pages = {path.name for path in installed.prefix.glob("share/man/man*/*")}
    assert pages == {path.stem for path in (ROOT / "docs/man").glob("*.scd")}
    assert {"fszmqd.8", "fszmq.1", "fszmq-tail.1"} <= pages


def test_the_installed_configuration_of_fszmqd_is_valid_and_kept(installed):
    installed()
    configuration = installed.prefix / "etc/fszmq/event_zmq.conf.xml"
    checked = run(str(installed.prefix / "sbin/fszmqd"), "--check", "--config", str(configuration))
    assert checked.returncode == 0, checked.stderr
    configuration.write_text(MINE)
    assert f"Kept: {configuration}" in installed()
    assert configuration.read_text() == MINE


def test_systemd_accepts_the_unit(installed, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze: install systemd")
    installed()
    unit = (installed.prefix / "lib/systemd/system/fszmqd.service").read_text()
    assert "/usr/local/sbin/fszmqd --switch sim --config /usr/local/etc/fszmq/event_zmq.conf.xml" in unit
    # The programs are below the test folder; the manual pages cannot be found there.
    here = unit.replace("/usr/local/", f"{installed.prefix}/").replace("Documentation=", "#")
    path = tmp_path / "fszmqd.service"
    path.write_text(here)
    done = run("systemd-analyze", "verify", "--man=no", str(path))
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_bash_completes_commands_options_and_event_names(installed):
    installed()
    completion = pathlib.Path(installed.prefix / "share/bash-completion/completions/fszmq")

    def complete(*words):
        script = (f'. "{completion}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fszmq 2>/dev/null; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        return run("bash", "-c", script, "bash", find_program("fszmq"), *words).stdout.split()

    assert {"tail", "keygen", "shell"} <= set(complete(""))
    assert complete("ta") == ["tail"]
    assert "--envelope" in complete("tail", "--en")
    assert {"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"} == set(complete("tail", "--event", "CHANNEL_HANGUP"))
