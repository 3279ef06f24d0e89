"""Put a webhook's message together and sign it.

Signed as Standard Webhooks says (standardwebhooks.com, spec 1.0.0); people and letters have the
shapes of OSDI 1.2 where it has one (opensupporter.github.io/osdi-docs). Only a consent holds
personal data.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


class Kind(StrEnum):
    """What a message tells of."""

    CONSENT = "consent.given"
    WITHDRAWAL = "consent.withdrawn"
    STATE = "letter.state"
    ANSWERED = "letter.answered"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be posted as often as it takes."""

    id: str
    campaign_id: int
    url: str
    secret: str
    body: bytes


def new_secret() -> str:
    """Return a new secret, in the form that receivers' libraries read."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(message: Message, now: datetime) -> dict[str, str]:
    """Return the headers that prove where a message comes from and when it was sent."""
    timestamp = str(int(now.timestamp()))
    key = base64.b64decode(message.secret.removeprefix(_PREFIX))
    signed = f"{message.id}.{timestamp}.".encode() + message.body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Postbag",
        "webhook-id": message.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def body(kind: Kind, at: datetime, data: Mapping[str, object]) -> bytes:
    """Return a message's body: UTF-8 JSON."""
    document = {"type": str(kind), "timestamp": _told(at), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def consent(
    *,
    slug: str,
    wording: str,
    given_at: datetime,
    submission_id: str,
    name: str,
    email: str,
    postcode: str | None,
) -> dict[str, object]:
    """Return a consent: OSDI's person signup helper, with what was agreed to beside it."""
    person: dict[str, object] = {
        "identifiers": [f"postbag:{submission_id}"],
        # We ask for one name and do not guess which part of it is which.
        "given_name": name,
        "email_addresses": [{"address": email, "primary": True, "status": "subscribed"}],
    }
    if postcode:
        person["postal_addresses"] = [{"postal_code": postcode, "primary": True}]
    return {
        "campaign": slug,
        "wording": wording,
        "given_at": _told(given_at),
        "osdi:person_signup_helper": {"person": person},
    }


def withdrawal(*, slug: str, submission_id: str, at: datetime) -> dict[str, object]:
    """Return that a consent is taken back, or its giver erased: the identifier, and no person."""
    return {
        "campaign": slug,
        "withdrawn_at": _told(at),
        "identifiers": [f"postbag:{submission_id}"],
    }


def state(
    *, slug: str, letter_id: str, state_name: str, written_at: datetime, at: datetime, role: str
) -> dict[str, object]:
    """Return a letter's final state: OSDI's outreach, without a word about its writer."""
    outreach: dict[str, object] = {
        "identifiers": [f"postbag:{letter_id}"],
        "origin_system": "Postbag",
        "type": "email",
        "created_date": _told(written_at),
        "modified_date": _told(at),
        "action_date": _told(at),
    }
    if role:
        outreach["targets"] = [{"title": role}]
    return {
        "campaign": slug,
        "letter_id": letter_id,
        "state": state_name,
        "osdi:outreach": outreach,
    }


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
