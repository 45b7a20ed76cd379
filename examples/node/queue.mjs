// A queue: callers hear music until an agent is free, who says so by a message.
//
//     node queue.mjs [API socket [service [where agents connect [music]]]]          once before: npm ci
//
// An agent's program asks {"agent":"user/1001","free":true} of a REP socket, and is told how many wait.
// Who has had a call says again that they are free; {"free":false} takes that back.
import { Dealer, Reply } from "zeromq";

const [endpoint = "tcp://localhost:5557", service = "queue", desk = "tcp://127.0.0.1:5590",
  music = "local_stream://moh"] = process.argv.slice(2);
const callers = new Map(); // those who wait, longest first: call → lease
const agents = new Set(); // those who are free, longest first
const asked = new Map(); // id of a request → who waits for its result
// Nothing waits for a switch that is away, and runs later (docs/clients.md).
const socket = new Dealer({ immediate: true, sendTimeout: 0, heartbeatInterval: 1000 });
let lastId = 0, heard = 0, sent = Promise.resolve();

const unsent = (error) => {
  if (error.code !== "EAGAIN") console.error(error.message); // else the switch is away
};

const send = (message, failed = unsent) => {
  sent = sent.then(() => socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }))).catch(failed); // one by one
};

const request = (method, params) => new Promise((resolve, reject) => {
  const id = ++lastId;
  asked.set(id, { resolve, reject });
  send({ id, method, params }, (error) => asked.delete(id) && reject(error));
});

/** Connects the two; if the agent does not answer, the caller waits on, first in line. */
async function connect(call, lease, agent) {
  const on = (method, params) => request(`call.${method}`, { call, lease, ...params });
  try {
    const bridge = on("execute", { app: "bridge", arg: agent, lock: true, urgent: true, wait: true,
      timeout_ms: 86400000, names: ["originate_disposition"] });
    const [{ variables }] = await Promise.all([bridge, on("break")]); // breaks the music
    if (variables.originate_disposition === "SUCCESS") return await on("hangup");
    console.error(`${agent}: ${variables.originate_disposition}`);
    await hold(call, lease, true);
  } catch (error) {
    console.error(`${call}: ${error.message}`); // has hung up; call.end says so, too
  }
}

async function hold(call, lease, first = false) {
  const others = [...callers];
  if (first) callers.clear();
  callers.set(call, lease);
  if (first) for (const [other, itsLease] of others) callers.set(other, itsLease);
  await request("call.execute", { call, lease, app: "playback", arg: music, loops: -1, lock: true });
  match();
}

function match() {
  while (callers.size > 0 && agents.size > 0) {
    const [[call, lease]] = callers, [agent] = agents;
    callers.delete(call);
    agents.delete(agent);
    connect(call, lease, agent);
  }
}

function take({ method, id, params, result, error }) {
  if (method === "call.offer") {
    send({ id, result: { accept: true, set: { continue_on_fail: "true" }, execute: [{ app: "answer" }], then: "control" } });
    hold(params.call, id).catch((failure) => console.error(failure.message));
  } else if (method === "call.end" || method === "call.cancel") {
    callers.delete(params.call); // hung up while waiting, was taken away, or is another worker's
  } else if (method === "service.ping") {
    send({ id, result: {} });
  } else if (asked.has(id)) {
    const { resolve, reject } = asked.get(id);
    asked.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }
}

async function serveAgents() {
  const reply = new Reply();
  await reply.bind(desk);
  for await (const [text] of reply) {
    try {
      const { agent, free } = JSON.parse(text);
      if (typeof agent !== "string") throw new Error("agent: who?");
      agents.delete(agent);
      if (free) agents.add(agent);
      match();
      await reply.send(JSON.stringify({ waiting: callers.size, free: agents.size }));
    } catch (error) {
      await reply.send(JSON.stringify({ error: error.message }));
    }
  }
}

// All is quiet, or the switch is a new one: registering again does no harm.
setInterval(() => {
  if (Date.now() - heard > 1000) {
    request("service.register", { service, capacity: 1000 }).catch(unsent);
  }
}, 500);
socket.connect(endpoint);
serveAgents();
for await (const [text] of socket) {
  heard = Date.now();
  try {
    take(JSON.parse(text));
  } catch (error) {
    console.error(error.message); // no message of a switch
  }
}
