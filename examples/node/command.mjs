// Runs an API command in the switch and prints its output.
//
//     node command.mjs [-e endpoint] command [argument]          once before: npm ci
//
// Exits with 1 when the command failed, and with 2 when it was not run.
import { parseArgs } from "node:util";
import { Request } from "zeromq";

const { values, positionals } = parseArgs({
  options: { endpoint: { type: "string", short: "e", default: "tcp://localhost:5557" } },
  allowPositionals: true,
});
const [command, arg] = positionals;

const socket = new Request({ linger: 0, receiveTimeout: 10000 }); // one question at a time; many at once: a Dealer
socket.connect(values.endpoint);

async function ask(method, params) {
  await socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  try {
    const [answer] = await socket.receive();
    return JSON.parse(answer);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
    return { error: { message: `no answer from ${values.endpoint}` } };
  }
}

const { result, error } = await ask("api", { command, arg });
if (error) {
  console.error(`not run: ${error.message}`);
  process.exit(2);
}
console.log(result.output.trimEnd());
process.exitCode = ["error", "usage"].includes(result.status) ? 1 : 0;
