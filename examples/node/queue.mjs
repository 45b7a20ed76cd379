// SPDX-License-Identifier: MPL-2.0
// A queue: callers hear music until an agent is free. Agents report that with a message.
//
//     node queue.mjs [API socket [service [endpoint for agents [music]]]]          once before: npm ci
//
// An agent's program sends {"agent":"user/1001","free":true} to a REP socket; the reply says how many callers wait.
// After a call, the agent reports again that they are free; {"free":false} withdraws it.
import { Dealer, Reply } from "zeromq";

const [endpoint = "tcp://localhost:5557", service = "queue", agentsEndpoint = "tcp://127.0.0.1:5590",
  music = "local_stream://moh"] = process.argv.slice(2);
const callers = new Map(); // waiting callers, longest first: call → lease
const agents = new Set(); // free agents, longest first
const pending = new Map(); // id of a request → its promise
// While the switch is away, nothing is queued that would run later (docs/clients.md).
const socket = new Dealer({ immediate: true, sendTimeout: 0, heartbeatInterval: 1000 });
let lastId = 0, heard = 0, sent = Promise.resolve();

const unsent = (error) => {
  if (error.code !== "EAGAIN") console.error(error.message); // EAGAIN: the switch is away
};

const send = (message, failed = unsent) => {
  sent = sent.then(() => socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }))).catch(failed); // one by one
};

const request = (method, params) => new Promise((resolve, reject) => {
  const id = ++lastId;
  pending.set(id, { resolve, reject });
  send({ id, method, params }, (error) => pending.delete(id) && reject(error));
});

/** Connects the two. If the agent does not answer, the caller goes back to the head of the queue. */
async function connect(call, lease, agent) {
  const control = (method, params) => request(`call.${method}`, { call, lease, ...params });
  try {
    const bridge = control("execute", { app: "bridge", arg: agent, lock: true, urgent: true, wait: true,
      timeout_ms: 86400000, names: ["originate_disposition"] });
    const [{ variables }] = await Promise.all([bridge, control("break")]); // stops the music
    if (variables.originate_disposition === "SUCCESS") return await control("hangup");
    console.error(`${agent}: ${variables.originate_disposition}`);
    await enqueue(call, lease, true);
  } catch (error) {
    console.error(`${call}: ${error.message}`); // the caller has hung up; call.end reports it too
  }
}

async function enqueue(call, lease, first = false) {
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
    enqueue(params.call, id).catch((failure) => console.error(failure.message));
  } else if (method === "call.end" || method === "call.cancel") {
    callers.delete(params.call); // hung up while waiting, was taken away, or is another worker's
  } else if (method === "service.ping") {
    send({ id, result: {} });
  } else if (pending.has(id)) {
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }
}

async function serveAgents() {
  const reply = new Reply();
  await reply.bind(agentsEndpoint);
  for await (const [text] of reply) {
    try {
      const { agent, free } = JSON.parse(text);
      if (typeof agent !== "string") throw new Error("agent is missing, or not a string");
      agents.delete(agent);
      if (free) agents.add(agent);
      match();
      await reply.send(JSON.stringify({ waiting: callers.size, free: agents.size }));
    } catch (error) {
      await reply.send(JSON.stringify({ error: error.message }));
    }
  }
}

// After a second of silence the switch may have restarted; registering again does no harm.
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
    console.error(error.message); // not a valid message
  }
}
