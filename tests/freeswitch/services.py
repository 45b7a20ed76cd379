# SPDX-License-Identifier: MPL-2.0
"""Services that give FreeSWITCH its XML: in a thread of the test, or a process that can be stopped."""

import json
import signal
import subprocess
import sys
import threading
from xml.sax.saxutils import quoteattr

import zmq

from switch import PATIENCE_S, ROOT, config_xml, free_port, stream_xml, wait_until

NOT_FOUND = {"found": False}
DIRECTORY = ROOT / "examples/python/directory.py"  # users 1000 and 1001, passwords "of 1000" and "of 1001"


def params_xml(keys):
    return "".join(f"<param name={quoteattr(key.replace('_', '-'))} value={quoteattr(str(value))}/>\n"
                   for key, value in keys.items())


def service_xml(name, *endpoints, **keys):
    """One <service>; keys with _ for -."""
    connects = "".join(f'<param name="connect" value={quoteattr(endpoint)}/>\n' for endpoint in endpoints)
    return f"<service name={quoteattr(name)}>\n{connects}{params_xml(keys)}</service>\n"


def binding_xml(name, service, sections, **keys):
    keys = {"service": service, "sections": sections, **keys}
    return f"<binding name={quoteattr(name)}>\n{params_xml(keys)}</binding>\n"


def lookups_xml(services, bindings, **settings):
    """A whole event_zmq.conf.xml."""
    return config_xml(stream_xml(f"tcp://127.0.0.1:{free_port()}"), **settings).replace(
        "</configuration>",
        f"<services>\n{''.join(services)}</services>\n<bindings>\n{''.join(bindings)}</bindings>\n</configuration>")


def document(section, inner):
    return {"xml": f'<document type="freeswitch/xml"><section name="{section}">{inner}</section></document>'}


def user_document(domain, user, password, more="", attributes=""):
    return document("directory", f"<domain name={quoteattr(domain)}><user id={quoteattr(user)} {attributes}><params>"
                    f'<param name="password" value={quoteattr(password)}/></params>{more}</user></domain>')


def params_of(request):
    return request["params"]["params"]


class Service:
    """A ROUTER in a thread. `answer(request)` returns the result, None for no reply, or bytes to send unchanged (or a
    list of them). While `paused` is set it sends no replies; requests wait until it is cleared."""

    def __init__(self, answer, endpoint=None):
        self.answer, self.asked, self.paused = answer, [], threading.Event()
        self.context, self.ending = zmq.Context(), threading.Event()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.endpoint = endpoint or f"tcp://127.0.0.1:{free_port()}"
        self.socket.bind(self.endpoint)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.is_set():
            if not self.paused.is_set() and self.socket.poll(20) and not self.paused.is_set():
                peer, empty, frame = self.socket.recv_multipart()
                request = json.loads(frame)
                self.asked.append(request)
                for text in self._texts(request):
                    self.socket.send_multipart([peer, empty, text])
            elif self.paused.is_set():
                self.ending.wait(0.02)

    def _texts(self, request):
        result = self.answer(request)
        if isinstance(result, dict):
            return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode()]
        if result is None:
            return []
        return [result] if isinstance(result, bytes) else result

    def asked_for(self, **wanted):
        """The parameters of the requests that have these values."""
        return [params_of(request) for request in list(self.asked)
                if all(params_of(request).get(name) == value for name, value in wanted.items())]

    def wait_asked(self, count, **wanted):
        wait_until(lambda: len(self.asked_for(**wanted)) >= count, f"{count} requests about {wanted}")
        return self.asked_for(**wanted)

    def stop(self):
        self.ending.set()
        self.thread.join(PATIENCE_S)
        self.socket.close()
        self.context.term()


class Process:
    """examples/python/directory.py in its own process."""

    def __init__(self, endpoint=None):
        self.endpoint = endpoint or f"tcp://127.0.0.1:{free_port()}"
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, str(DIRECTORY), self.endpoint], stdin=subprocess.DEVNULL)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.kill()
