// The letter is handed in: what was kept of it in this browser goes. Sharing is one button.

import { sent, store } from "./kept.js";

const slug = document.querySelector("[data-sent]").dataset.sent;
store(slug, null);
const given = document.querySelector("[data-address]");
const letter = sent(slug);
if (letter?.address) {
  given.querySelector("strong").textContent = letter.address;
  given.hidden = false;
  // Browsers that keep no page to go back to load it anew: what was typed is on it all the same.
  given.querySelector("button").addEventListener("click", () => {
    store(slug, letter.typed);
    history.back();
  });
}

const link = document.querySelector("#share");
const button = document.querySelector("[data-share]");
const told = document.querySelector("[data-told]");
const canShare = typeof navigator.share === "function";

button.textContent = canShare ? button.dataset.share : button.dataset.copy;
button.hidden = false;

async function copy() {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    told.textContent = told.dataset.copied;
  } catch {
    told.textContent = told.dataset.byHand;
  }
}

button.addEventListener("click", async () => {
  if (!canShare) return copy();
  try {
    await navigator.share({ title: button.dataset.title, url: link.value });
  } catch (error) {
    // Closing the sheet of choices is an answer too. Where sharing is not allowed, the link is.
    if (error.name !== "AbortError") await copy();
  }
});
