// The action page works without this. With it the text follows the points until the writer types
// in it, what was typed survives a reload, and the room left is told when it gets short.

const KEPT_DAYS = 7;
const keyOf = (slug) => `postbag:${slug}`;

// Storage may be closed to us (private windows, frames); the page then simply keeps nothing.
function stored(slug) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(slug)));
    return kept && Date.now() - kept.at < KEPT_DAYS * 86_400_000 ? kept : null;
  } catch {
    return null;
  }
}

function store(slug, kept) {
  try {
    if (kept) localStorage.setItem(keyOf(slug), JSON.stringify(kept));
    else localStorage.removeItem(keyOf(slug));
  } catch {
    // As above.
  }
}

const form = document.querySelector("form[data-slug]");
const sent = document.querySelector("[data-sent]");
if (sent) store(sent.dataset.sent, null);
if (form) write(form);

function write(form) {
  const slug = form.dataset.slug;
  const fresh = "fresh" in form.dataset;
  const { body, name } = form.elements;
  const points = [...form.querySelectorAll("[data-point]")];
  const apart = form.querySelector("[data-apart]");
  const update = form.querySelector("[data-update]");
  const closing = form.querySelector("[data-closing]");
  const signed = closing.textContent.split(form.dataset.name);

  // As the server composes it: the opening and each point kept, blank lines between.
  const composed = () =>
    [form.dataset.opening, ...points.filter((p) => p.checked).map((p) => p.dataset.point)]
      .filter(Boolean)
      .join("\n\n");

  let follows = body.value === composed();

  function show() {
    for (const left of form.querySelectorAll("[data-left]")) tellLeft(left, form.elements);
    for (const area of form.querySelectorAll("textarea")) grow(area);
    if (apart) apart.hidden = follows;
    if (update) update.hidden = follows;
    if (signed.length > 1) closing.textContent = signed.join(name.value.trim() || form.dataset.name);
  }

  const fields = () =>
    [...form.elements].filter(
      (field) => field.name && field.id !== "website" && !["hidden", "submit"].includes(field.type),
    );
  const nameOf = (field) =>
    field.type === "checkbox" && field.value !== "y" ? `${field.name}:${field.value}` : field.name;

  // Of a fresh page only what was changed: a subject nobody touched is not kept. The answer to a
  // post holds what was typed as if it had been served so, and is kept whole.
  function keep() {
    const typed = {};
    for (const field of fields()) {
      if (field.type === "checkbox") {
        if (!fresh || field.checked !== field.defaultChecked) typed[nameOf(field)] = field.checked;
      } else if ((!fresh || field.value !== field.defaultValue) && !(field === body && follows)) {
        typed[nameOf(field)] = field.value;
      }
    }
    store(slug, Object.keys(typed).length ? { at: Date.now(), typed } : null);
  }

  function restore() {
    const kept = stored(slug);
    if (!kept) return;
    for (const field of fields()) {
      const value = kept.typed[nameOf(field)];
      if (typeof value === "boolean") field.checked = value;
      else if (typeof value === "string") field.value = value;
    }
    follows = follows && !("body" in kept.typed);
    if (follows) body.value = composed();
    form.querySelector("[data-restored]").hidden = false;
  }

  form.addEventListener("input", (event) => {
    if (event.target === body) follows = body.value === composed();
    else if (follows && points.includes(event.target)) body.value = composed();
    show();
    keep();
  });
  form.querySelector("[data-afresh]").addEventListener("click", () => {
    store(slug, null);
    form.reset();
    follows = body.value === composed();
    form.querySelector("[data-restored]").hidden = true;
    show();
    form.elements.reason.focus();
  });

  if (fresh) restore();
  else keep();
  show();
}

function tellLeft(left, elements) {
  const most = Number(left.dataset.most);
  const room = most - elements[left.dataset.left].value.length;
  const words = left.dataset.words.replace("{number}", room.toLocaleString(document.documentElement.lang));
  left.textContent = room < most / 5 ? words : "";
}

function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}
