// SPDX-License-Identifier: MPL-2.0
// Follows a stream with framing `envelope` and reports every event that did not arrive.
//
//     node follow.mjs [endpoint [event-type ...]]          once before: npm ci
//
// An event type is an Event-Name, or Event-Name/Event-Subclass as in topics: CHANNEL_ANSWER,
// CUSTOM/sofia::register. Without one, all events are followed. Events go to stdout, one JSON object
// per line; losses, restarts and silence are reported on stderr.
import { Subscriber } from "zeromq";

const SILENCE_MS = 3500; // a stream beats once a second: three beats missed

// The last number seen of each event type. `seq` is not compared: it also counts events that we may not see.
class Follower {
  #prefixes;
  #epoch = null;
  #complete = false; // true: an event type not seen yet starts at 1
  #last = new Map();

  constructor(prefixes) {
    this.#prefixes = prefixes;
  }

  // Accounts for one message; true if it is an event.
  take(topic, meta) {
    const isEvent = !topic.startsWith(".");
    if (meta.epoch !== this.#epoch) {
      this.#complete = this.#epoch !== null; // true: it began while we were listening
      console.error(`${this.#complete ? "restarted" : "joined"}: epoch ${meta.epoch}`);
      this.#epoch = meta.epoch;
      this.#last.clear();
    }
    for (const [type, number] of this.#numbers(meta)) {
      this.#sentUpTo(type, isEvent ? number - 1 : number);
      this.#last.set(type, Math.max(number, this.#last.get(type) ?? 0));
    }
    this.#complete ||= meta.all === true; // a beat that names all event types
    return isEvent;
  }

  #numbers(meta) {
    const moved = meta.type_seq !== undefined ? { [meta.type]: meta.type_seq } : (meta.types ?? {}); // in a beat
    return Object.entries(moved).filter(([type]) => this.#prefixes.some((prefix) => `${type}/`.startsWith(prefix)));
  }

  #sentUpTo(type, number) {
    // Events that were sent before we joined are not losses.
    const known = this.#last.get(type) ?? (this.#complete ? 0 : number);
    if (number > known) console.error(`lost ${number - known}: ${type} ${known + 1}-${number}`);
  }
}

// Checks the spelling: a misspelt name would match nothing. Accepts FreeSWITCH's own spellings too.
function prefixOf(type) {
  const slash = type.includes("/") ? type.indexOf("/") : type.length;
  const name = type.slice(0, slash).toUpperCase().replace(/^SWITCH_EVENT_/, "");
  if (!/^([A-Z0-9_]+\*?|\*)$/.test(name)) {
    console.error(`${type}: write an event type as CHANNEL_ANSWER or CUSTOM/sofia::register`);
    process.exit(1);
  }
  const whole = name === "ALL" ? "*" : name + type.slice(slash);
  return whole.endsWith("*") ? whole.slice(0, -1) : `${whole}/`;
}

const [endpoint = "tcp://localhost:5556", ...types] = process.argv.slice(2);
const prefixes = types.length > 0 ? types.map(prefixOf) : [""];
const socket = new Subscriber({
  receiveTimeout: SILENCE_MS,
  heartbeatInterval: 1000, // detects a connection that died silently
  heartbeatTimeout: SILENCE_MS,
});
socket.subscribe(...prefixes, ".bye/", ".beat/");
socket.connect(endpoint);
console.error(`listening to ${endpoint}`);

const follower = new Follower(prefixes);
for (;;) {
  let frames;
  try {
    frames = await socket.receive();
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
    console.error("silence: the publisher or the connection to it is gone; waiting");
    continue;
  }
  if (frames.length > 3) { // over multicast: the end of a message was lost, and another message followed
    console.error(`incomplete: ${frames.length} frames of several messages; dropped`);
    continue;
  }
  if (frames.length < 3) throw new Error("not a stream with framing envelope");
  const [topic, meta, event] = frames.map(String);
  if (follower.take(topic, JSON.parse(meta))) console.log(event);
  else if (topic === ".bye/") console.error("stopped: the publisher has ended");
}
