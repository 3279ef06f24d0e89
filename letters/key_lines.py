"""Find the lines on which a TOML file's keys stand."""

import re
from collections import Counter
from typing import Final

_HEAD: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_PAIR: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=\s*(.*)")


def key_lines(text: str) -> dict[str, int]:
    """Return the line, from 1, of each key, written like `letter.points[1].key`.

    Reads bare keys, one a line. What stands inside a text of several lines is passed over.
    """
    lines: dict[str, int] = {}
    counts: Counter[str] = Counter()
    prefix = ""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            if fence in line:
                fence = ""
            continue
        head = _HEAD.match(line)
        if head is not None:
            path = head[2]
            if head[1] == "[[":
                path = f"{path}[{counts[path]}]"
                counts[head[2]] += 1
            lines.setdefault(head[2], number)
            lines.setdefault(path, number)
            prefix = f"{path}."
            continue
        pair = _PAIR.match(line)
        if pair is not None:
            lines.setdefault(f"{prefix}{pair[1]}", number)
            for quotes in ('"""', "'''"):
                if pair[2].count(quotes) % 2:
                    fence = quotes
    return lines
