// For pages that show a campaign in a frame. Gives the frame the height of what is in it, comes back
// to its top when it shows another page, and lets it stand on the ground of the page around it. It
// listens to frames of its own origin only.
(() => {
  const home = new URL(document.currentScript.src).origin;
  const TALLEST_PX = 30_000;
  const seen = new WeakSet();
  const { ground } = document.currentScript.dataset;
  const frames = () => [...document.querySelectorAll("iframe")];
  const forms = () =>
    frames().filter(({ src }) => {
      const { origin, pathname } = new URL(src, location.href);
      return origin === home && pathname.endsWith("/embed");
    });

  // The first colour behind a frame that lets nothing through, as six digits; none: the canvas.
  function groundUnder(frame) {
    for (let one = frame.parentElement; one; one = one.parentElement) {
      const found = getComputedStyle(one).backgroundColor.match(/^rgb\((\d+), (\d+), (\d+)\)$/);
      if (found) return found.slice(1).map((part) => Number(part).toString(16).padStart(2, "0")).join("");
      if (getComputedStyle(one).backgroundImage !== "none") return "";
    }
    return /dark/.test(getComputedStyle(document.documentElement).colorScheme) ? "" : "ffffff";
  }

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

  // The code of the link that led to this page counts for the letters too. The ground of this page,
  // or the one that its lines name, is the frame's.
  const source = new URLSearchParams(location.search).get("source") ?? "";
  for (const frame of forms()) {
    const form = new URL(frame.src, location.href);
    const more = {
      source: /^[a-z0-9_-]{1,40}$/.test(source) ? source : "",
      ground: ground === "host" ? groundUnder(frame) : (ground ?? "").replace("#", ""),
    };
    for (const [name, value] of Object.entries(more)) {
      if (value && !form.searchParams.has(name)) form.searchParams.set(name, value);
    }
    if (form.href === frame.src) continue;
    // Told another address while it loads, a frame sometimes showed neither page. So it is put there
    // anew, and loads once.
    const anew = frame.cloneNode();
    anew.src = form;
    frame.replaceWith(anew);
  }

  // A frame that was there first has told its height to nobody.
  for (const frame of frames()) {
    if (frame.src.startsWith(`${home}/`)) frame.contentWindow?.postMessage("postbag", home);
  }
})();
