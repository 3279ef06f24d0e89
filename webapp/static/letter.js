// The action page works without this. With it the text follows the points until the writer types
// in it, the letter can be read as it will leave, what was typed is kept in this browser until it
// is sent, and a lost connection is told in a sentence.

import { askAboutSlips, prefill } from "./address.js";
import { keepAddress, store, stored } from "./kept.js";

const RUN_WORDS = 4; // as letters/text/compose.py has it
const UNREACHED_MS = 30_000;
const NAME = "\ue000";
const ADDRESS = "\ue002";

// A browser takes long to learn a language's numbers: on a phone longer than all else here. So
// that waits until the first is told, which is not before somebody types.
// Arabic has Western digits here, as the server writes them.
const tag = document.documentElement.lang.replace(/^ar$/, "ar-u-nu-latn");
let language;
const told = (number) => (language ??= new Intl.NumberFormat(tag)).format(number);

const form = document.querySelector("form[data-slug]");
const { slug, opening, thanks, anew } = form.dataset;
const isFresh = "fresh" in form.dataset;
const { name, email, postcode, subject, reason, body, order, leave_empty: trap } = form.elements;
const postal = form.elements.address;
const find = (selector) => form.querySelector(selector);
const all = (selector) => [...form.querySelectorAll(selector)];
const list = find("[data-points]");
const salutation = find("p[data-salutation]");
const closing = find("p[data-closing]");
const draft = find("[data-draft]");
const own = find("[data-own-words]");
const trouble = find("[data-trouble]");
const sentences = JSON.parse(own.dataset.sentences);
const thresholds = JSON.parse(own.dataset.thresholds);

// Texts as the server composes them.
const points = () => all("[data-point]");
const composed = (chosen) =>
  [opening, ...chosen.map((point) => point.dataset.point)].filter(Boolean).join("\n\n");
const fromPoints = () => composed(points().filter((point) => point.checked));
const trimmed = (text) => text.replace(/^[ \t\u00a0\u3000]+|[ \t\u00a0\u3000]+$/g, "");
const filled = (text, ifNoName = "") =>
  text.replace(/[\ue000-\ue002]/g, (mark) => {
    if (mark === NAME) return trimmed(name.value) || ifNoName;
    return (mark === ADDRESS ? postal?.value.trim() : trimmed(postcode?.value ?? "")) ?? "";
  });
const whole = () =>
  [
    filled(salutation.dataset.salutation),
    ...(reason.value.trim() ? [reason.value] : []),
    body.value,
    filled(closing.dataset.closing),
  ].join("\n\n");

// How much is the writer's own, as letters/text/compose.py measures it.
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
const given = wordsOf(composed(points()));

function ownShare() {
  const words = wordsOf(`${reason.value} ${body.value}`);
  if (!words.length) return 0;
  const run = Math.min(RUN_WORDS, words.length);
  const runOf = (from, at) => from.slice(at, at + run).join(" ");
  const known = new Set(given.slice(run - 1).map((_, at) => runOf(given, at)));
  const isOwn = words.map(() => true);
  for (let at = 0; at + run <= words.length; at += 1) {
    if (known.has(runOf(words, at))) isOwn.fill(false, at, at + run);
  }
  return isOwn.filter(Boolean).length / words.length;
}

const servedOrder = order?.value; // a hidden field forgets its default
let isInUse = !isFresh; // until then the page stands as the server wrote it
let follows = body.value === fromPoints();

// What is told aloud is set only where it changes.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function show() {
  for (const element of all("[data-apart], [data-update]")) element.hidden = follows;
  if (isInUse) {
    const share = ownShare();
    find("[data-own]").value = share;
    say(own, sentences[thresholds.filter((least) => share >= least).length]);
    all("[data-left]").forEach(showLeft);
  }
  if (!CSS.supports("field-sizing", "content")) all("textarea").forEach(grow);
  say(salutation, filled(salutation.dataset.salutation));
  say(closing, filled(closing.dataset.closing, closing.dataset.name));
  if (find("[data-subject]")) say(find("[data-subject]"), subject.value);
  if (draft.open) say(draft.querySelector("pre"), whole());
}

