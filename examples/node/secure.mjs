// Prints the switch's events as subscribe.mjs does, over an encrypted connection (CURVE).
//
//     node secure.mjs endpoint server-key own-key-secret [count]          once before: npm ci
//
// Both keys are certificate files as `fszmq keygen` makes them: the switch's public one, and one's own secret one.
import { readFileSync } from "node:fs";
import { Subscriber } from "zeromq";

// A key of a certificate: `public-key = "…"` or `secret-key = "…"` (Z85).
function key(file, name) {
  const found = readFileSync(file, "utf8").match(new RegExp(`^\\s+${name}-key\\s*=\\s*"(.{40})"`, "m"));
  if (!found) throw new Error(`${file}: has no ${name}-key`);
  return found[1];
}

const [endpoint, server, own, count = "100"] = process.argv.slice(2);
const socket = new Subscriber({
  heartbeatInterval: 1000, // notices a path that died in silence (docs/clients.md)
  curveServerKey: key(server, "public"), // whom we trust
  curvePublicKey: key(own, "public"), // who we are
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
