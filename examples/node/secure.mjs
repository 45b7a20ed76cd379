// SPDX-License-Identifier: MPL-2.0
// Prints the switch's events like subscribe.mjs, over an encrypted connection (CURVE).
//
//     node secure.mjs endpoint server-key own-key-secret [count]          once before: npm ci
//
// Both keys are certificate files made by `fszmq keygen`: the switch's public key and the client's own secret key.
import { readFileSync } from "node:fs";
import { Subscriber } from "zeromq";

// A key of a certificate: `public-key = "…"` or `secret-key = "…"` (Z85).
function key(file, name) {
  const found = readFileSync(file, "utf8").match(new RegExp(`^\\s+${name}-key\\s*=\\s*"(.{40})"`, "m"));
  if (!found) throw new Error(`${file}: no ${name}-key in this file`);
  return found[1];
}

const [endpoint, server, own, count = "100"] = process.argv.slice(2);
const socket = new Subscriber({
  heartbeatInterval: 1000, // detects a connection that died silently (docs/clients.md)
  curveServerKey: key(server, "public"), // the switch that we trust
  curvePublicKey: key(own, "public"), // our own key
  curveSecretKey: key(own, "secret"),
});
socket.subscribe();
socket.connect(endpoint);
console.error(`listening to ${endpoint}`);

let left = Number(count);
for await (const [event] of socket) {
  console.log(event.toString());
  if (--left <= 0) break;
}