function showLeft(left) {
  const most = Number(left.dataset.most);
  const room = most - [...form.elements[left.dataset.left].value].length;
  const words = (room < 0 ? left.dataset.over : left.dataset.words).replace(
    "{number}",
    told(Math.abs(room)),
  );
  say(left, words);
  left.classList.toggle("over", room < 0);
  // Aloud only now and then, as it gets short.
  if (room < 0 || room <= most / 10) {
    if (room < 0 || room % 50 === 0) say(left.nextElementSibling, words);
  } else say(left.nextElementSibling, "");
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

// Keeping what was typed. Of a fresh page only what was changed, and the subject it was written
// under; the answer to a post holds what was typed as if it had been served so, and is kept whole.
const fields = () =>
  [...form.elements].filter(
    (field) => field.name && field !== trap && !["hidden", "submit"].includes(field.type),
  );
const nameOf = (field) =>
  field.type === "checkbox" && field.value !== "y" ? `${field.name}:${field.value}` : field.name;

function keep() {
  const typed = {};
  for (const field of fields()) {
    if (field.type === "checkbox") {
      if (!isFresh || field.checked !== field.defaultChecked) typed[nameOf(field)] = field.checked;
    } else if ((!isFresh || field.value !== field.defaultValue) && !(field === body && follows)) {
      typed[nameOf(field)] = field.value;
    }
  }
  if (order && (!isFresh || order.value !== servedOrder)) typed.order = order.value;
  const isTyped = Object.keys(typed).length > 0;
  if (isTyped) typed.subject = subject.value;
  find("[data-kept]").hidden = !store(slug, isTyped ? typed : null);
}

function restore() {
  const kept = stored(slug)?.typed;
  if (!kept) return;
  for (const field of fields()) {
    const value = kept[nameOf(field)];
    if (typeof value === "boolean") field.checked = value;
    else if (typeof value === "string") field.value = value;
  }
  if (typeof kept.order === "string") arrange(kept.order.split(" "));
  follows = follows && !("body" in kept);
  if (follows) body.value = fromPoints();
  find("[data-restored]").hidden = false;
  isInUse = true;
}

function clear() {
  store(slug, null);
  // A page that answers a post was served with what was typed: only a new one is empty.
  if (!isFresh) return location.assign(anew);
  form.reset();
  if (order) arrange(servedOrder.split(" "));
  follows = body.value === fromPoints();
  find("[data-restored]").hidden = true;
  show();
  reason.focus();
}

// Points and their order.
function arrange(keys) {
  for (const key of keys) {
    const item = points().find((point) => point.value === key)?.closest("li");
    if (item) list.append(item);
  }
  afterArranging();
}

function afterArranging() {
  const items = [...list.children];
  order.value = points().map((point) => point.value).join(" ");
  items.forEach((item, at) => {
    const [up, down] = item.querySelectorAll(".move");
    up?.setAttribute("aria-disabled", at === 0);
    down?.setAttribute("aria-disabled", at === items.length - 1);
  });
}

function move(button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const item = button.closest("li");
  if (button.value.startsWith("up:")) item.previousElementSibling.before(item);
  else item.nextElementSibling.after(item);
  afterArranging();
  button.focus(); // moving took it away
  const moved = find("[data-moved]");
  const place = [...list.children].indexOf(item) + 1;
  moved.textContent = moved.dataset.words
    .replace("{place}", told(place))
    .replace("{number}", told(list.children.length));
  if (follows) body.value = fromPoints();
  show();
  keep();
}

// Whom it goes to, where the writer chooses: the sheet is addressed to the first.
function address() {
  const first = find("input[name=target]:checked") ?? find("input[name=target]");
  find("[data-address]").innerText = first.dataset.lines;
  salutation.dataset.salutation = first.dataset.salutation;
  closing.dataset.closing = first.dataset.closing;
}

// Sending. A letter taken is answered with a redirection; whatever else the server has to say is
// a page, so the form is then posted once more in the plain way, which stores nothing either.
let isSending = false;

function tellTrouble(words) {
  trouble.textContent = words;
  trouble.scrollIntoView({ block: "center" });
}

const sendButtons = all("button.primary");

function tellSending() {
  for (const button of sendButtons) {
    button.setAttribute("aria-busy", isSending);
    button.dataset.rest ??= button.textContent;
    say(button, isSending ? button.dataset.sending ?? button.dataset.rest : button.dataset.rest);
  }
}

async function send() {
  isSending = true;
  tellSending();
  trouble.textContent = "";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      redirect: "manual",
      signal: AbortSignal.timeout(UNREACHED_MS),
    });
    if (answer.type === "opaqueredirect") {
      keepAddress(slug, email.value.trim());
      location.assign(thanks);
    }
    else if (answer.status >= 500) tellTrouble(trouble.dataset.refused);
    else form.submit();
  } catch {
    tellTrouble(trouble.dataset.unreached);
  }
  isSending = false;
  tellSending();
}

// After too many letters from one place: the page says when, and then tries by itself.
const { retry } = form.dataset;
if (retry) setTimeout(() => isSending || send(), Number(retry) * 1000);

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.classList.contains("move")) {
    event.preventDefault();
    move(button);
  } else if (!navigator.onLine) {
    event.preventDefault();
    tellTrouble(trouble.dataset.unreached);
  } else if (!button?.name) {
    event.preventDefault();
    if (!isSending) send();
  }
});

form.addEventListener("input", (event) => {
  isInUse = true;
  if (event.target === body) follows = body.value === fromPoints();
  else if (event.target.name === "target") address();
  else if (follows && event.target.name === "points") body.value = fromPoints();
  show();
  keep();
});
for (const button of all("[data-clear]")) button.addEventListener("click", clear);
draft.addEventListener("toggle", show);

askAboutSlips(email, find("[data-common]"), keep);
draft.hidden = false;
// A reload posts once more what was posted, and knows nothing of what was typed since.
const [{ type: cameBy }] = performance.getEntriesByType("navigation");
if (isFresh || cameBy === "reload") restore();
prefill([name, email, postcode]);
if (form.elements.target) address();
keep();
show();
// A frame gets no autofocus from the browser.
document.querySelector("[autofocus]")?.focus();
