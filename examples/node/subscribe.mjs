// SPDX-License-Identifier: MPL-2.0
// Prints the switch's events, one JSON object per line.
//
//     node subscribe.mjs [endpoint [count]]          once before: npm ci
import { Subscriber } from "zeromq";

const [endpoint = "tcp://localhost:5556", count = "100"] = process.argv.slice(2);

const socket = new Subscriber({ heartbeatInterval: 1000 }); // detects a connection that died silently (docs/clients.md)
socket.subscribe(); // every event: the empty prefix
socket.connect(endpoint); // returns at once; connects and reconnects in the background
console.error(`listening to ${endpoint}`);

let left = Number(count);
for await (const [event] of socket) {
  console.log(event.toString());
  if (--left <= 0) break;
}
