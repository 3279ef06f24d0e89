// Passing a campaign on is one button: the device's own choices where it has some, else the link is
// copied. Other fields that are there to be copied have a button each.

const share = document.querySelector("[data-share]");
const told = document.querySelector("[data-told]");
const canShare = typeof navigator.share === "function";

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    told.textContent = told.dataset.copied;
  } catch {
    told.textContent = told.dataset.byHand;
  }
}

if (share) {
  const link = document.querySelector("#share");
  share.textContent = canShare ? share.dataset.share : share.dataset.copy;
  share.hidden = false;
  share.addEventListener("click", async () => {
    if (!canShare) return copy(link);
    const { title, words: text } = share.dataset;
    try {
      await navigator.share({ title, text, url: link.value });
    } catch (error) {
      // Closing the sheet of choices is an answer too. Where sharing is not allowed, the link is.
      if (error.name !== "AbortError") await copy(link);
    }
  });
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(document.getElementById(button.dataset.copies)));
}
