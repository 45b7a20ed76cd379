// SPDX-License-Identifier: MPL-2.0
// Makes a call and waits for its end.
//
//     node call.mjs [-a api endpoint] [-e events endpoint] [-n caller's name] endpoint application [argument]
//     node call.mjs user/1000 playback /srv/sounds/hello.wav          once before: npm ci
//
// Exit status: 1 if the call was not answered, 2 if it was not attempted, and 3 if the switch stopped replying; nothing
// is sent again.
import { parseArgs } from "node:util";
import { Request, Subscriber } from "zeromq";

const CONNECT_MS = 5000;
const RING_S = 60;
const REPLY_MS = 65000; // longer, so that the reply says how the call ended
const REFUSED = -32005; // the attempt failed; the error says why
const LOOK_MS = 1000; // after this time without an event, ask whether the call still exists

const { values, positionals } = parseArgs({
  options: {
    api: { type: "string", short: "a", default: "tcp://localhost:5557" },
    events: { type: "string", short: "e", default: "tcp://localhost:5556" },
    name: { type: "string", short: "n", default: "Example" },
  },
  allowPositionals: true,
});
const [endpoint, app, arg = ""] = positionals;

const events = new Subscriber({ receiveTimeout: LOOK_MS, heartbeatInterval: 1000 }); // detects a dead connection
events.subscribe('{"Event-Name":"CHANNEL_HANGUP_COMPLETE"');
events.connect(values.events); // before the call is made, so that its end is unlikely to be missed
const requests = new Request({
  immediate: true, // else requests queue while the switch is away, and run later (docs/clients.md)
  linger: 0,
  tcpMaxRetransmitTimeout: CONNECT_MS,
  sendTimeout: CONNECT_MS,
  receiveTimeout: REPLY_MS + 5000,
});
requests.connect(values.api);

// The next message, parsed; null if none arrives within the socket's timeout.
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
  console.error(`no reply from ${values.api}: ${why}`);
  process.exit(code);
}

// Returns the result; exits if there is none.
async function ask(method, params) {
  const message = { jsonrpc: "2.0", id: 1, method, params: { ...params, timeout_ms: REPLY_MS } };
  await requests.send(JSON.stringify(message)).catch(() => giveUp(2, "not sent"));
  const reply = (await receive(requests)) ?? giveUp(3, "it may have run");
  if (reply.error?.code === REFUSED) {
    console.error(`not answered: ${reply.error.data.reason}`);
    process.exit(1);
  }
  if (reply.error) {
    console.error(`not run: ${reply.error.message}`);
    process.exit(2);
  }
  return reply.result;
}

// The hangup cause of the call; null if its event was missed.
async function end(call) {
  for (;;) {
    const event = await receive(events);
    if (event?.["Unique-ID"] === call) return event["Hangup-Cause"];
    // The call has ended without an event: it was sent before our subscription arrived.
    if (!event && (await ask("api", { command: "uuid_exists", arg: call })).output.trim() !== "true") return null;
  }
}

const variables = { origination_caller_id_name: values.name }; // no escaping: quotes and commas have no meaning here
const then = { app, arg };
const { call } = await ask("call.originate", { endpoint, variables, then, ring_s: RING_S, wait: true });
console.log(`answered: ${call}`);
console.log(`ended: ${(await end(call)) ?? "cause not seen"}`);
