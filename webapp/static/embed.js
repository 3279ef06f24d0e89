// For pages that show a campaign in a frame. Gives the frame the height of what is in it, and comes
// back to its top when it shows another page. It listens to frames of its own origin only.
(() => {
  const home = new URL(document.currentScript.src).origin;
  const TALLEST_PX = 30_000;
  const seen = new WeakSet();
  const frames = () => [...document.querySelectorAll("iframe")];

  addEventListener("message", (event) => {
    if (event.origin !== home) return;
    const frame = frames().find((one) => one.contentWindow === event.source);
    const { postbag, height } = event.data ?? {};
    if (!frame || !postbag || !Number.isFinite(height) || height <= 0) return;
    frame.style.height = `${Math.min(Math.ceil(height), TALLEST_PX)}px`;
    if (postbag !== "page") return;
    if (seen.has(frame) && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    seen.add(frame);
  });

  // The code of the link that led to this page counts for the letters too.
  const source = new URLSearchParams(location.search).get("source") ?? "";
  if (/^[a-z0-9_-]{1,40}$/.test(source)) {
    for (const frame of frames()) {
      const form = new URL(frame.src, location.href);
      if (form.origin !== home || !form.pathname.endsWith("/embed")) continue;
      if (form.searchParams.has("source")) continue;
      form.searchParams.set("source", source);
      frame.src = form;
    }
  }

  // A frame that was there first has told its height to nobody.
  for (const frame of frames()) {
    if (frame.src.startsWith(`${home}/`)) frame.contentWindow?.postMessage("postbag", home);
  }
})();
