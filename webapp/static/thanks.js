// The letter is handed in: what was kept of it in this browser goes.

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
