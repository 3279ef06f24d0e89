// A form's post, and its answer in this page's place. So the address stays one that can be left,
// come back to and loaded anew: a browser would ask whether to send a post once more.

const UNREACHED_MS = 30_000;

export function post(form, button) {
  const data = new FormData(form);
  if (button?.name) data.append(button.name, button.value);
  return fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(data),
    redirect: "manual",
    signal: AbortSignal.timeout(UNREACHED_MS),
  });
}

let hasPlace = false;
let { hash } = location;

// Tells whether there was a page of ours to show.
export function show(html, state) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const main = next.querySelector("main");
  if (!main) return false;
  document.title = next.title;
  document.body.className = next.body.className;
  document.querySelector("main").replaceWith(main);
  // It is a place of its own, from which one goes back to the form.
  history.replaceState(state, "");
  if (!hasPlace) history.pushState(state, "", location.pathname + location.search);
  hasPlace = true;
  hash = location.hash;
  scrollTo(0, 0);
  dispatchEvent(new Event("postbag:page"));
  return true;
}

// The form is then asked for anew, and what was typed is kept. Links within a page change its hash.
addEventListener("popstate", () => {
  if (location.hash === hash) location.reload();
  hash = location.hash;
});
addEventListener("hashchange", () => {
  hash = location.hash;
});
