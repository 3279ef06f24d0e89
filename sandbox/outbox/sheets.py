"""Prepare a message for the eye: who wrote to whom, the text with its links, and its fate. Pure."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from sandbox.behaviour.events import Step, story_of
from sandbox.mail.messages import Message, Recipient, records, texts

# A full stop or a bracket after a link belongs to the sentence, not to the link.
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\"'.,;:!?()\[\]{}]")


# By the type of an event where it has one, else by its name.
_WORDS = {
    "processed": ("On its way", "under-way"),
    "deferred": ("Put off", "put-off"),
    "delivered": ("Delivered", "delivered"),
    "bounce": ("Bounced", "refused"),
    "blocked": ("Blocked", "refused"),
    "spamreport": ("Spam", "spam"),
    "dropped": ("Dropped", "dropped"),
}


@dataclass(frozen=True)
class Fate:
    """One thing that befell a message, for people. `mark` names its shape and colour."""

    at: dt.datetime
    word: str
    mark: str
    said: str = ""
    by_receiver: bool = False


@dataclass(frozen=True)
class Sheet:
    """A message as its receiver sees it. Times are this computer's own.

    `fates` holds, for each receiver, what has happened so far; the last one counts.
    """

    n: int
    kind: str
    sender: Recipient
    reply_to: Recipient | None
    receivers: tuple[Recipient, ...]
    subject: str
    text: Markup
    is_plain: bool
    taken_at: dt.datetime
    ago: str
    fates: tuple[tuple[Fate, ...], ...]
    is_settled: bool

    @property
    def fate(self) -> Fate | None:
        """Give the latest that befell the message on its way to its first receiver."""
        return self.fates[0][-1] if self.fates and self.fates[0] else None


def sheet_of(message: Message, now: float, *, is_settled: bool) -> Sheet:
    """Prepare `message` as it stands at `now`, in Unix seconds."""
    body = message.body
    receivers = tuple(message.recipients())
    text, is_plain = _content(message)
    reply_to = texts(body.get("reply_to"))
    return Sheet(
        n=message.n,
        kind=_kind(message.categories()),
        sender=_mailbox(texts(body.get("from"))),
        reply_to=_mailbox(reply_to) if reply_to else None,
        receivers=receivers,
        subject=_subject(message),
        text=linked(text),
        is_plain=is_plain,
        taken_at=_local(message.received_at),
        ago=ago(now - message.received_at),
        fates=tuple(tuple(_fates(message, one, now)) for one in receivers),
        is_settled=is_settled,
    )


def linked(text: str) -> Markup:
    """Escape `text` and make every web address in it a link."""
    pieces, end = [], 0
    for found in _LINK.finditer(text):
        link = Markup('<a href="{0}">{0}</a>').format(found[0])  # format escapes
        pieces += [escape(text[end : found.start()]), link]
        end = found.end()
    return Markup().join([*pieces, escape(text[end:])])


def ago(seconds: float) -> str:
    """Say how long ago something was."""
    if seconds < 45:
        return "just now"
    for unit, length in (("minute", 60), ("hour", 3600), ("day", 86400)):
        count = max(1, round(seconds / length))
        limit = {"minute": 60, "hour": 24}.get(unit)
        if limit is None or count < limit:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return ""


def _fates(message: Message, recipient: Recipient, now: float) -> Iterator[Fate]:
    for step in story_of(message, recipient):
        at = message.received_at + step.after_s
        if at <= now:
            yield _fate(step, _local(at))


def _fate(step: Step, at: dt.datetime) -> Fate:
    word, mark = _WORDS[str(step.fields.get("type") or step.event)]
    by_receiver = step.event in {"deferred", "delivered", "bounce"}
    return Fate(at, word, mark, step.said(), by_receiver=by_receiver)


def _kind(categories: list[str]) -> str:
    for kind in ("letter", "notice"):
        if kind in categories:
            return kind.capitalize()
    return "Message"


def _subject(message: Message) -> str:
    for level in (*records(message.body.get("personalizations")), message.body):
        if "subject" in level:
            return str(level["subject"])
    return ""


def _content(message: Message) -> tuple[str, bool]:
    parts = [texts(part) for part in records(message.body.get("content"))]
    for part in parts:
        if part.get("type") == "text/plain":
            return part.get("value", ""), True
    return (parts[0].get("value", ""), False) if parts else ("", True)


def _mailbox(fields: dict[str, str]) -> Recipient:
    return Recipient(fields.get("email", ""), fields.get("name", ""), {}, 0)


def _local(unix_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_s).astimezone()
