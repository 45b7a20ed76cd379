# SPDX-License-Identifier: MPL-2.0
"""A SIP phone on loopback UDP that a test controls step by step. It has the part of RFC 3261 that one call with the
tests' switch needs. Received media is dropped; sent media is noise."""

import re
import socket
import struct
import threading
import time
import uuid

from switch import PATIENCE_S

SDP = ("v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")
HEADER = re.compile(r"([\w-]+)\s*:\s*(.*)")
URI, MEDIA_PORT = re.compile(r"<([^>]+)>"), re.compile(r"m=audio (\d+) ")
FRAME_S, FRAME_BYTES = 0.02, 160  # PCMU
RETRANSMIT_S = 0.5


class Message:
    """A received request or response."""

    def __init__(self, data):
        head, _, self.body = data.decode().partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.lines = [HEADER.match(line).groups() for line in lines]

    def __getitem__(self, name):
        return next(value for each, value in self.lines if each.lower() == name)

    @property
    def status(self):
        """The status of a response; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/") else 0

    @property
    def method(self):
        return self["cseq"].split()[1]


class Phone:
    """One call: made with call(), or taken, at once or, without `pick_up`, by answer().

    wait("200 INVITE") waits for that response, wait("BYE") for that request."""

    def __init__(self, switch_port, pick_up=True):
        self.peer, self.pick_up = ("127.0.0.1", switch_port), pick_up
        self.socket, self.media = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.socket.bind(("127.0.0.1", 0))
        self.media.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.contact = f"sip:phone@127.0.0.1:{self.port}"
        self.local, self.remote, self.target = f"<{self.contact}>;tag={uuid.uuid4().hex[:8]}", None, None
        self.call_id, self.sequence, self.via = uuid.uuid4().hex, 0, None
        self.invite, self.seen, self.changed, self.media_port = None, [], threading.Condition(), None
        self.ending, self.thread = False, threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # ---- for tests ----

    def call(self, number):
        self.target = f"sip:{number}@127.0.0.1:{self.peer[1]}"
        self.remote = f"<{self.target}>"
        sdp = SDP.format(port=self.media.getsockname()[1])
        self.via = self._request("INVITE", sdp, "application/sdp")
        deadline = time.monotonic() + PATIENCE_S
        with self.changed:
            while not self.changed.wait_for(lambda: self.seen, RETRANSMIT_S):
                assert time.monotonic() < deadline, "no answer to an INVITE"
                self._send("INVITE", self.via, self.sequence, sdp, "application/sdp")
        return self

    def answer(self):
        self._respond(self.invite, "200 OK", SDP.format(port=self.media.getsockname()[1]))

    def digits(self, text):
        for digit in text:
            self._request("INFO", f"Signal={digit}\r\nDuration=100\r\n", "application/dtmf-relay")

    def hangup(self):
        """BYE, or CANCEL before the answer."""
        if self.invite is not None or self.has("200 INVITE"):
            self._request("BYE")
        else:
            self._send("CANCEL", self.via, self.sequence)

    def speak(self, seconds):
        """Sends media for that time."""
        for number in range(int(seconds / FRAME_S)):
            self.media.sendto(struct.pack("!BBHII", 0x80, 0, number, number * FRAME_BYTES, 1) + bytes(FRAME_BYTES),
                              ("127.0.0.1", self.media_port))
            time.sleep(FRAME_S)

    def has(self, what):
        with self.changed:
            return what in self.seen

    def wait(self, *what):
        """Waits until one of these has come."""
        with self.changed:
            assert self.changed.wait_for(lambda: set(what) & set(self.seen), PATIENCE_S), (what, self.seen)
        return self

    def final(self):
        """How the other side ended it: "BYE", "CANCEL", or a status of the INVITE above 299."""
        def ends():
            return [each for each in self.seen if each in ("BYE", "CANCEL") or re.match("[3-6].. INVITE", each)]

        with self.changed:
            assert self.changed.wait_for(ends, PATIENCE_S), self.seen
            return ends()[0]

    def close(self):
        self.ending = True
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join(PATIENCE_S)
        self.socket.close()
        self.media.close()

    # ---- the wire ----

    def _request(self, method, body="", content=None):
        via = f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{uuid.uuid4().hex}"
        self.sequence += 1
        self._send(method, via, self.sequence, body, content)
        return via

    def _send(self, method, via, sequence, body="", content=None):
        lines = [f"{method} {self.target} SIP/2.0", f"Via: {via}", f"From: {self.local}", f"To: {self.remote}",
                 f"Call-ID: {self.call_id}", f"CSeq: {sequence} {method}", f"Contact: <{self.contact}>",
                 "Max-Forwards: 70", *([f"Content-Type: {content}"] if content else []), f"Content-Length: {len(body)}"]
        self.socket.sendto("\r\n".join([*lines, "", body]).encode(), self.peer)

    def _respond(self, request, status, body=""):
        mirrored = [f"{name}: {value}" for name, value in request.lines
                    if name.lower() in ("via", "from", "call-id", "cseq")]
        to = request["to"] if "tag=" in request["to"] else f"{request['to']};tag={self.local.rpartition('=')[2]}"
        content = ["Content-Type: application/sdp"] if body else []
        lines = [f"SIP/2.0 {status}", *mirrored, f"To: {to}", f"Contact: <{self.contact}>", *content,
                 f"Content-Length: {len(body)}"]
        self.socket.sendto("\r\n".join([*lines, "", body]).encode(), self.peer)

    def _run(self):
        while not self.ending:
            data = self.socket.recv(65536)
            if data.strip():
                message = Message(data)
                self._take_response(message) if message.status else self._take_request(message)

    def _note(self, what):
        with self.changed:
            self.seen.append(what)
            self.changed.notify_all()

    def _take_response(self, response):
        if response.method == "INVITE" and response.status >= 200:
            self.remote = response["to"]
            if response.status == 200:
                self.target = URI.search(response["contact"]).group(1)
                self.media_port = int(MEDIA_PORT.search(response.body).group(1))
                via = f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{uuid.uuid4().hex}"
            else:
                via = response["via"]
            self._send("ACK", via, int(response["cseq"].split()[0]))
        self._note(f"{response.status} {response.method}")

    def _take_request(self, request):
        if request.method == "INVITE" and self.via is None and self.invite is None:
            self._take_call(request)
        elif request.method == "INVITE":  # a repetition, or a re-INVITE of the present call
            self.answer_again(request)
        elif request.method != "ACK":
            self._respond(request, "200 OK")
            if request.method == "CANCEL":
                self._respond(self.invite, "487 Request Terminated")
        self._note(request.method)

    def answer_again(self, request):
        if self.via is not None or self.pick_up:
            self._respond(request, "200 OK", SDP.format(port=self.media.getsockname()[1]))

    def _take_call(self, request):
        self.invite, self.call_id = request, request["call-id"]
        self.local, self.remote = f"{request['to']};tag={uuid.uuid4().hex[:8]}", request["from"]
        self.target = URI.search(request["contact"]).group(1)
        self._respond(request, "180 Ringing")
        if self.pick_up:
            self.answer()
