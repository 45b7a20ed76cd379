// A directory of users in files, for a switch that looks them up (docs/xml-services.md): what
// FOLDER/DOMAIN/USER.xml has, a <user> element, is that user. Any number of questions at once.
//
//     node directory.mjs [endpoint [folder]]          once before: npm ci
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Router } from "zeromq";

const [endpoint = "tcp://127.0.0.1:5580", folder = "users"] = process.argv.slice(2);
const isName = (text) => typeof text === "string" && /^[\w+-][\w.+-]*$/.test(text); // no way out of the folder

async function answer(question) {
  const { user, domain } = question.params.params;
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
  let question = {};
  try {
    question = JSON.parse(text) ?? {};
  } catch (error) {
    console.error(error.message); // is answered with an error, as what has no params
  }
  const { id = null } = question;
  answer(question)
    .then((result) => ({ result }), (error) => ({ error: { code: -32000, message: error.message } }))
    .then((outcome) => {
      sent = sent.then(() => socket.send([peer, empty, JSON.stringify({ jsonrpc: "2.0", id, ...outcome })]))
        .catch((error) => console.error(error.message)); // the switch has gone
    });
}
