// SPDX-License-Identifier: MPL-2.0
// A directory of users in files, for a switch that looks them up (docs/xml-services.md). FOLDER/DOMAIN/USER.xml
// contains the user's <user> element. Handles any number of requests at once.
//
//     node directory.mjs [endpoint [folder]]          once before: npm ci
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Router } from "zeromq";

const [endpoint = "tcp://127.0.0.1:5580", folder = "users"] = process.argv.slice(2);
const isName = (text) => typeof text === "string" && /^[\w+-][\w.+-]*$/.test(text); // cannot leave the folder

async function lookUp(request) {
  const { user, domain } = request.params.params;
  if (!isName(user) || !isName(domain)) return { found: false };
  try {
    const element = await readFile(join(folder, domain, `${user}.xml`), "utf8");
    return { xml: `<document><section name="directory"><domain name="${domain}">${element}</domain></section></document>` };
  } catch (error) {
    if (error.code === "ENOENT") return { found: false };
    throw error;
  }
}

const socket = new Router();
await socket.bind(endpoint);
console.error(`listening on ${endpoint}`);
let sent = Promise.resolve(); // a socket sends one message after another
for await (const [peer, empty, text] of socket) {
  let request = {};
  try {
    request = JSON.parse(text) ?? {};
  } catch (error) {
    console.error(error.message); // gets an error reply, like a request without params
  }
  const { id = null } = request;
  lookUp(request)
    .then((result) => ({ result }), (error) => ({ error: { code: -32000, message: error.message } }))
    .then((outcome) => {
      sent = sent.then(() => socket.send([peer, empty, JSON.stringify({ jsonrpc: "2.0", id, ...outcome })]))
        .catch((error) => console.error(error.message)); // the switch has disconnected
    });
}
