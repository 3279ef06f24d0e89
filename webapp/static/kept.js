// What was typed, kept in this browser for each campaign until it is sent, for a week at most. Who
// writes is kept in this tab alone, and goes with it: whoever uses the browser next may find a letter,
// and not whose it is.
// Storage may be closed to us (private windows, frames); then nothing is kept.

const KEPT_DAYS = 7;
const PERSON = ["name", "email", "postcode", "address", "opt_in"];
const keyOf = (slug) => `postbag:${slug}`;

export function stored(slug) {
  try {
    const person = JSON.parse(sessionStorage.getItem(keyOf(slug)));
    const kept = JSON.parse(localStorage.getItem(keyOf(slug)));
    if (kept && Date.now() - kept.at < KEPT_DAYS * 86_400_000)
      return { typed: { ...kept.typed, ...person } };
    localStorage.removeItem(keyOf(slug));
    return person && { typed: person };
  } catch {
    // As above.
  }
  return null;
}

// Tells whether it is kept now. Nothing to keep: what was kept is forgotten.
export function store(slug, typed) {
  try {
    const of = Object.entries(typed ?? {});
    const person = of.filter(([field]) => PERSON.includes(field));
    const letter = Object.fromEntries(of.filter(([field]) => !PERSON.includes(field)));
    if (person.length) {
      sessionStorage.setItem(keyOf(slug), JSON.stringify(Object.fromEntries(person)));
    } else sessionStorage.removeItem(keyOf(slug));
    if (typed) {
      localStorage.setItem(keyOf(slug), JSON.stringify({ at: Date.now(), typed: letter }));
    } else localStorage.removeItem(keyOf(slug));
    return true;
  } catch {
    return false;
  }
}

// Of a letter that was sent from this tab nothing is left either.
export function forget(slug) {
  store(slug, null);
  try {
    sessionStorage.removeItem(SENT_KEY);
  } catch {
    // As above.
  }
}

// What a letter was sent with, for the page that says thank you: it alone shows the address, in
// this tab, so that a slip can be put right.
const SENT_KEY = "postbag-sent";

export function keepSent(slug, address) {
  try {
    const typed = stored(slug)?.typed;
    sessionStorage.setItem(SENT_KEY, JSON.stringify({ slug, address, typed }));
  } catch {
    // As above.
  }
}

export function sent(slug) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(SENT_KEY));
    return kept?.slug === slug ? kept : null;
  } catch {
    return null;
  }
}
