"""Turn a mail's HTML into the text that a mail program would show, its links kept. Pure.

Read tag by tag, without a tree: of a bomb of nested tags a tree costs the square of its length.
Nothing of this is shown as HTML, so nothing has to be made safe.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final, NamedTuple

_APART: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote"})
_BLOCKS: Final = _APART | frozenset(
    {"div", "table", "tr", "pre", "center", "address", "article", "section", "header", "footer"}
    | {"dl", "dt", "dd", "body", "html"}
)
_SILENT: Final = frozenset({"script", "style", "title", "template", "noscript"})
# Each branch ends at the next angle bracket, so the whole is read once.
_TOKEN: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)([^<>]*)>|<!--|<[!?/][^<>]*>|[^<]+|<")
_HREF: Final = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ALT: Final = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\n\r\f]+")
_BLANK: Final = re.compile(r"\n(?:[ \t]*\n){2,}")
_LINKS: Final = ("http://", "https://", "mailto:", "tel:")


class _Token(NamedTuple):
    text: str
    tag: str = ""
    is_end: bool = False
    attributes: str = ""


def text_of(html: str) -> str:
    """Return the text of HTML. Time and memory grow with its length, whatever it is like."""
    page = _Page()
    for token in _tokens(html):
        if not token.tag:
            page.say(unescape(token.text))
        elif token.is_end:
            page.end(token.tag)
        else:
            page.start(token.tag, token.attributes)
    text = "\n".join(line.rstrip() for line in "".join(page.said).split("\n"))
    return _BLANK.sub("\n\n", text).strip("\n")


def _tokens(html: str) -> Iterator[_Token]:
    at, endless = 0, set[str]()
    lower = html.lower()

    def past(end: str, start: int) -> int:
        """Return the place behind what ends here, or `start`: then nothing like it follows."""
        found = -1 if end in endless else lower.find(end, start)
        if found < 0:
            endless.add(end)
            return start
        close = lower.find(">", found)
        return len(html) if close < 0 else close + 1

    while found := _TOKEN.match(html, at):
        at, whole = found.end(), found[0]
        tag = (found[2] or "").lower()
        if whole == "<!--":
            at = past("-->", at)
        elif tag in _SILENT:
            at = at if found[1] else past(f"</{tag}", at)
        elif tag:
            yield _Token("", tag, bool(found[1]), found[3])
        elif whole == "<" or whole[0] != "<":
            yield _Token(whole)


class _Page:
    """The text so far."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._link: tuple[str, int] | None = None
        self._is_exact = False

    def start(self, tag: str, attributes: str) -> None:
        """Begin an element."""
        match tag:
            case "br":
                self.said.append("\n")
            case "hr":
                self._break(2)
                self.said.append("---\n\n")
            case "li":
                self._break(1)
                self.said.append("- ")
            case "td" | "th":
                if self.said and not self.said[-1].endswith(("\n", " ")):
                    self.said.append("  ")
            case "img":
                words = _attribute(_ALT, attributes)
                self.say(f"[{words}]" if words else "")
            case "a":
                self._link = (_attribute(_HREF, attributes), len(self.said))
            case _ if tag in _BLOCKS:
                self._break(2 if tag in _APART else 1)
                self._is_exact = tag == "pre" or self._is_exact
            case _:
                pass

    def end(self, tag: str) -> None:
        """End an element."""
        if tag == "a" and self._link is not None:
            href, since = self._link
            self._link = None
            words = "".join(self.said[since:]).strip()
            bare = href.removeprefix("mailto:").removeprefix("tel:")
            if href.lower().startswith(_LINKS) and _plain(words) != _plain(bare):
                self.said.append(f" <{bare}>" if words else f"<{bare}>")
        elif tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)
            self._is_exact = tag != "pre" and self._is_exact

    def say(self, words: str) -> None:
        """Add words; outside of `pre` all white space is one space."""
        if not self._is_exact:
            words = _SPACE.sub(" ", words)
            if not self.said or self.said[-1].endswith(("\n", " ")):
                words = words.lstrip(" ")
        if words:
            self.said.append(words.replace("\xa0", " "))

    def _break(self, lines: int) -> None:
        """Make sure that what follows begins a line, or stands apart by a blank one."""
        if not self.said:
            return
        last = self.said[-1]
        if not last.strip(" ") and len(self.said) > 1:
            last = self.said[-2] + last.strip(" ")
        ends = len(last.rstrip(" ")) - len(last.rstrip(" ").rstrip("\n"))
        if ends < lines:
            self.said.append("\n" * (lines - ends))


def _attribute(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(attributes)
    return "" if found is None else unescape(found[1] or found[2] or found[3] or "").strip()


def _plain(words: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", words.strip().lower()).rstrip("/")
