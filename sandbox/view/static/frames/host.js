// The portal's side of the talk with applications' pages in frames: who is heard, how they are answered.
//
// A page posts texts `command:parameters:key:sid` (parameters are JSON and may be absent) or, for
// commands with a colon in their name, objects `{method, params, callback, appSid}`. It is answered
// by a text `key:JSON`; an event is one more text under the key of its subscription. Only the frame
// that was opened, from the origin it was opened with and with its own session id, is listened to.
import { general, ofPlaces } from "./commands.js";

class Host {
  constructor(box) {
    Object.assign(this, JSON.parse(box.querySelector("script").textContent));
    this.box = box;
    this.frame = box.querySelector("iframe");
    this.keys = new Map();
    window.addEventListener("message", (event) => this.receive(event));
    box.querySelector("form").submit();
  }

  receive(event) {
    if (event.source !== this.frame.contentWindow || event.origin !== this.origin) return;
    const message = read(event.data);
    if (!message || message.sid !== this.sid) return;
    const command = this.command(message.command);
    // What a place does not know it does not answer (bx24-placement-call.md).
    if (command) command(this, message.params, (value = []) => this.post(message.key, value), message.key);
  }

  command(name) {
    if (Object.hasOwn(general, name)) return general[name];
    return this.interface.command.includes(name) && Object.hasOwn(ofPlaces, name) ? ofPlaces[name] : null;
  }

  post(key, value) {
    if (key) this.frame.contentWindow.postMessage(`${key}:${JSON.stringify(value)}`, this.origin);
  }

  // Tells the page of an event of the interface, if it has subscribed.
  tell(event, data) {
    if (this.keys.has(event)) this.post(this.keys.get(event), data);
  }
}

function read(data) {
  if (data && typeof data === "object" && typeof data.method === "string") {
    return { command: data.method, params: data.params || {}, key: data.callback, sid: data.appSid };
  }
  if (typeof data !== "string") return null;
  const parts = data.split(":");
  if (parts.length < 3) return null;
  const sid = parts.pop();
  const key = parts.pop();
  const command = parts.shift();
  return { command, params: parsed(parts.join(":")), key, sid };
}

function parsed(text) {
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// Pages that stand in frames now; a frame that comes later is taken by `open`.
const hosts = [];
export function open(box) {
  const host = new Host(box);
  hosts.push(host);
  return host;
}

// An event of the portal's interface, for all pages that listen.
export const tellAll = (event, data) => hosts.forEach((host) => host.tell(event, data));

for (const box of document.querySelectorAll("[data-frame]")) open(box);
window.portalHosts = hosts;
window.portalTellAll = tellAll;
