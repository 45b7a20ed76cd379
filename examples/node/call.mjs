// Makes a call and waits for its end.
//
//     node call.mjs [-a api endpoint] [-e events endpoint] [-n caller's name] endpoint application [argument]
//     node call.mjs user/1000 playback /srv/sounds/hello.wav          once before: npm ci
//
// Exits with 1 when the call was not answered, with 2 when it was not even tried, and with 3 when the switch stopped
// answering: nothing is sent again.
import { parseArgs } from "node:util";
import { Request, Subscriber } from "zeromq";

const CONNECT_MS = 5000;
const RING_S = 60;
const ANSWER_MS = 65000; // longer, so that the answer says how the call ended
const REFUSED = -32005; // the switch tried, and says why not
const LOOK_MS = 1000; // without news, we ask whether the call is still there

const { values, positionals } = parseArgs({
  options: {
    api: { type: "string", short: "a", default: "tcp://localhost:5557" },
    events: { type: "string", short: "e", default: "tcp://localhost:5556" },
    name: { type: "string", short: "n", default: "Example" },
  },
  allowPositionals: true,
});
const [endpoint, app, arg = ""] = positionals;

const events = new Subscriber({ receiveTimeout: LOOK_MS, heartbeatInterval: 1000 }); // notices a path that died
events.subscribe('{"Event-Name":"CHANNEL_HANGUP_COMPLETE"');
events.connect(values.events); // before the call is made, so that its end can't be missed by much
const requests = new Request({
  immediate: true, // nothing waits for a switch that is away, and runs later (docs/clients.md)
  linger: 0,
  tcpMaxRetransmitTimeout: CONNECT_MS,
  sendTimeout: CONNECT_MS,
  receiveTimeout: ANSWER_MS + 5000,
});
requests.connect(values.api);

// What came within the socket's timeout, parsed; null: nothing.
async function receive(socket) {
  try {
    const [message] = await socket.receive();
    return JSON.parse(message);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
    return null;
  }
}

function giveUp(code, why) {
  console.error(`no answer from ${values.api}: ${why}`);
  process.exit(code);
}

// The result; exits without one.
async function ask(method, params) {
  const message = { jsonrpc: "2.0", id: 1, method, params: { ...params, timeout_ms: ANSWER_MS } };
  await requests.send(JSON.stringify(message)).catch(() => giveUp(2, "not sent"));
  const answer = (await receive(requests)) ?? giveUp(3, "it may have run");
  if (answer.error?.code === REFUSED) {
    console.error(`not answered: ${answer.error.data.reason}`);
    process.exit(1);
  }
  if (answer.error) {
    console.error(`not run: ${answer.error.message}`);
    process.exit(2);
  }
  return answer.result;
}

// The cause with which the call hangs up; null when that was not seen.
async function end(call) {
  for (;;) {
    const event = await receive(events);
    if (event?.["Unique-ID"] === call) return event["Hangup-Cause"];
    // Gone without an event: it was sent before our subscription had arrived.
    if (!event && (await ask("api", { command: "uuid_exists", arg: call })).output.trim() !== "true") return null;
  }
}

const variables = { origination_caller_id_name: values.name }; // as it is: quotes and commas mean nothing here
const then = { app, arg };
const { call } = await ask("call.originate", { endpoint, variables, then, ring_s: RING_S, wait: true });
console.log(`answered: ${call}`);
console.log(`ended: ${(await end(call)) ?? "cause not seen"}`);
