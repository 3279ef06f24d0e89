"""Check a mail send request as SendGrid's v3 API does. Pure: a parsed body in, refusals out.

Sources: SendGrid's OpenAPI description of `POST /v3/mail/send` for the fields and limits, its
reference of mail send errors for the rules between fields. The wording of the messages is ours;
what counts is the status, the form of the error body and the field named.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Final

from sandbox.mail.shapes import (
    LINE_BREAKS,
    WHOLE,
    Anything,
    Array,
    Email,
    Flag,
    Json,
    Record,
    Refusal,
    Shape,
    Text,
    departures,
)

_RECIPIENTS_LIMIT = 1000
_CUSTOM_ARGS_LIMIT_BYTES = 10_000
_SEND_AT_HORIZON_S = 72 * 3600
_RESERVED_HEADERS = frozenset(
    [
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    ]
)
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"


def _mailbox(*, ascii_only: bool = False, name_forbids: str = LINE_BREAKS) -> Record:
    return Record(
        {"email": Email(ascii_only=ascii_only), "name": Text(forbidden=name_forbids)},
        needed=("email",),
    )


def _settings(**more: dict[str, Shape]) -> Record:
    """Describe settings that can each be switched on, with further fields for some."""
    return Record({name: Record({"enable": Flag(), **fields}) for name, fields in more.items()})


_FROM = _mailbox(ascii_only=True)
_REPLY_TO = _mailbox()
# SendGrid's recipient lists are split at commas and semicolons, even inside a name.
_RECIPIENT = _mailbox(name_forbids=LINE_BREAKS + ",;")
_SUBJECT = Text(shortest=1, forbidden=LINE_BREAKS)
_HEADERS = Record(any_field=Text(forbidden=LINE_BREAKS))
# The values are looked at apart: SendGrid names no field when one is not a string.
_CUSTOM_ARGS = Record(any_field=Anything())
_STRINGS = Record(any_field=Text())

_PERSONALIZATION = Record(
    {
        "to": Array(_RECIPIENT, fewest=1, most=_RECIPIENTS_LIMIT),
        "cc": Array(_RECIPIENT, most=_RECIPIENTS_LIMIT),
        "bcc": Array(_RECIPIENT, most=_RECIPIENTS_LIMIT),
        "from": _FROM,
        "subject": _SUBJECT,
        "headers": _HEADERS,
        "substitutions": _STRINGS,
        "dynamic_template_data": Record(any_field=Anything()),
        "custom_args": _CUSTOM_ARGS,
        "send_at": WHOLE,
    },
    needed=("to",),
)

_REQUEST: Final = Record(
    {
        "personalizations": Array(_PERSONALIZATION, fewest=1, most=1000),
        "from": _FROM,
        "reply_to": _REPLY_TO,
        "reply_to_list": Array(_REPLY_TO, most=1000, unique=True),
        "subject": _SUBJECT,
        "content": Array(
            Record(
                {
                    "type": Text(shortest=1, forbidden=LINE_BREAKS + ",;"),
                    "value": Text(shortest=1),
                },
                needed=("type", "value"),
            ),
            fewest=1,
        ),
        "attachments": Array(
            Record(
                {
                    "content": Text(shortest=1),
                    "type": Text(shortest=1, forbidden=LINE_BREAKS + ",;"),
                    "filename": Text(forbidden=LINE_BREAKS + ",;"),
                    "disposition": Text(one_of=("inline", "attachment")),
                    "content_id": Text(forbidden=LINE_BREAKS + ",;"),
                },
                needed=("content", "filename"),
            )
        ),
        "template_id": Text(),
        "sections": _STRINGS,
        "headers": _HEADERS,
        "categories": Array(Text(longest=255, ascii_only=True), most=10, unique=True),
        "custom_args": _CUSTOM_ARGS,
        "send_at": WHOLE,
        "batch_id": Text(),
        "asm": Record(
            {"group_id": WHOLE, "groups_to_display": Array(WHOLE, most=25)},
            needed=("group_id",),
        ),
        "ip_pool_name": Text(shortest=2, longest=64),
        "mail_settings": _settings(
            bypass_list_management={},
            bypass_spam_management={},
            bypass_bounce_management={},
            bypass_unsubscribe_management={},
            sandbox_mode={},
            footer={"text": Text(), "html": Text()},
            bcc={"email": Email()},
            spam_check={"threshold": WHOLE, "post_to_url": Text()},
        ),
        "tracking_settings": _settings(
            click_tracking={"enable_text": Flag()},
            open_tracking={"substitution_tag": Text()},
            subscription_tracking={"text": Text(), "html": Text(), "substitution_tag": Text()},
            ganalytics={
                f"utm_{part}": Text()
                for part in ("source", "medium", "term", "content", "campaign")
            },
        ),
    },
    needed=("personalizations", "from"),
)


def refusals(body: Json, now: float) -> list[Refusal]:
    """Say why SendGrid would answer 400 to `body`; an empty list means that it would take it.

    `now` is in Unix seconds. The rules between fields are only looked at once the shape is right.
    """
    return list(departures(_REQUEST, body)) or list(_between_fields(body, now))


def error_body(found: list[Refusal]) -> dict[str, Json]:
    """Set `found` in the form of SendGrid's error answers."""
    return {
        "errors": [
            {"message": one.message, "field": one.field, "help": _help(one.field)} for one in found
        ]
    }


