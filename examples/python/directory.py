#!/usr/bin/env python3
"""A directory of two users, for a switch that looks them up (docs/xml-services.md).

    directory.py [endpoint]          Debian: python3-zmq
"""
import sys
from xml.sax.saxutils import quoteattr

import zmq

PASSWORDS = {"1000": "of 1000", "1001": "of 1001"}

socket = zmq.Context().socket(zmq.REP)
socket.bind(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5580")
while True:
    question = socket.recv_json()
    asked = question["params"]["params"]  # what mod_xml_curl posts
    result = {"found": False}
    if asked.get("user") in PASSWORDS:
        user, password, domain = map(quoteattr, (asked["user"], PASSWORDS[asked["user"]], asked.get("domain", "")))
        result = {"xml": f'<document><section name="directory"><domain name={domain}><user id={user}>'
                         f'<params><param name="password" value={password}/></params>'
                         '</user></domain></section></document>'}
    socket.send_json({"jsonrpc": "2.0", "id": question["id"], "result": result})
