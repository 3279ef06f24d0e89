"""Tell what becomes of a message, as SendGrid's Event Webhook would. Pure: nothing is sent here.

The address decides: see `STORIES`. The form of an event follows SendGrid's Event Webhook
reference and captures of real posts; the signature, its Signed Event Webhook.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.mail.messages import Message, Recipient
from sandbox.mail.shapes import Json

BOUNCED_ADDRESS = "Bounced Address"
INVALID = "Invalid"

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"


@dataclass(frozen=True)
class Step:
    """One event in a story, `after_s` seconds after the message was taken."""

    event: str
    after_s: float = 0.0
    fields: Mapping[str, Json] = field(default_factory=dict)

    def said(self) -> str:
        """Give the words of the receiving server, or SendGrid's own reason."""
        return str(self.fields.get("response") or self.fields.get("reason") or "")


_PROCESSED = Step("processed")


def _delivered(after_s: float = 0.05) -> Step:
    fields: dict[str, Json] = {"response": "250 2.0.0 OK: taken", "tls": 1, "ip": "127.0.0.1"}
    return Step("delivered", after_s, fields)


def _bounce(kind: str, status: str, reason: str, classification: str) -> Step:
    fields: dict[str, Json] = {
        "type": kind,
        "status": status,
        "reason": reason,
        "bounce_classification": classification,
        "tls": 1,
        "ip": "127.0.0.1",
    }
    return Step("bounce", 0.05, fields)


def _dropped(reason: str) -> tuple[Step, ...]:
    return (Step("dropped", 0.0, {"reason": reason, "status": "5.0.0"}),)


_DEFERRED = Step(
    "deferred",
    0.05,
    {"response": "450 4.2.1 This mailbox is busy, try again later", "attempt": "1", "tls": 1},
)

STORIES: Mapping[str, tuple[Step, ...]] = {
    "delivered": (_PROCESSED, _delivered()),
    "bounced": (
        _PROCESSED,
        _bounce("bounce", "5.1.1", "550 5.1.1 There is no such mailbox here", "Invalid Address"),
    ),
    "blocked": (
        _PROCESSED,
        _bounce("blocked", "5.7.1", "554 5.7.1 This server does not take your mail", "Content"),
    ),
    "deferred": (_PROCESSED, _DEFERRED, _delivered(3.0)),
    "dropped": _dropped(BOUNCED_ADDRESS),
    "spam": (_PROCESSED, _delivered(), Step("spamreport", 0.1)),
}


def story(email: str) -> tuple[Step, ...]:
    """Tell what happens to a message to `email`: by its local part up to any `+`."""
    if not email.partition("@")[0].isascii():
        # SendGrid takes such a request with a 202 and then does not try the address.
        return _dropped(INVALID)
    return STORIES.get(local_part(email), STORIES["delivered"])


def local_part(email: str) -> str:
    """Give what steers the stand-in: the local part up to any `+`, in lower case."""
    return email.partition("@")[0].partition("+")[0].lower()


def story_of(message: Message, recipient: Recipient) -> tuple[Step, ...]:
    """Tell what happens to a message on its way to one recipient: see Message.suppressed."""
    reason = message.suppressed.get(recipient.email.lower())
    if reason is None:
        return story(recipient.email)
    return _dropped(reason) if reason else STORIES["delivered"]


def last_step(message: Message, recipient: Recipient, now: float) -> Step | None:
    """Give the last thing that had happened to `message` at `now`, if anything had."""
    steps = story_of(message, recipient)
    past = [one for one in steps if message.received_at + one.after_s <= now]
    return past[-1] if past else None


@dataclass(frozen=True)
class Event:
    """One event of message `n`, due at `due_at` (Unix seconds), as the webhook will see it."""

    n: int
    due_at: float
    fields: dict[str, Json]


def events_of(message: Message) -> Iterator[Event]:
    """Yield every event of `message`. The same message always has the same event ids."""
    for place, recipient in enumerate(message.recipients()):
        for step in story_of(message, recipient):
            due_at = message.received_at + step.after_s
            token = f"{step.event}-{place}-{step.fields.get('attempt', '0')}-{message.message_id}"
            fields: dict[str, Json] = {
                "email": recipient.email,
                "timestamp": int(due_at),
                "smtp-id": f"<{message.message_id}@stand-in.example>",
                "event": step.event,
                "sg_event_id": base64.urlsafe_b64encode(token.encode()).decode().rstrip("="),
                "sg_message_id": f"{message.message_id}.stand-in.{recipient.personalization}",
                **step.fields,
            }
            if categories := message.categories():
                fields["category"] = [*categories]
            # What SendGrid says of an event stays, whatever a custom argument is called.
            yield Event(message.n, due_at, {**recipient.custom_args, **fields})


def webhook_body(events: Sequence[Json]) -> bytes:
    """Set events as SendGrid posts them: a JSON array with CRLF after each event."""
    texts = (json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events)
    return b"[" + ",\r\n".join(texts).encode() + b"]\r\n"


def signature_headers(key: EllipticCurvePrivateKey, body: bytes, now: float) -> dict[str, str]:
    """Sign a post: ECDSA with SHA-256 over the timestamp's digits and the body, nothing between."""
    timestamp = str(int(now))
    signature = key.sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {
        SIGNATURE_HEADER: base64.b64encode(signature).decode("ascii"),
        TIMESTAMP_HEADER: timestamp,
    }
