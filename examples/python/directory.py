#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""A directory of two users, for a switch that looks them up (docs/xml-services.md).

    directory.py [endpoint]          Debian: python3-zmq
"""
import json
import sys
from xml.sax.saxutils import quoteattr

import zmq

PASSWORDS = {"1000": "of 1000", "1001": "of 1001"}


def document(params):  # those that mod_xml_curl posts
    user, domain = params.get("user"), params.get("domain")
    if not isinstance(user, str) or not isinstance(domain, str) or user not in PASSWORDS:
        return {"found": False}  # a caller can send a list by writing ARRAY::1|:2
    user, password, domain = map(quoteattr, (user, PASSWORDS[user], domain))
    return {"xml": f'<document><section name="directory"><domain name={domain}><user id={user}>'
                   f'<params><param name="password" value={password}/></params>'
                   '</user></domain></section></document>'}


def reply_to(text):
    number = None
    try:
        request = json.loads(text)
        number = request["id"]
        return {"jsonrpc": "2.0", "id": number, "result": document(request["params"]["params"])}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:  # not a request
        return {"jsonrpc": "2.0", "id": number, "error": {"code": -32600, "message": repr(error)}}


socket = zmq.Context().socket(zmq.REP)
socket.bind(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5580")
while True:
    text, *_ = socket.recv_multipart()
    socket.send_json(reply_to(text))
