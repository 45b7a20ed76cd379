# SPDX-License-Identifier: MPL-2.0
"""callcontroller.py ENDPOINT SERVICE SECONDS: a worker that keeps every call for that time and then hangs it up; a
call of a lost worker it hangs up at once. Prints what it does, one JSON object per line."""

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
            call = worker.take(worker.next_offer())
            worker.send("call.execute", call=call.call, lease=call.lease, app="answer")
            number += 1
            heapq.heappush(due, (time.monotonic() + (0 if call.params["resumed"] else float(seconds)), number, call))
            print(json.dumps({"what": "took", "call": call.call, "resumed": call.params["resumed"]}), flush=True)
        while due and due[0][0] <= time.monotonic():
            call = heapq.heappop(due)[2]
            worker.send("call.hangup", call=call.call, lease=call.lease)
        for message in worker.notifications:
            if message["method"] == "call.end":
                print(json.dumps({"what": "end", **message["params"]}), flush=True)
        worker.notifications.clear()
        worker.answers.clear()
        worker.listen(min(0.05, max(0, due[0][0] - time.monotonic())) if due else 0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
