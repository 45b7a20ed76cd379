# SPDX-License-Identifier: MPL-2.0
"""A FreeSWITCH started by a test: its installation, process, log and figures."""

import itertools
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from xml.sax.saxutils import quoteattr

from eventsocket import EventSocket

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "tests"))

from testports import Ports  # noqa: E402

PASSWORD = "of the tests"
START_S = 120  # bound; under valgrind it takes most of that
STOP_S = 60
PATIENCE_S = 30
RTP_FIRST, RTP_ALL = 10000, 20000
PORTS = range(RTP_FIRST + RTP_ALL, 32000)  # for all else
RTP_PORTS = 400  # of one switch, two for a call
DESCRIPTORS = 4096  # and those of its calls
DESCRIPTORS_PER_PORT = 3
MODULE = "src/module/mod_event_zmq.so"  # in a build folder
free_port = Ports(PORTS).free


def wait_until(condition, what, seconds=PATIENCE_S):
    """The first true value of condition(); fails if it takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def stream_xml(*binds, name="default", acl=None, inner="", **params):
    """One <stream>; params are its keys with _ for -."""
    pairs = [("bind", bind) for bind in binds] + ([("apply-inbound-acl", acl)] if acl else [])
    pairs += [(key.replace("_", "-"), value) for key, value in params.items()]
    body = "".join(f"<param name={quoteattr(key)} value={quoteattr(str(value))}/>\n" for key, value in pairs)
    return f"<stream name={quoteattr(name)}>\n{body}{inner}</stream>\n"


def config_xml(*streams, api_sockets=(), **settings):
    """A whole event_zmq.conf.xml; settings are its keys with _ for -. Without `api_sockets` it has no API socket."""
    params = "".join(
        f"<param name={quoteattr(key.replace('_', '-'))} value={quoteattr(str(value))}/>\n"
        for key, value in settings.items()
    )
    return (f'<configuration name="event_zmq.conf">\n<settings>\n{params}</settings>\n'
            f"<streams>\n{''.join(streams)}</streams>\n"
            f"<api-sockets>\n{''.join(api_sockets)}</api-sockets>\n</configuration>\n")


def pkg_config(*arguments, env=None):
    done = subprocess.run(["pkg-config", *arguments], capture_output=True, text=True, env=env)
    return done.stdout.strip() if done.returncode == 0 else None


class Installation:
    """The FreeSWITCH that pkg-config finds, or one whose freeswitch.pc is in a folder, and our module built against
    it."""

    def __init__(self, folder=None):
        self.env = {**os.environ, **({"PKG_CONFIG_PATH": str(folder)} if folder else {})}
        self.version = self.pkg_config("--modversion", "freeswitch")
        self.programs = pathlib.Path(self.pkg_config("--variable=bindir", "freeswitch") or "/usr/bin")
        self.modules = pathlib.Path(self.pkg_config("--variable=modulesdir", "freeswitch"))
        self.built = {}

    @staticmethod
    def is_here():
        return shutil.which("pkg-config") is not None and pkg_config("--exists", "freeswitch") is not None

    @classmethod
    def named(cls):
        """The installations in FSZ_FREESWITCHES: prefixes, or folders with a freeswitch.pc, separated by colons."""
        names = filter(None, os.environ.get("FSZ_FREESWITCHES", "").split(":"))
        return [cls(cls._folder_of(pathlib.Path(name))) for name in names]

    @staticmethod
    def _folder_of(name):
        found = [name, *name.glob("lib/pkgconfig"), *name.glob("lib/*/pkgconfig")]
        found = [folder for folder in found if (folder / "freeswitch.pc").is_file()]
        assert found, f"FSZ_FREESWITCHES: no freeswitch.pc below {name}"
        return found[0]

    def pkg_config(self, *arguments):
        return pkg_config(*arguments, env=self.env)

    @property
    def release(self):
        """"1.11.2", where the version may be 1.11.2-release."""
        return re.match(r"[0-9.]+", self.version).group()

    def build_module(self, sanitize=""):
        """The path of mod_event_zmq.so: FSZ_MODULE, or built here, once for each sanitizer."""
        if not sanitize and os.environ.get("FSZ_MODULE"):
            return pathlib.Path(os.environ["FSZ_MODULE"])
        return self.build_own(sanitize) / MODULE

    def build_own(self, sanitize=""):
        """The folder in which the module is built against this FreeSWITCH."""
        if sanitize not in self.built:
            folder = ROOT / "build" / "-".join(filter(None, ["freeswitch", self.version, sanitize]))
            self.run("cmake", "--preset", "dev", "-B", str(folder), "-DBUILD_TESTING=OFF",
                     f"-DFSZ_SANITIZE={sanitize}")
            self.run("cmake", "--build", str(folder), "-j2", "--target", "mod_event_zmq")
            self.built[sanitize] = folder
        return self.built[sanitize]

    def build_probe(self, folder):
        """mod_inproc_probe.so in that folder."""
        libraries = self.pkg_config("--libs", "libzmq").split()
        return self.build_library("mod_inproc_probe.c", folder, *libraries)

    def build_library(self, source, folder, *libraries):
        """Builds a .so in that folder from a source of this folder."""
        target = pathlib.Path(folder) / pathlib.Path(source).with_suffix(".so").name
        flags = self.pkg_config("--cflags", "freeswitch", "libzmq").split()
        self.run("cc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-g", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror",
                 *[flag.replace("-I", "-isystem", 1) for flag in flags], f"-I{ROOT}/include",
                 str(HERE / source), "-o", str(target), *libraries)
        return target

    def run(self, *command):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=self.env)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"


class Switch:
    """A running FreeSWITCH with its own folder, ports and modules of an installation. `settings` are
    further ones of switch.conf; `files` are written below conf/ before it starts; `edit` may change the text
    of its freeswitch.xml."""

    def __init__(self, installation, folder, modules, wrapper=(), options=(), env=None, settings=(), files=None,
                 edit=None, rtp_ports=RTP_PORTS):
        self.installation, self.folder = installation, pathlib.Path(folder)
        self.event_socket_port, self.sip_port, self.phones_port = free_port(), free_port(), free_port()
        self.configuration = self.folder / "conf/autoload_configs/event_zmq.conf.xml"
        self._write_folders(modules, dict(settings), edit or (lambda text: text), rtp_ports)
        for path, text in (files or {}).items():
            self.write(path, text)
        self.log_path = self.folder / "log/freeswitch.log"
        self.output_path = self.folder / "log/output"
        with open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(
                [*wrapper, str(installation.programs / "freeswitch"), "-nonat", "-nf", "-nc", "-np", *options,
                 *itertools.chain.from_iterable((f"-{part}", str(self.folder / part))
                                                for part in ("conf", "log", "db", "run", "mod"))],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(env or {})},
                cwd=self.folder, start_new_session=True,
            )
        try:
            self.control = wait_until(self._connect, "the switch", START_S)
            wait_until(lambda: self.api("status").startswith("UP"), "the switch to be up", START_S)
            # Its forked children close every descriptor up to the limit, which it sets to a million.
            most = DESCRIPTORS + DESCRIPTORS_PER_PORT * (rtp_ports - RTP_PORTS)
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (most, most))
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _write_folders(self, modules, settings, edit, rtp_ports):
        for part in ("conf/autoload_configs", "log", "db", "run", "mod"):
            (self.folder / part).mkdir(parents=True)
        rtp_first = RTP_FIRST + self.sip_port % (RTP_ALL // rtp_ports) * rtp_ports
        text = (HERE / "conf/freeswitch.xml").read_text()
        for word, value in {"EVENT_SOCKET_PORT": self.event_socket_port, "SIP_PORT": self.sip_port,
                            "PHONES_PORT": self.phones_port, "PASSWORD": PASSWORD, "RTP_FIRST": rtp_first,
                            "RTP_LAST": rtp_first + rtp_ports - 1}.items():
            text = text.replace(f"@{word}@", str(value))
        params = "".join(f"<param name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in settings.items())
        text = text.replace("</settings>", f"{params}</settings>", 1)  # switch.conf is the first
        (self.folder / "conf/freeswitch.xml").write_text(edit(text))
        for path in ("directory/none.xml", "languages/none.xml", "dialplan/none.xml"):  # an include must find something
            self.write(path, "<!-- none -->")
        for module in [*self.installation.modules.glob("*.so"), *map(pathlib.Path, modules)]:
            link = self.folder / "mod" / module.name
            link.unlink(missing_ok=True)
            link.symlink_to(module)

    def _connect(self):
        assert self.process.poll() is None, f"FreeSWITCH ended: {self.output_path.read_text()[-3000:]}"
        try:
            return self.connect()
        except OSError:
            return None

    # ---- commands ----

    def connect(self):
        """Opens another Event Socket connection."""
        return EventSocket(self.event_socket_port, PASSWORD)

    def api(self, line):
        return self.control.api(line)

    def write(self, path, text):
        """Writes a file below conf/, such as directory/x.xml, for the next reloadxml."""
        target = self.folder / "conf" / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)

    def configure(self, xml):
        """Writes event_zmq.conf.xml, or removes it (None), and lets the switch read it."""
        if xml is None:
            self.configuration.unlink(missing_ok=True)
        else:
            self.configuration.write_text(xml)
        assert "OK" in self.api("reloadxml")

    def load(self, module="mod_event_zmq"):
        """+OK, or -ERR and the reason. (The first line of the reply is about XML.)"""
        return self.api(f"load {module}").strip().splitlines()[-1]

    def unload(self, module="mod_event_zmq"):
        return self.api(f"unload {module}")

    def is_loaded(self):
        return self.api("module_exists mod_event_zmq").strip() == "true"

    def wait_idle(self):
        wait_until(lambda: self.api("show channels count").strip().startswith("0 "), "all calls to end")

    # ---- the process ----

    @property
    def pid(self):
        """The process id of FreeSWITCH itself, not of a wrapper."""
        return int((self.folder / "run/freeswitch.pid").read_text())

    def is_alive(self):
        return self.process.poll() is None

    def resident_mb(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        """The names of its threads."""
        names = []
        for task in pathlib.Path(f"/proc/{self.pid}/task").glob("*/comm"):
            try:
                names.append(task.read_text().strip())
            except OSError:
                continue  # it has ended
        return names

    def children(self):
        """{pid: state letter} of the processes whose parent the switch is."""
        found = {}
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, _, rest = path.read_text().partition(" ")
            except OSError:
                continue  # it has gone
            state, parent = rest.rpartition(")")[2].split()[:2]
            if int(parent) == self.pid:
                found[int(pid)] = state
        return found

    def log_mark(self):
        """The present end of the log, for log_since()."""
        return self.log_path.stat().st_size

    def log_since(self, mark):
        with open(self.log_path, errors="replace") as log:
            log.seek(mark)
            return log.read()

    def wait_log(self, mark, text):
        """Waits until the log has `text` after the mark; returns the log after the mark."""
        wait_until(lambda: text in self.log_since(mark), f"{text!r} in the log")
        return self.log_since(mark)

    def stop(self):
        """Shuts it down and returns its exit status; negative if a signal ended it."""
        if self.is_alive():
            try:
                self.api("fsctl shutdown")
            except OSError:
                pass  # gone before it answered
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            raise
