#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes an HTTP back end of mod_xml_curl, unchanged, available as a service.

    xml_curl_bridge.py URL [endpoint [workers]]          Debian: python3-zmq

Posts what mod_xml_curl would post, as application/x-www-form-urlencoded, over persistent connections.
A name and password in the URL (http://me:secret@host/path) are sent as basic authentication.
Each worker handles one request at a time; the workers run in parallel.

HTTP 204, 404 and 410, and an empty body, mean "not found". Any other status except 200, and no reply
within 10 s, is a failure: the switch may then use an older document from its cache (stale-s).
"""
import base64
import http.client
import json
import queue
import sys
import threading
import urllib.parse

import zmq

TIMEOUT_S = 10  # longer than the default deadline-ms of the switch; a worker must not wait forever
REPLY_BYTES = 8 << 20
FAILED = -32000
NOTHING = (204, 404, 410)  # HTTP: there is no such document


class Backend:
    """One connection to the HTTP server, used by one thread."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        connections = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self.connection = connections[self.url.scheme](self.url.hostname, self.url.port, timeout=TIMEOUT_S)
        self.path = urllib.parse.urlunsplit(("", "", self.url.path or "/", self.url.query, ""))
        self.headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "freeswitch-xml/1.0"}
        if self.url.username is not None:
            words = (urllib.parse.unquote(word or "") for word in (self.url.username, self.url.password))
            self.headers["Authorization"] = "Basic " + base64.b64encode(":".join(words).encode()).decode()

    def post(self, params):
        """The result for these parameters; ValueError, OSError or HTTPException if the back end fails."""
        body = urllib.parse.urlencode({name: text_of(value) for name, value in params.items()})
        try:
            return self._post(body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()  # the server closed an idle connection, which is not a failure
            return self._post(body)

    def _post(self, body):
        try:
            self.connection.request("POST", self.path, body, self.headers)
            response = self.connection.getresponse()
            text = response.read(REPLY_BYTES + 1)
        except BaseException:
            self.connection.close()  # a late response must not be taken for that of the next request
            raise
        if len(text) > REPLY_BYTES:
            self.connection.close()
            raise ValueError(f"more than {REPLY_BYTES} bytes")
        if response.status in NOTHING:
            return {"found": False}
        if response.status != 200:
            raise ValueError(f"HTTP {response.status}")
        return result_of(text)


def result_of(body):
    """The result for a body that the back end sent."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[:error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        raise ValueError(f"line {line}, column {column}: not UTF-8: send the document in UTF-8") from error
    return {"xml": text} if text.strip("\ufeff \t\r\n") else {"found": False}


def text_of(value):
    """The text that the switch writes for a header with several values."""
    return value if isinstance(value, str) else "ARRAY::" + "|:".join(value)


def reply_to(backend, frame):
    """The JSON-RPC reply to the request in that frame."""
    number = None
    try:
        request = json.loads(frame)
        number = request["id"]
        return {"jsonrpc": "2.0", "id": number, "result": backend.post(request["params"]["params"])}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError,
            http.client.HTTPException) as error:
        why = f"{backend.url.hostname}: {error or type(error).__name__}"
        print(why, file=sys.stderr, flush=True)
        return {"jsonrpc": "2.0", "id": number, "error": {"code": FAILED, "message": why}}


def work(context, url, requests):
    backend, done = Backend(url), context.socket(zmq.PUSH)
    done.connect("inproc://replies")
    while True:
        *way_back, request = requests.get()
        done.send_multipart([*way_back, json.dumps(reply_to(backend, request)).encode()])


def main(url, endpoint="tcp://127.0.0.1:5580", workers="16"):
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        sys.exit(f"not an http:// or https:// URL: {url}")
    context, requests = zmq.Context(), queue.SimpleQueue()
    switches, replies = context.socket(zmq.ROUTER), context.socket(zmq.PULL)
    switches.bind(endpoint)
    replies.bind("inproc://replies")
    for _ in range(int(workers)):
        threading.Thread(target=work, args=(context, url, requests), daemon=True).start()
    poller = zmq.Poller()
    poller.register(switches, zmq.POLLIN)
    poller.register(replies, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if switches in ready:
            requests.put(switches.recv_multipart())
        if replies in ready:
            switches.send_multipart(replies.recv_multipart())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
