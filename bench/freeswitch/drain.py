# SPDX-License-Identifier: MPL-2.0
"""drain.py PORT PASSWORD CLIENTS COUNT: Event Socket clients with `event json ALL` that discard their input
until each has had COUNT events. Prints "ready" when all are subscribed."""

import selectors
import socket
import sys

MARK = b"Content-Type: text/event-json"


def connect(port, password):
    client = socket.create_connection(("127.0.0.1", port), 30)
    for line in (f"auth {password}", "event json ALL"):
        client.sendall(line.encode() + b"\n\n")
    seen = b""
    while b"event listener enabled" not in seen:
        seen += client.recv(65536)
    return client


def main(port, password, clients, count):
    chooser, left = selectors.DefaultSelector(), {}
    for _ in range(clients):
        client = connect(port, password)
        left[client] = [count, b""]
        chooser.register(client, selectors.EVENT_READ)
    print("ready", flush=True)
    while left:
        for key, _ in chooser.select():
            state, data = left[key.fileobj], key.fileobj.recv(1 << 20)
            state[0] -= (state[1] + data).count(MARK)
            state[1] = data[-len(MARK) + 1:]
            if state[0] <= 0 or not data:
                chooser.unregister(key.fileobj)
                del left[key.fileobj]
                key.fileobj.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
