// SPDX-License-Identifier: MPL-2.0
// Runs an API command in the switch and prints its output.
//
//     node command.mjs [-e endpoint] command [argument]          once before: npm ci
//
// Exit status: 1 if the command failed, 2 if it was not run, and 3 if it may have run: no reply arrived, and the
// request is not sent again.
import { parseArgs } from "node:util";
import { Request } from "zeromq";

const { values, positionals } = parseArgs({
  options: { endpoint: { type: "string", short: "e", default: "tcp://localhost:5557" } },
  allowPositionals: true,
});
const [command, arg] = positionals;

const socket = new Request({ // one request at a time; use a Dealer for several
  immediate: true, // else requests queue while the switch is away, and run later (docs/clients.md)
  linger: 0,
  tcpMaxRetransmitTimeout: 5000,
  sendTimeout: 2000,
  receiveTimeout: 10000,
});
socket.connect(values.endpoint);

function giveUp(code, why) {
  console.error(`no reply from ${values.endpoint}: ${why}`);
  process.exit(code);
}

async function ask(method, params) {
  await socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })).catch(() => giveUp(2, "not sent"));
  const [reply] = await socket.receive().catch(() => giveUp(3, "it may have run"));
  return JSON.parse(reply);
}

const { result, error } = await ask("api", { command, arg });
if (error) {
  console.error(`not run: ${error.message}`);
  process.exit(2);
}
console.log(result.output.trimEnd());
process.exitCode = ["error", "usage"].includes(result.status) ? 1 : 0;
