"""Leave out what an answer quotes. Pure.

Most mail programs put the message that is answered below the answer. Where that message carried the
letters of many, whoever gets the answer wrote one of them and is not to read the others.
"""

import re
from typing import Final

_MARKED: Final = re.compile(r"[^\S\n]*>")
_OWN_ADDRESS: Final = re.compile(r"(?<![a-z2-7])[a-z2-7]{52}@", re.IGNORECASE)
"""A letter's own address: it stands above each letter in such a mail, and in no answer."""
_RULE: Final = re.compile(
    r"\s*(?:_{10,}\s*$|-{2,}\s*(?:original|forwarded|urspr|mensaje|message|messaggio|الرسالة))",
    re.IGNORECASE,
)
# With a time of day or an address in it, as programs write it: people write such sentences, too.
_WROTE: Final = re.compile(
    r"(?:on|am|el|le|il|op|في|وفي|بتاريخ)\s(?=.{0,200}(?:\d[:.]\d\d|@)).{4,200}"
    r"(?:wrote|schrieb\b.{0,80}|escribió|écrit|scritto|schreef\b.{0,80}|كتب.{0,80})\s*:$",
    re.IGNORECASE | re.DOTALL,
)
# Outlook's way: the headers of the message, each on a line, perhaps between asterisks.
_FROM: Final = re.compile(r"\s*\**(?:from|von|de|da|van|من)\s*:", re.IGNORECASE)
_OTHER_HEADER: Final = re.compile(
    r"\s*\**(?:sent|date|to|subject|gesendet|datum|an|betreff|enviado(?: el)?|fecha|para|asunto"
    r"|envoyé|à|objet|تاريخ|التاريخ|إلى|الموضوع)\s*:",
    re.IGNORECASE,
)
_HEADERS_MAX: Final = 4
_WROTE_LINES_MAX: Final = 3
_WROTE_MAX: Final = 500
"""No such sentence is longer, and whatever is takes too long to be looked through for one."""


def without_quotes(text: str) -> str:
    """Return a text without what it quotes: marked lines, and all below another message's head."""
    lines = text.split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if _MARKED.match(lines[at]):
            at += 1
            continue
        told = _lines_of_wrote(lines, at)
        after = at + told
        if told and any(_MARKED.match(line) for line in _next_said(lines, after)):
            at = after  # the marked lines below go by themselves; an answer may stand among them
            continue
        if told or _begins_another(lines, at):
            break
        kept.append(lines[at])
        at += 1
    return "\n".join(kept).strip("\n")


def _lines_of_wrote(lines: list[str], at: int) -> int:
    """Return how many lines say who wrote what follows; mail programs break that sentence."""
    for number in range(1, _WROTE_LINES_MAX + 1):
        said = "\n".join(lines[at : at + number]).strip()
        if len(said) <= _WROTE_MAX and said.endswith(":") and _WROTE.match(said):
            return number
    return 0


def _next_said(lines: list[str], at: int) -> list[str]:
    """Return the next line with anything on it, if there is one."""
    return next(([line] for line in lines[at:] if line.strip()), [])


def _begins_another(lines: list[str], at: int) -> bool:
    if _RULE.match(lines[at]) or _OWN_ADDRESS.search(lines[at]):
        return True
    below = [line for line in lines[at + 1 : at + 1 + 2 * _HEADERS_MAX] if line.strip()]
    return _FROM.match(lines[at]) is not None and any(
        _OTHER_HEADER.match(line) for line in below[:_HEADERS_MAX]
    )
