// How much of a letter is its writer's own, as letters/text/compose.py measures it.

const RUN_WORDS = 4; // as there

export const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

export function ownShare(words, given) {
  if (!words.length) return 0;
  const run = Math.min(RUN_WORDS, words.length);
  const runOf = (from, at) => from.slice(at, at + run).join(" ");
  const known = new Set(given.slice(run - 1).map((_, at) => runOf(given, at)));
  const isOwn = words.map(() => true);
  for (let at = 0; at + run <= words.length; at += 1) {
    if (known.has(runOf(words, at))) isOwn.fill(false, at, at + run);
  }
  return isOwn.filter(Boolean).length / words.length;
}
