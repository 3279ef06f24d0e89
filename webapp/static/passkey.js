// Let a passkey answer: the browser asks its owner, and the form carries the answer. A browser that
// knows no passkeys leaves the form as it is, hidden or with the words that say so.

const { PublicKeyCredential } = globalThis;
if (PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    for (const words of form.querySelectorAll("[data-passkey-unknown]")) words.hidden = true;
    form.addEventListener("submit", (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      answer(form);
    });
  }
}

async function answer(form) {
  const options = JSON.parse(form.dataset.passkey);
  const status = form.querySelector("[role=status]");
  status.textContent = "";
  try {
    const credential =
      "passkeyNew" in form.dataset
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.requestSubmit();
  } catch {
    status.textContent = form.dataset.passkeyFailed;
  }
}
