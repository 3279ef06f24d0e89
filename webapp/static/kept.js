// What was typed, kept in this browser for each campaign until it is sent, for a week at most.
// Storage may be closed to us (private windows, frames); then nothing is kept.

const KEPT_DAYS = 7;
const keyOf = (slug) => `postbag:${slug}`;

export function stored(slug) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(slug)));
    if (!kept || Date.now() - kept.at < KEPT_DAYS * 86_400_000) return kept;
    localStorage.removeItem(keyOf(slug));
  } catch {
    // As above.
  }
  return null;
}

// Tells whether it is kept now. Nothing to keep: what was kept is forgotten.
export function store(slug, typed) {
  try {
    if (typed) localStorage.setItem(keyOf(slug), JSON.stringify({ at: Date.now(), typed }));
    else localStorage.removeItem(keyOf(slug));
    return true;
  } catch {
    return false;
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
