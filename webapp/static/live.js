// Keeps a receipt or a desk up to date: fetches the page and changes what has changed in it.
// Without it a reload does the same.

import { tellTimes } from "./times.js";

const LONGEST_SECONDS = 15;
// What the server wrote, by part, but for a form's token, which differs each time.
const known = new Map();
function written(part) {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("input[name=csrf_token]")) token.remove();
  return copy.innerHTML.replace(/\s+/g, " ");
}

// Somebody is at work in there, or about to press a button: nothing may move under them.
const inUse = (part) =>
  part.querySelector("form:focus-within, form:hover, details[open] form") !== null;

// Changes `part` into `fresh` where they differ. What stays keeps its focus, its place and whether
// it stands open. Items with a key stay with their key.
function become(part, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  }
  for (const { name } of [...part.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) part.removeAttribute(name);
  }
  const keyed = new Map([...part.children].filter((e) => e.dataset.key).map((e) => [e.dataset.key, e]));
  let here = part.firstChild;
  for (const next of [...fresh.childNodes]) {
    let match = next.dataset?.key ? keyed.get(next.dataset.key) : here;
    if (match?.dataset?.key !== next.dataset?.key || match?.nodeName !== next.nodeName) match = null;
    if (!match) {
      part.insertBefore(next, here);
      continue;
    }
    if (match === here) here = here.nextSibling;
    else part.insertBefore(match, here);
    if (match.nodeType === Node.ELEMENT_NODE) become(match, next);
    else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue;
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    gone.remove();
  }
}

function exchange(page) {
  const said = [];
  let changed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const name = part.dataset.live;
    const fresh = page.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (!fresh || inUse(part)) continue;
    const now = written(fresh);
    if (now === known.get(name)) continue;
    changed = true;
    known.set(name, now);
    const before = part.querySelector("[data-say]")?.textContent;
    become(part, fresh);
    tellTimes(part);
    const after = part.querySelector("[data-say]")?.textContent;
    if (after && after !== before) said.push(after);
  }
  if (said.length) document.querySelector("[data-announce]").textContent = said.join(" ");
  return changed;
}

const { liveEvery, liveFrom, liveEvents } = document.querySelector("[data-live-every]")?.dataset ?? {};
const every = Number(liveEvery ?? 0);
let pause = every;
let timer;
let stream;
let looking = false;
let again = false;

async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    const address = liveFrom ?? location.href;
    const answer = await fetch(address, { cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    pause = exchange(page) ? every : Math.min(pause * 1.2, LONGEST_SECONDS);
  } catch {
    // Offline, or the page is gone: what is shown stays, and we ask less often.
    pause = Math.min(pause * 2, LONGEST_SECONDS);
  }
  looking = false;
  if (again) {
    again = false;
    look();
    return;
  }
  wait();
}

function wait() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  // While the server tells us of changes, a slow look finds what nobody told.
  const seconds = stream ? LONGEST_SECONDS : pause;
  timer = setTimeout(look, seconds * 1000);
}

function listen() {
  if (!liveEvents || !("EventSource" in window)) return;
  stream = new EventSource(liveEvents);
  stream.addEventListener("message", look);
  stream.addEventListener("error", () => {
    // Between two answers it is connecting. Closed for good, it leaves the asking to us.
    if (stream?.readyState !== EventSource.CLOSED) return;
    stream = undefined;
    wait();
  });
}

for (const part of document.querySelectorAll("[data-live]")) known.set(part.dataset.live, written(part));
tellTimes(document);
if (every) {
  document.addEventListener("visibilitychange", () => {
    pause = every;
    stream?.close();
    stream = undefined;
    if (document.visibilityState === "visible") {
      listen();
      look();
    } else clearTimeout(timer);
  });
  listen();
  wait();
}
