"""The inward wall: SendGrid's words about a letter become ours. Pure.

The form of an event, and which fields can be missing, are in SendGrid's Event Webhook reference.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from letters.reasons import Hold, Reason
from letters.sending.events.delivery_event import DeliveryEvent
from letters.states import Cause

_CAUSES: Final = MappingProxyType(
    {
        "processed": Cause.TAKEN,
        "deferred": Cause.DEFER,
        "delivered": Cause.DELIVER,
        "dropped": Cause.DROP,
        "bounce": Cause.BOUNCE,
        "blocked": Cause.BOUNCE,
        # Nobody opens, clicks, complains or unsubscribes before the letter has come.
        "open": Cause.DELIVER,
        "click": Cause.DELIVER,
        "spamreport": Cause.DELIVER,
        "unsubscribe": Cause.DELIVER,
        "group_unsubscribe": Cause.DELIVER,
        "group_resubscribe": Cause.DELIVER,
        "other": Cause.TAKEN,
    }
)
_UNWANTED: Final = frozenset({"spamreport", "unsubscribe", "group_unsubscribe"})
_SUPPRESSIONS: Final = frozenset(
    {"bounced address", "spam reporting address", "unsubscribed address", "invalid"}
)
_QUOTA: Final = re.compile(r"package quota|credits")
_FULL: Final = re.compile(
    r"\b[45]\.2\.2\b|(mailbox|inbox) (is )?full|over ?quota|quota exceeded|exceeded.*quota"
)
_NOBODY: Final = re.compile(
    r"\b5\.1\.(1|10)\b|no such (user|mailbox|person|recipient)|(user|recipient) unknown"
    r"|unknown (user|recipient)|does not exist|no mailbox here"
)
_ID: Final = re.compile(r"[0-9a-f]{32}")
_WORDS_MAX: Final = 500
_EARLIEST: Final = datetime(2009, 1, 1, tzinfo=UTC)  # there was no SendGrid before


def read_events(body: bytes, now: datetime) -> list[DeliveryEvent]:
    """Return the events in a post that speak of attempts; raise ValueError for no JSON array.

    What is unknown, of others, or not an object is passed over.
    """
    posted = json.loads(body)
    if not isinstance(posted, list):
        raise ValueError("the body is no JSON array")  # noqa: TRY004 - the caller tells 400
    read = (_read(item, now) for item in posted if isinstance(item, dict))
    return [event for event in read if event is not None]


def _read(item: Mapping[str, object], now: datetime) -> DeliveryEvent | None:
    kind, attempt_id = item.get("event"), item.get("attempt_id")
    if not isinstance(attempt_id, str) or not _ID.fullmatch(attempt_id):
        return None
    if not isinstance(kind, str) or kind not in _CAUSES:
        kind = "other"  # whatever it says of the attempt, SendGrid has it
    # "expired": it gave up after days; 4.x.x: a trouble that passes. Neither is the address's own.
    is_soft = item.get("type") in {"blocked", "expired"} or str(item.get("status")).startswith("4.")
    blocked = kind == "blocked" or (kind == "bounce" and is_soft)
    is_suppressed = kind == "dropped" and _is_suppression(item.get("reason"))
    return DeliveryEvent(
        event_id=_event_id(item),
        attempt_id=attempt_id,
        letter_id=_letter_id(item),
        cause=Cause.SUPPRESS if is_suppressed else _CAUSES[kind],
        happened_at=_moment(item.get("timestamp"), now),
        detail=_words(item),
        reason=None if is_suppressed else _reason(kind, item),
        ends_with=Hold.SUPPRESSED if is_suppressed else _ends_with(kind, is_blocked=blocked),
        is_unwanted=kind in _UNWANTED,
    )


def _reason(kind: str, item: Mapping[str, object]) -> Reason | None:
    """Return why a letter did not arrive, where the words tell."""
    if kind not in {"dropped", "bounce", "blocked"}:
        return None
    words = (_words(item) or "").casefold()
    if kind == "dropped":
        if "spam" in words:
            return Reason.SPAM_CONTENT
        return Reason.QUOTA if _QUOTA.search(words) else None
    if item.get("type") == "expired":
        return Reason.GAVE_UP
    said = f"{item.get('status')} {words}"
    if _FULL.search(said):
        return Reason.MAILBOX_FULL
    return Reason.NO_SUCH_PERSON if _NOBODY.search(said) else None


def _is_suppression(reason: object) -> bool:
    """Tell whether a drop's reason names a list of addresses that SendGrid sends nothing to."""
    return isinstance(reason, str) and reason.strip().casefold() in _SUPPRESSIONS


def _ends_with(kind: str, *, is_blocked: bool) -> Hold | None:
    if kind == "bounce" and not is_blocked:
        return Hold.BOUNCED
    return Hold.COMPLAINED if kind == "spamreport" else None


def _letter_id(item: Mapping[str, object]) -> str | None:
    for name in ("letter_id", "notice_id"):
        found = item.get(name)
        if isinstance(found, str) and _ID.fullmatch(found):
            return found
    return None


def _event_id(item: Mapping[str, object]) -> str:
    given = item.get("sg_event_id")
    if isinstance(given, str) and 0 < len(given) <= 200 and given == _storable(given):
        return given
    # It can be absent: copies of one event are alike in everything else.
    canonical = json.dumps(item, sort_keys=True).encode()
    return f"none-{hashlib.sha256(canonical).hexdigest()}"


def _moment(timestamp: object, now: datetime) -> datetime:
    if isinstance(timestamp, int | float | str):
        try:
            moment = datetime.fromtimestamp(float(timestamp), UTC)
        except (ValueError, OverflowError, OSError):
            return now
        if _EARLIEST < moment < now + timedelta(days=1):
            return moment
    return now


def _words(item: Mapping[str, object]) -> str | None:
    for name in ("reason", "response"):
        words = item.get(name)
        if isinstance(words, str) and words.strip():
            return " ".join(_storable(words).split())[:_WORDS_MAX]
    return None


def _storable(text: str) -> str:
    """Return `text` without what JSON can spell and a database cannot hold."""
    text = text.replace("\x00", "")
    return text if text.isascii() else text.encode(errors="replace").decode()
