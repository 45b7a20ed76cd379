#!/usr/bin/env python3
"""Puts an HTTP back end that was written for mod_xml_curl behind a service: nothing in it changes.

    xml_curl_bridge.py URL [endpoint [workers]]          Debian: python3-zmq

Posts what mod_xml_curl would post, as application/x-www-form-urlencoded, over connections that stay
open. A name and password in the URL (http://me:secret@host/path) are sent as basic authentication.
Each worker has one question at a time; all answer side by side.

HTTP 404 and 410, and a body that is empty, mean that there is no such thing. Any other status but 200,
and no answer within 10 s, is a failure: the switch may then serve what it kept before (stale-s).
"""
import base64
import http.client
import json
import queue
import sys
import threading
import urllib.parse

import zmq

TIMEOUT_S = 10  # longer than any deadline of the switch: a worker must not wait for ever
ANSWER_BYTES = 8 << 20
FAILED = -32000
NOTHING = (204, 404, 410)  # HTTP: there is no such document


class Backend:
    """One connection to the HTTP server; for one thread."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self.connection = kinds[self.url.scheme](self.url.hostname, self.url.port, timeout=TIMEOUT_S)
        self.path = urllib.parse.urlunsplit(("", "", self.url.path or "/", self.url.query, ""))
        self.headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "freeswitch-xml/1.0"}
        if self.url.username is not None:
            words = (urllib.parse.unquote(word or "") for word in (self.url.username, self.url.password))
            self.headers["Authorization"] = "Basic " + base64.b64encode(":".join(words).encode()).decode()

    def post(self, params):
        """The result for these parameters; ValueError, OSError or HTTPException where the back end fails."""
        body = urllib.parse.urlencode({name: text_of(value) for name, value in params.items()})
        try:
            return self._post(body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()  # the server closed what was idle: that is no failure
            return self._post(body)

    def _post(self, body):
        try:
            self.connection.request("POST", self.path, body, self.headers)
            answer = self.connection.getresponse()
            text = answer.read(ANSWER_BYTES + 1)
        except BaseException:
            self.connection.close()  # what comes late must not be the next one's answer
            raise
        if len(text) > ANSWER_BYTES:
            self.connection.close()
            raise ValueError(f"more than {ANSWER_BYTES} bytes")
        if answer.status in NOTHING:
            return {"found": False}
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}")
        return result_of(text)


def result_of(body):
    """The result for what the back end sent."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[:error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        raise ValueError(f"line {line}, column {column}: not UTF-8: send the document in UTF-8") from error
    return {"xml": text} if text.strip("\ufeff \t\r\n") else {"found": False}


def text_of(value):
    """A header with several values, as the switch writes it in one text."""
    return value if isinstance(value, str) else "ARRAY::" + "|:".join(value)


def answer(backend, frame):
    """The JSON-RPC answer to the question in that frame."""
    number = None
    try:
        question = json.loads(frame)
        number = question["id"]
        return {"jsonrpc": "2.0", "id": number, "result": backend.post(question["params"]["params"])}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError,
            http.client.HTTPException) as error:
        why = f"{backend.url.hostname}: {error or type(error).__name__}"
        print(why, file=sys.stderr, flush=True)
        return {"jsonrpc": "2.0", "id": number, "error": {"code": FAILED, "message": why}}


def work(context, url, questions):
    backend, done = Backend(url), context.socket(zmq.PUSH)
    done.connect("inproc://answers")
    while True:
        *way_back, question = questions.get()
        done.send_multipart([*way_back, json.dumps(answer(backend, question)).encode()])


def main(url, endpoint="tcp://127.0.0.1:5580", workers="16"):
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        sys.exit(f"not an http:// or https:// URL: {url}")
    context, questions = zmq.Context(), queue.SimpleQueue()
    switches, answers = context.socket(zmq.ROUTER), context.socket(zmq.PULL)
    switches.bind(endpoint)
    answers.bind("inproc://answers")
    for _ in range(int(workers)):
        threading.Thread(target=work, args=(context, url, questions), daemon=True).start()
    poller = zmq.Poller()
    poller.register(switches, zmq.POLLIN)
    poller.register(answers, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if switches in ready:
            questions.put(switches.recv_multipart())
        if answers in ready:
            switches.send_multipart(answers.recv_multipart())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
