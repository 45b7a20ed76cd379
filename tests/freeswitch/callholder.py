"""callholder.py ENDPOINT SERVICE SECONDS: a worker that holds every call for so long and hangs it up; one that it
gets from a lost one, at once. Says what it did, JSON a line."""

import heapq
import json
import sys
import time

import zmq

from callworker import CallWorker


def main(endpoint, service, seconds):
    worker, due, number = CallWorker(zmq.Context(), endpoint, service, capacity=10000), [], 0
    print(json.dumps({"what": "ready"}), flush=True)
    while True:
        while worker.offers:
            held = worker.take(worker.next_offer())
            worker.send("call.execute", call=held.call, lease=held.lease, app="answer")
            number += 1
            heapq.heappush(due, (time.monotonic() + (0 if held.params["resumed"] else float(seconds)), number, held))
            print(json.dumps({"what": "took", "call": held.call, "resumed": held.params["resumed"]}), flush=True)
        while due and due[0][0] <= time.monotonic():
            held = heapq.heappop(due)[2]
            worker.send("call.hangup", call=held.call, lease=held.lease)
        for message in worker.notifications:
            if message["method"] == "call.end":
                print(json.dumps({"what": "end", **message["params"]}), flush=True)
        worker.notifications.clear()
        worker.answers.clear()
        worker.listen(min(0.05, max(0, due[0][0] - time.monotonic())) if due else 0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
