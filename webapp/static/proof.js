// Where a campaign asks for it, the browser does some work before a letter is sent: of 256 tries
// one solves ALTCHA's challenge (version 2). The browser's own threads do it while the writer types.
// Without this script, or where it cannot work, the writer confirms the letter by mail instead.

const LANES = 4;
begin();
addEventListener("postbag:page", begin); // an answer's page has a challenge of its own

function begin() {
  const field = document.querySelector("input[data-challenge]");
  if (field && globalThis.crypto?.subtle) prove(field);
}

function prove(field) {
  const form = field.form;
  const challenge = JSON.parse(field.dataset.challenge);
  const wait = form.querySelector("[data-proving]");
  let work = null;
  let isOver = false;

  const begin = () => (work ??= solve(challenge.parameters).then(
    (solution) => { field.value = btoa(JSON.stringify({ challenge, solution })); },
    () => { field.value = ""; }, // the letter is taken all the same, and confirmed by mail
  ).finally(() => { isOver = true; wait.hidden = true; }));

  form.addEventListener("input", begin, { once: true });
  form.addEventListener("submit", (event) => {
    if (isOver || event.submitter?.name) return; // a preview or an update stores nothing
    event.preventDefault();
    event.stopImmediatePropagation();
    wait.hidden = false;
    begin().then(() => form.requestSubmit(event.submitter));
  }, { capture: true }); // before the page's own script, which sends the letter itself
}

async function solve({ algorithm, cost, keyLength, keyPrefix, nonce, salt }) {
  const hash = algorithm.split("/")[1];
  const settings = { name: "PBKDF2", hash, salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter += LANES) {
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
      new DataView(password.buffer).setUint32(password.length - 4, counter + lane);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const bits = await crypto.subtle.deriveBits(settings, key, keyLength * 8);
      return { counter: counter + lane, derivedKey: hex(new Uint8Array(bits)) };
    });
    const found = (await Promise.all(lanes)).find((one) => one.derivedKey.startsWith(keyPrefix));
    if (found) return found;
  }
}

function bytes(digits) {
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

function hex(octets) {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
