// Makes a call and waits for its end.
//
//     node call.mjs [-a api endpoint] [-e events endpoint] dial-string application
//     node call.mjs user/1000 '&playback(/srv/sounds/hello.wav)'          once before: npm ci
//
// Exits with 1 when the call was not answered, and with 2 when it was not even tried.
import { parseArgs } from "node:util";
import { Request, Subscriber } from "zeromq";

const ORIGINATE_MS = 60000; // how long it may ring
const LOOK_MS = 1000; // without news, we ask whether the call is still there

const { values, positionals } = parseArgs({
  options: {
    api: { type: "string", short: "a", default: "tcp://localhost:5557" },
    events: { type: "string", short: "e", default: "tcp://localhost:5556" },
  },
  allowPositionals: true,
});
const [dial, application] = positionals;

const events = new Subscriber({ receiveTimeout: LOOK_MS });
events.subscribe('{"Event-Name":"CHANNEL_HANGUP_COMPLETE"');
events.connect(values.events); // before the call is made, so that its end can't be missed by much
const requests = new Request({ linger: 0, receiveTimeout: ORIGINATE_MS + 5000 });
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

// The command's result: `output` and `status`.
async function api(command, arg) {
  const params = { command, arg, timeout_ms: ORIGINATE_MS };
  await requests.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "api", params }));
  const answer = (await receive(requests)) ?? { error: { message: `no answer from ${values.api}` } };
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
    if (!event && (await api("uuid_exists", call)).output.trim() !== "true") return null;
  }
}

const { output, status, reason } = await api("originate", `${dial} ${application}`);
if (status !== "ok") {
  console.error(`not answered: ${reason ?? output}`);
  process.exit(1);
}
const uuid = output.split(/\s+/)[1]; // +OK UUID
console.log(`answered: ${uuid}`);
console.log(`ended: ${(await end(uuid)) ?? "cause not seen"}`);