def only_a_trial(body: Json) -> bool:
    """Tell whether a checked `body` asks for SendGrid's sandbox mode: look at it, send nothing."""
    switch = _record(_record(_record(body).get("mail_settings")).get("sandbox_mode"))
    return switch.get("enable") is True


def _between_fields(body: Json, now: float) -> Iterator[Refusal]:
    request = _record(body)
    personalizations = [_record(one) for one in _items(request["personalizations"])]
    yield from _recipients(personalizations)
    yield from _headers_and_hour(request, "", now)
    for place, personalization in enumerate(personalizations):
        path = f"personalizations.{place}"
        yield from _custom_args(request, personalization, path)
        yield from _headers_and_hour(personalization, f"{path}.", now)

    templated = bool(request.get("template_id"))
    if not (templated or "subject" in request or all("subject" in one for one in personalizations)):
        yield Refusal("subject", "A subject is needed here or in every personalization.")
    if not (templated or "content" in request):
        yield Refusal("content", "Content is needed unless a template has it.")
    yield from _content_order([str(_record(one)["type"]) for one in _items(request.get("content"))])
    if "reply_to" in request and "reply_to_list" in request:
        yield Refusal("reply_to", "Give either reply_to or reply_to_list.")
    for place, one in enumerate(_items(request.get("attachments"))):
        yield from _attachment(str(_record(one)["content"]), f"attachments.{place}.content")


def _recipients(personalizations: list[dict[str, Json]]) -> Iterator[Refusal]:
    count = 0
    for place, personalization in enumerate(personalizations):
        seen: set[str] = set()
        for kind in ("to", "cc", "bcc"):
            for one in _items(personalization.get(kind)):
                address = str(_record(one)["email"]).lower()
                count += 1
                if address in seen:
                    message = f"[{address}] stands here more than once ({kind})."
                    yield Refusal(f"personalizations.{place}", message)
                seen.add(address)
    if count > _RECIPIENTS_LIMIT:
        message = f"There are {count} recipients; {_RECIPIENTS_LIMIT} are allowed."
        yield Refusal("personalizations", message)


def _headers_and_hour(level: dict[str, Json], prefix: str, now: float) -> Iterator[Refusal]:
    yield from _headers(_record(level.get("headers")), f"{prefix}headers")
    send_at = level.get("send_at")
    if isinstance(send_at, int) and send_at > now + _SEND_AT_HORIZON_S:
        yield Refusal(f"{prefix}send_at", "This is more than 72 hours ahead.")


def _custom_args(
    request: dict[str, Json], personalization: dict[str, Json], path: str
) -> Iterator[Refusal]:
    for level, prefix in ((request, ""), (personalization, f"{path}.")):
        if level.get("custom_args") == {}:
            yield Refusal(f"{prefix}custom_args", "This must not be empty.")
    merged = {**_record(request.get("custom_args")), **_record(personalization.get("custom_args"))}
    if not all(isinstance(value, str) for value in merged.values()):
        yield Refusal(None, "Bad Request")
    size = len(json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode())
    if size > _CUSTOM_ARGS_LIMIT_BYTES:
        message = f"These are {size} bytes; {_CUSTOM_ARGS_LIMIT_BYTES} are allowed."
        yield Refusal(f"{path}.custom_args", message)


def _headers(headers: dict[str, Json], path: str) -> Iterator[Refusal]:
    lowered = [name.lower() for name in headers]
    for name in headers:
        if not name.isascii() or not name.isprintable() or " " in name or not name:
            yield Refusal(path, "A header's name must be ASCII without spaces.")
        if name.lower() in _RESERVED_HEADERS:
            yield Refusal(path, f"{name} is a reserved header.")
    if len(set(lowered)) < len(lowered):
        yield Refusal(path, "The same header stands here twice.")


def _content_order(types: list[str]) -> Iterator[Refusal]:
    for place, kind in enumerate(types):
        html_allowed = place == 0 or (place == 1 and types[0] == "text/plain")
        if (kind == "text/plain" and place > 0) or (kind == "text/html" and not html_allowed):
            message = "text/plain comes first, then text/html, then anything else (RFC 1341, 7.2)."
            yield Refusal("content", message)
            return


def _attachment(content: str, path: str) -> Iterator[Refusal]:
    try:
        base64.b64decode(content, validate=True)
    except binascii.Error:
        yield Refusal(path, "This must be base64.")


def _help(field: str | None) -> str | None:
    if field is None:
        return None
    return f"{_HELP}#message." + ".".join(part for part in field.split(".") if not part.isdigit())


def _record(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
