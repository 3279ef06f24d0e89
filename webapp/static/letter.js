// The action page works without this. With it the text follows the points until the writer types
// in it, the letter can be read as it will leave, what was typed is kept in this browser until it
// is sent, and a lost connection is told in a sentence.

import { forget, keepSent, store, stored } from "./kept.js";
import { ownShare, wordsOf } from "./measure.js";

// What the first sight of the page does not need keeps nobody from it.
const addressing = import("./address.js");
const answering = import("./answer.js");

const NAME = "\ue000";
const ADDRESS = "\ue002";

// A browser takes long to learn a language's numbers: on a phone longer than all else here. So
// that waits until the first is told, which is not before somebody types.
// Arabic has Western digits here, as the server writes them.
const tag = document.documentElement.lang.replace(/^ar$/, "ar-u-nu-latn");
let language;
const told = (number) => (language ??= new Intl.NumberFormat(tag)).format(number);

// What is told aloud is set only where it changes.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

// A page of an answer is begun anew: what stood there before goes with its form.
function begin(form, isAnswer = false) {
  if (!form) return; // a page that says no
  const { slug, opening, thanks, anew } = form.dataset;
  const isFresh = "fresh" in form.dataset;
  const { name, email, postcode, subject, reason, body, closing, order, before, leave_empty: trap } =
    form.elements;
  const postal = form.elements.address;
  const find = (selector) => form.querySelector(selector);
  const all = (selector) => [...form.querySelectorAll(selector)];
  const list = find("[data-points]");
  const salutation = find("p[data-salutation]");
  const signed = find("p[data-signed]");
  const draft = find("[data-draft]");
  const own = find("[data-own-words]");
  const trouble = find("[data-trouble]");
  const question = find("[data-ask]");
  const aside = find("[data-aside]");
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
  const closed = () =>
    closing.value.trim()
      ? closing.value + filled(signed.dataset.signed)
      : filled(signed.dataset.signed).trimStart();
  const whole = () =>
    [
      filled(salutation.dataset.salutation),
      ...(reason.value.trim() ? [reason.value] : []),
      body.value,
      ...(closed() ? [closed()] : []),
    ].join("\n\n");

  const given = wordsOf(composed(points()));

  const servedOrder = order?.value; // a hidden field forgets its default
  let isInUse = !isFresh; // until then the page stands as the server wrote it
  let follows = body.value === fromPoints();
  let isKept = false;

  function show() {
    for (const element of all("[data-apart], [data-update]")) element.hidden = follows;
    if (follows && question) question.hidden = true;
    if (aside) aside.hidden = !before.value;
    if (isInUse) {
      const share = ownShare(wordsOf(`${reason.value} ${body.value}`), given);
      find("[data-own]").value = share;
      say(own, sentences[thresholds.filter((least) => share >= least).length]);
      all("[data-left]").forEach(showLeft);
    }
    if (!CSS.supports("field-sizing", "content")) all("textarea").forEach(grow);
    say(salutation, filled(salutation.dataset.salutation));
    say(signed, filled(signed.dataset.signed, signed.dataset.name).trimStart());
    if (find("[data-subject]")) say(find("[data-subject]"), subject.value);
    say(find("[data-ending]"), closing.value);
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

  // Keeping what was typed. Of a fresh page only what was changed, and the subject it was written
  // under; the answer to a post holds what was typed as if it had been served so, and is kept whole.
  const fields = () =>
    [...form.elements].filter(
      (field) => field.name && field !== trap && !["hidden", "submit"].includes(field.type),
    );
  const nameOf = (field) =>
    field.type === "checkbox" && field.value !== "y" ? `${field.name}:${field.value}` : field.name;

  function typed() {
    const typed = {};
    for (const field of fields()) {
      if (field.type === "checkbox") {
        if (!isFresh || field.checked !== field.defaultChecked) typed[nameOf(field)] = field.checked;
      } else if ((!isFresh || field.value !== field.defaultValue) && !(field === body && follows)) {
        typed[nameOf(field)] = field.value;
      }
    }
    if (order && (!isFresh || order.value !== servedOrder)) typed.order = order.value;
    if (!Object.keys(typed).length) return null;
    return { ...typed, subject: subject.value };
  }

  function keep() {
    isKept = store(slug, typed());
    find("[data-kept]").hidden = !isKept;
  }

  function restore() {
    const kept = stored(slug)?.typed ?? history.state?.typed;
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
    forget(slug);
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

  // The text anew from the points: what a person wrote is asked for first, and put aside.
  function askToUpdate() {
    question.hidden = false;
    question.querySelector("button").focus();
  }

  function update() {
    before.value = body.value;
    body.value = fromPoints();
    afterRewriting(aside.querySelector("button"));
  }

  function undo() {
    const mine = follows ? "" : body.value;
    body.value = before.value;
    before.value = mine;
    afterRewriting(body);
  }

  function afterRewriting(next) {
    follows = body.value === fromPoints();
    question.hidden = true;
    show();
    keep();
    next.focus();
  }

  // Whom it goes to, where the writer chooses: the sheet is addressed to the first.
  function address() {
    const first = find("input[name=target]:checked") ?? find("input[name=target]");
    find("[data-address]").innerText = first.dataset.lines;
    salutation.dataset.salutation = first.dataset.salutation;
    if (closing.value === closing.dataset.offered) closing.value = first.dataset.closing;
    closing.dataset.offered = first.dataset.closing;
    signed.dataset.signed = first.dataset.signed;
  }

  // Sending. A letter taken is answered with a redirection; whatever else the server has to say is
  // a page, which is shown here. A proxy's page is got by posting once more in the plain way.
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

  async function send(button) {
    isSending = true;
    if (!button) tellSending();
    trouble.textContent = "";
    try {
      const { post, show: showAnswer } = await answering;
      const answer = await post(form, button);
      if (answer.type === "opaqueredirect") {
        keepSent(slug, email.value.trim());
        location.assign(thanks);
      } else if (answer.status >= 500) tellTrouble(trouble.dataset.refused);
      else if (showAnswer(await answer.text(), isKept ? null : { typed: typed() })) {
        begin(document.querySelector("form[data-slug]"), true);
      } else form.submit();
    } catch {
      tellTrouble(trouble.dataset.unreached);
    }
    isSending = false;
    if (!button) tellSending();
  }

  async function sendUnlessAsked() {
    const asks = await asksAboutSlips;
    // Pressed twice while that was still on its way, it is sent once.
    if (!isSending && !asks()) send();
  }

  // After too many letters from one place: the page says when, and then tries by itself.
  const { retry } = form.dataset;
  if (retry) setTimeout(() => isSending || !form.isConnected || send(), Number(retry) * 1000);

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    event.preventDefault();
    if (button?.classList.contains("move")) move(button);
    else if (button?.name === "update") askToUpdate();
    else if (button?.name === "undo") undo();
    else if (!navigator.onLine) tellTrouble(trouble.dataset.unreached);
    else if (isSending) return;
    else if (button?.name) send(button);
    else sendUnlessAsked();
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
  question?.querySelector("[data-anew]").addEventListener("click", update);
  question?.querySelector("[data-leave]").addEventListener("click", () => {
    question.hidden = true;
    body.focus();
  });

  draft.hidden = false;
  // Where a plain post was loaded anew, it knows nothing of what was typed since.
  const [{ type: cameBy }] = performance.getEntriesByType("navigation");
  if (!isAnswer && (isFresh || cameBy === "reload")) restore();
  if (form.elements.target) address();
  keep();
  show();
  const asksAboutSlips = addressing.then(
    ({ askAboutSlips, prefill }) => {
      if (!isAnswer && prefill([name, email, postcode])) {
        keep();
        show();
      }
      return askAboutSlips(email, find("[data-common]"), keep);
    },
    () => () => false, // without it no slip is asked about
  );
  // A frame gets no autofocus from the browser, nor does what is shown later.
  document.querySelector("[autofocus]")?.focus();
}

begin(document.querySelector("form[data-slug]"));
