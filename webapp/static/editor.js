// The editor works without this. With it what is typed is kept while one types, the letter stands
// beside the form on a wide screen, and whoever leaves with something that is not kept is asked.

const PAUSE_MS = 1200;
const form = document.querySelector("#editor");
const says = form.querySelector("[data-kept]");
const beside = document.querySelector(".beside");
const isWide = matchMedia("(width >= 80rem)");
const keeps = form.dataset.keeps !== undefined; // a campaign that is stored changes by “Save” alone
let isTyped = false;
let isLeaving = false;
let timer;
let underWay;

function typedIn(act) {
  const fields = new FormData(form);
  fields.delete("spreadsheet");
  fields.set("do", act);
  return new URLSearchParams([...fields]);
}

const post = (act) => fetch(location.href, { method: "POST", body: typedIn(act), redirect: "error" });

async function keep() {
  if (!keeps || !isTyped) return;
  isTyped = false;
  try {
    const answer = await post("autosave");
    if (!answer.ok) throw new Error(String(answer.status));
    form.elements.unfinished.value = await answer.text();
    says.textContent = says.dataset.kept;
  } catch {
    isTyped = true;
    says.textContent = says.dataset.lost;
  }
}

async function look() {
  if (!isWide.matches) return;
  try {
    const answer = await post("preview");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const letter = page.querySelector(".preview");
    if (letter) beside.replaceChildren(letter);
  } catch {
    // Offline: what is shown stays.
  }
}

// Keeping comes first: it gives the name under which the rest is kept.
const work = async () => {
  await keep();
  await look();
};

form.addEventListener("input", () => {
  isTyped = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    underWay = work().finally(() => {
      underWay = undefined;
    });
  }, PAUSE_MS);
});

form.addEventListener("submit", async (event) => {
  clearTimeout(timer);
  if (underWay) {
    event.preventDefault();
    await underWay;
    form.requestSubmit(event.submitter);
    return;
  }
  isLeaving = true;
});

addEventListener("pageshow", () => {
  isLeaving = false;
});
addEventListener("beforeunload", (event) => {
  if (isTyped && !isLeaving && (!keeps || says.textContent === says.dataset.lost)) event.preventDefault();
});
addEventListener("pagehide", () => {
  if (isTyped && !isLeaving && keeps) navigator.sendBeacon(location.href, typedIn("autosave"));
});
isWide.addEventListener("change", look);
if (!keeps) look();
