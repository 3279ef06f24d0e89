// The writer's address: a slip of a finger is asked about, and never refused. As
// letters/text/addresses.py tells one; the server hands over the domains that most people have.

const AFTER_PRESS_MS = 300;

function isSlip(typed, meant) {
  if (Math.abs(typed.length - meant.length) > 1 || meant.length < 6) return false;
  let same = 0;
  while (same < Math.min(typed.length, meant.length) && typed[same] === meant[same]) same += 1;
  const [rest, wanted] = [typed.slice(same), meant.slice(same)];
  return (
    rest.slice(1) === wanted.slice(1) ||
    rest.slice(1) === wanted ||
    rest === wanted.slice(1) ||
    (rest.slice(0, 2) === wanted[1] + wanted[0] && rest.slice(2) === wanted.slice(2))
  );
}

function nearMiss(address, common) {
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1).toLowerCase()];
  if (at < 1 || common.includes(domain)) return "";
  const meant = domain.replace(/\.(con|cmo|cm|vom|xom|ocm)$/, ".com");
  if (meant !== domain) return `${local}@${meant}`;
  const found = common.find((one) => isSlip(domain, one));
  return found ? `${local}@${found}` : "";
}

// Gives a function that asks about a slip before the letter is sent, once, and tells whether it did.
export function askAboutSlips(email, question, changed) {
  const common = question.dataset.common.split(" ");
  const button = question.querySelector("button");
  let asked = "";
  const ask = () => {
    const meant = nearMiss(email.value.trim(), common);
    question.hidden = !meant;
    if (meant) button.textContent = question.dataset.words.replace("{address}", meant);
    button.value = meant;
    const isNew = meant && asked !== email.value;
    asked = email.value;
    return isNew;
  };
  // Not at once: where a press on a button ends the typing, that would move away from under it.
  email.addEventListener("change", () => setTimeout(ask, AFTER_PRESS_MS));
  button.addEventListener("click", () => {
    email.value = button.value;
    question.hidden = true;
    changed();
    email.focus();
  });
  return () => {
    const isNew = ask();
    if (isNew) button.focus();
    return isNew;
  };
}

// What a link brings behind its #, as in #name=Ana&email=…: it fills the form, and reaches no log.
// Tells whether there was something.
export function prefill(fields) {
  const given = new URLSearchParams(location.hash.slice(1));
  let isFilled = false;
  for (const field of fields) {
    const text = field && given.get(field.name);
    if (!text || field.value) continue;
    field.value = text;
    isFilled = true;
  }
  if (isFilled) history.replaceState(history.state, "", location.pathname + location.search);
  return isFilled;
}
