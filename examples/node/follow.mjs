// Follows a stream with framing `envelope` and tells of every event that did not arrive.
//
//     node follow.mjs [endpoint [kind ...]]          once before: npm ci
//
// A kind is an Event-Name, or Event-Name/Event-Subclass as topics have it: CHANNEL_ANSWER,
// CUSTOM/sofia::register. Without one, every event is followed. Events go to stdout, one JSON object
// per line; losses, restarts and silence are told on stderr.
import { Subscriber } from "zeromq";

const SILENCE_MS = 3500; // a stream beats once a second: three beats missed

// The last number seen of each kind. `seq` is not compared: it counts also what we may not see.
class Follower {
  #prefixes;
  #epoch = null;
  #complete = false; // does a kind that we have no number of begin at 1?
  #last = new Map();

  constructor(prefixes) {
    this.#prefixes = prefixes;
  }

  // Accounts for one message; true when it is an event.
  take(topic, meta) {
    const isEvent = !topic.startsWith(".");
    if (meta.epoch !== this.#epoch) {
      this.#complete = this.#epoch !== null; // it began while we were listening
      console.error(`${this.#complete ? "restarted" : "joined"}: epoch ${meta.epoch}`);
      this.#epoch = meta.epoch;
      this.#last.clear();
    }
    for (const [kind, number] of this.#numbers(meta)) {
      this.#sentUpTo(kind, isEvent ? number - 1 : number);
      this.#last.set(kind, Math.max(number, this.#last.get(kind) ?? 0));
    }
    this.#complete ||= meta.all === true; // a beat that named all kinds
    return isEvent;
  }

  #numbers(meta) {
    const moved = meta.type_seq !== undefined ? { [meta.type]: meta.type_seq } : (meta.types ?? {}); // of a beat
    return Object.entries(moved).filter(([kind]) => this.#prefixes.some((prefix) => `${kind}/`.startsWith(prefix)));
  }

  #sentUpTo(kind, number) {
    // What was sent before we joined is not lost, only not ours.
    const known = this.#last.get(kind) ?? (this.#complete ? 0 : number);
    if (number > known) console.error(`lost ${number - known}: ${kind} ${known + 1}-${number}`);
  }
}

// A typing error would be followed in silence. FreeSWITCH's own spellings are understood.
function prefixOf(kind) {
  const slash = kind.includes("/") ? kind.indexOf("/") : kind.length;
  const name = kind.slice(0, slash).toUpperCase().replace(/^SWITCH_EVENT_/, "");
  if (!/^([A-Z0-9_]+\*?|\*)$/.test(name)) {
    console.error(`${kind}: a kind is written CHANNEL_ANSWER or CUSTOM/sofia::register`);
    process.exit(1);
  }
  const whole = name === "ALL" ? "*" : name + kind.slice(slash);
  return whole.endsWith("*") ? whole.slice(0, -1) : `${whole}/`;
}

const [endpoint = "tcp://localhost:5556", ...kinds] = process.argv.slice(2);
const prefixes = kinds.length > 0 ? kinds.map(prefixOf) : [""];
const socket = new Subscriber({
  receiveTimeout: SILENCE_MS,
  heartbeatInterval: 1000, // a connection that died unnoticed is made anew
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
    console.error("silence: the publisher or the way to it is gone; waiting");
    continue;
  }
  if (frames.length > 3) { // over multicast: the end of a message was lost, and the next one is behind it
    console.error(`incomplete: ${frames.length} frames of several messages, dropped`);
    continue;
  }
  if (frames.length < 3) throw new Error("not a stream with framing envelope");
  const [topic, meta, event] = frames.map(String);
  if (follower.take(topic, JSON.parse(meta))) console.log(event);
  else if (topic === ".bye/") console.error("stopped: the publisher said goodbye");
}
