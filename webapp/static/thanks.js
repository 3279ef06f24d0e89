// The letter is handed in: what was kept of it in this browser goes. Sharing is one button.

import { sentAddress, store } from "./kept.js";

const slug = document.querySelector("[data-sent]").dataset.sent;
store(slug, null);
const sent = document.querySelector("[data-address]");
const address = sentAddress(slug);
if (address) {
  sent.querySelector("strong").textContent = address;
  sent.hidden = false;
  sent.querySelector("button").addEventListener("click", () => history.back());
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
