// Keeps a receipt or a desk up to date: fetches the same page and exchanges what has changed.
// Tells times in the reader's own zone. Without it a reload does the same.

const LONGEST_SECONDS = 15;
// Our English is British: the day stands before the month.
const language = document.documentElement.lang.replace(/^en$/, "en-GB");
const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

function relative(at) {
  const seconds = (at - Date.now()) / 1000;
  for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return ago.format(Math.round(seconds / length), unit);
  }
  return ago.format(0, "minute");
}

function tellTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    time.title = "ago" in time.dataset ? exact.format(at) : time.textContent;
    time.textContent = "ago" in time.dataset ? relative(at) : exact.format(at);
  }
}

// Words as the server wrote them, by part. Text alone: a form's token differs each time.
const known = new Map();
const wordsOf = (part) => part.textContent.replace(/\s+/g, " ");

// Somebody is at work in there.
const inUse = (part) =>
  part.contains(document.activeElement) || part.querySelector("details[open]") !== null;

function exchange(page) {
  const said = [];
  let changed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const name = part.dataset.live;
    const fresh = page.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (!fresh || wordsOf(fresh) === known.get(name) || inUse(part)) continue;
    changed = true;
    known.set(name, wordsOf(fresh));
    const before = part.querySelector("[data-say]")?.textContent;
    part.replaceChildren(...fresh.childNodes);
    tellTimes(part);
    const after = part.querySelector("[data-say]")?.textContent;
    if (after && after !== before) said.push(after);
  }
  if (said.length) document.querySelector("[data-announce]").textContent = said.join(" ");
  return changed;
}

const every = Number(document.querySelector("[data-live-every]")?.dataset.liveEvery ?? 0);
let pause = every;
let timer;

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    pause = exchange(page) ? every : Math.min(pause * 1.2, LONGEST_SECONDS);
  } catch {
    // Offline, or the page is gone: what is shown stays, and we ask less often.
    pause = Math.min(pause * 2, LONGEST_SECONDS);
  }
  wait();
}

function wait() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") timer = setTimeout(look, pause * 1000);
}

for (const part of document.querySelectorAll("[data-live]")) known.set(part.dataset.live, wordsOf(part));
tellTimes(document);
if (every) {
  document.addEventListener("visibilitychange", () => {
    pause = every;
    wait();
  });
  wait();
}
