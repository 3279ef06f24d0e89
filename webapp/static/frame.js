// In a frame: tells the page around it how tall the content is, and nobody but the origins that
// the campaign lists.

const listed = document.body.dataset.frameOrigins.split(" ").filter(Boolean);
const above = location.ancestorOrigins?.[0];
const origins = above ? listed.filter((origin) => origin === above) : listed;

function tell(what) {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  for (const origin of origins) parent.postMessage({ postbag: what, height }, origin);
}

if (parent !== window) {
  tell("page");
  addEventListener("postbag:page", () => tell("page"));
  new ResizeObserver(() => tell("height")).observe(document.documentElement);
  addEventListener("message", (event) => {
    if (event.source === parent && origins.includes(event.origin)) tell("height");
  });
}
