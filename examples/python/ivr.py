#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""An IVR for any number of callers at once: asks for digits, and continues the dialplan with ${ivr_choice}.
    ivr.py [endpoint of the API socket [service [prompt]]]          Debian: python3-zmq"""
import sys
import zmq


def menu(prompt):  # one call: each yield sends a request and returns its result
    ask = f"1 4 3 5000 # {prompt} {prompt} pressed [0-9]+"
    yield "call.execute", {"app": "play_and_get_digits", "arg": ask, "lock": True, "wait": True, "timeout_ms": 120000}
    pressed = (yield "call.get", {"names": ["pressed"]})["variables"]["pressed"]
    yield "call.set", {"variables": {"ivr_choice": pressed or "operator"}}
    yield "call.release", {}
    yield None  # until call.end arrives


def main(endpoint="tcp://localhost:5557", service="ivr", prompt="ivr/ivr-please_enter_the_number.wav"):
    switch, menus = zmq.Context().socket(zmq.DEALER), {}
    switch.immediate, switch.heartbeat_ivl = 1, 1000  # nothing is queued while the switch is away (docs/clients.md)
    switch.connect(endpoint)
    send = lambda **message: switch.poll(0, zmq.POLLOUT) and switch.send_json({"jsonrpc": "2.0", **message})
    while True:
        while not switch.poll(1000):  # silence, perhaps a restart: registering again does no harm
            send(id=0, method="service.register", params={"service": service, "capacity": 1000})
        try:
            method, number, params = map((message := switch.recv_json()).get, ("method", "id", "params"))
            if method and number is not None:  # call.offer or service.ping
                send(id=number, result={"accept": True, "execute": [{"app": "answer"}], "then": "control"})
            if method == "call.offer":  # its id is the call's lease, and here also the id of its requests
                menus[number], message = (params["call"], menu(prompt)), {"result": None}
            elif method in ("call.end", "call.cancel"):  # hung up, released, taken away or another worker's
                menus.pop(params["lease"], None)
            if number in menus and "result" in message and (step := menus[number][1].send(message["result"])):
                send(id=number, method=step[0], params={"call": menus[number][0], "lease": number, **step[1]})
        except Exception as error:  # in one message or call; the others continue
            print(repr(error), file=sys.stderr)


main(*sys.argv[1:])
