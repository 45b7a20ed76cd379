// SPDX-License-Identifier: MPL-2.0
// A peer of the tests in this folder, by zeromq.js; README.md has the options and the output.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

// The example's installed packages.
const zmq = createRequire(new URL("../../../examples/node/package.json", import.meta.url))("zeromq");

const [pattern, endpoint, ...words] = process.argv.slice(2);
const options = { mechanism: "NULL", pace: "20", timeout: "2000", window: "10", "switch-after": "-1" };
const prefixes = [];
for (const word of words) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
  if (word.startsWith("subscribe=")) prefixes.push(word.slice(at + 1));
}
const types = {
  sub: zmq.Subscriber, xsub: zmq.XSubscriber, req: zmq.Request, dealer: zmq.Dealer, rep: zmq.Reply, router: zmq.Router,
};

const crcs = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function shown(frame) {
  if (frame.length === 0) return "-";
  if (frame.length <= 48) return frame.toString();
  let crc = -1;
  for (const byte of frame) crc = crcs[(crc ^ byte) & 255] ^ (crc >>> 8);
  return `#${frame.length}:${(~crc >>> 0).toString(16).padStart(8, "0")}`;
}

async function subscribe(socket, on, prefix) {
  if (pattern === "xsub") await socket.send(Buffer.concat([Buffer.from([on ? 1 : 0]), Buffer.from(prefix)]));
  else if (on) socket.subscribe(prefix);
  else socket.unsubscribe(prefix);
}

function security() {
  if (options.mechanism === "PLAIN") return { plainUsername: options.user, plainPassword: options.password };
  if (options.mechanism !== "CURVE") return {};
  const keys = { curvePublicKey: options.public, curveSecretKey: options.secret };
  return options.server ? { ...keys, curveServerKey: options.server } : { ...keys, curveServer: true };
}

async function openSocket() {
  const receives = pattern === "xsub" || pattern === "sub" ? {} : { sendHighWaterMark: 0 };
  const beats = options.heartbeat ? { heartbeatInterval: Number(options.heartbeat) } : {};
  const socket = new types[pattern]({
    linger: 0, receiveHighWaterMark: 0, reconnectInterval: 50, ...receives, ...beats, ...security(),
  });
  if (options.bind) await socket.bind(endpoint);
  else socket.connect(endpoint);
  for (const prefix of prefixes) await subscribe(socket, true, prefix);
  console.log("started");
  return socket;
}

async function take(socket) {
  const frames = await socket.receive();
  console.log(["message", ...frames.map(shown)].join(" "));
  return frames;
}

async function runSubscriber() {
  const socket = await openSocket();
  for (let count = 0; ; count++) {
    if (count === Number(options["switch-after"])) {
      await subscribe(socket, false, prefixes[0]);
      await subscribe(socket, true, options.then);
      console.log("switched");
    }
    await take(socket);
  }
}

async function runServer() {
  const socket = await openSocket();
  for (;;) await socket.send(await take(socket));
}

function request(number) {
  const size = Number(options.size ?? 0);
  const body = size ? Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251)) : `request-${number}`;
  return pattern === "dealer" ? [`env-${number}`, "", body] : [body];
}

async function runClient() {
  const window = pattern === "dealer" ? Number(options.window) : 1;
  let socket = null;
  for (let number = 0; ; await sleep(Number(options.pace))) {
    if (!socket) {
      socket = await openSocket();
      socket.receiveTimeout = Number(options.timeout);
    }
    for (let i = 0; i < window; i++) await socket.send(request(number++));
    try {
      for (let i = 0; i < window; i++) await take(socket);
    } catch {
      console.log(`timeout ${number}`);
      socket.close();
      socket = null;
    }
  }
}

if (pattern === "sub" || pattern === "xsub") await runSubscriber();
else if (pattern === "rep" || pattern === "router") await runServer();
else await runClient();
