// Tells each time in a page by the reader's own clock, and names its zone. Without it the page has
// the campaign's or the office's clock, named too.

// As the server has it: our English is British, and Arabic has Western digits.
const { lang } = document.documentElement;
const language = { en: "en-GB", ar: "ar-u-nu-latn" }[lang] ?? lang;
const exact = new Intl.DateTimeFormat(language, {
  ...{ day: "numeric", month: "long", year: "numeric" },
  ...{ hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
});
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

function relative(at) {
  const seconds = (at - Date.now()) / 1000;
  for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return ago.format(Math.round(seconds / length), unit);
  }
  return ago.format(0, "minute");
}

// Tells whether the reader's clock shows the same in another zone.
function sameClock(at, zone) {
  if (!zone) return false;
  const read = (timeZone) => at.toLocaleString("en", { timeZone });
  return read(undefined) === read(zone);
}

export function tellTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    const { ago: isAgo, beside, zone } = time.dataset;
    const server = time.textContent;
    time.title = isAgo === undefined ? server : exact.format(at);
    time.textContent = isAgo === undefined ? exact.format(at) : relative(at);
    // An office keeps its own hours: they stay beside the reader's.
    if (beside !== undefined && !sameClock(at, zone)) time.textContent += ` · ${server}`;
  }
}
