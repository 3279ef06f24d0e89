"""Make passkeys (WebAuthn) and take their proof: keys that a device holds, for this site alone.

Whoever has one signs in with it, without a mail; and then a link from a mail lets nobody in without
it. What a browser says counts once: each answer is to a challenge of ours, which is signed for that
browser, a few minutes old at most, and remembered when it has been used.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from letters.desk.organisers import Organiser, Role
from letters.record import Actor, Deed, record
from letters.storage.schema import organiser, passkey, spent_challenge
from letters.tokens import Tokens, digest

_LONGEST: Final = 8_192
_REMEMBERED: Final = timedelta(days=1)  # longer than any challenge lives
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_=-]+")
_WRONG_INPUT: Final = (WebAuthnException, ValueError, TypeError, KeyError, RecursionError)


class NotProven(Exception):
    """What the browser brought does not prove that a passkey of ours is there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser brings: the challenge that it got, and the passkey's answer to it."""

    credential: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are made: they answer to no other address."""

    public_url: str
    tokens: Tokens

    @property
    def rp_id(self) -> str:
        """Return the host alone."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def options_to_add(self, of: Organiser, has: Sequence[str], challenge: str) -> str:
        """Return what a browser needs to make a passkey, as JSON; one device makes one."""
        return options_to_json(
            generate_registration_options(
                rp_id=self.rp_id,
                rp_name="Postbag",
                user_id=bytes.fromhex(self.tokens.blind("passkey", str(of.id))),
                user_name=of.email,
                challenge=challenge.encode(),
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=_descriptors(has),
            )
        )

    def options_to_prove(self, has: Sequence[str], challenge: str) -> str:
        """Return what a browser needs to use one of these passkeys, or any, as JSON."""
        return options_to_json(
            generate_authentication_options(
                rp_id=self.rp_id,
                challenge=challenge.encode(),
                allow_credentials=_descriptors(has),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )


def _descriptors(has: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in has]


def add(
    connection: Connection, site: Site, of: Organiser, answer: Answer, name: str, now: datetime
) -> None:
    """Keep a new passkey; raise NotProven."""
    try:
        made = verify_registration_response(
            credential=_checked(answer.credential),
            expected_challenge=answer.challenge.encode(),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _WRONG_INPUT as error:
        raise NotProven from error
    _spend(connection, answer.challenge, now)
    values = {
        "organiser_id": of.id,
        "credential": bytes_to_base64url(made.credential_id),
        "public_key": bytes_to_base64url(made.credential_public_key),
        "sign_count": made.sign_count,
        "name": name[:64],
        "added_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(passkey).values(**values))
    except IntegrityError as error:
        raise NotProven from error  # it is somebody's already
    record(connection, Deed.PASSKEY_ADDED, now, by=Actor.organiser(of.email), detail=name)


def prove(connection: Connection, site: Site, answer: Answer, now: datetime) -> Organiser:
    """Return whose passkey has answered; raise NotProven."""
    try:
        told = json.loads(_checked(answer.credential))
        credential = str(told["id"])
        if not _BASE64URL.fullmatch(credential):  # JSON can name what no database can look for
            raise NotProven
        row = connection.execute(
            select(passkey, organiser.c.email, organiser.c.role)
            .select_from(passkey.join(organiser))
            .where(passkey.c.credential == credential)
            .with_for_update(of=passkey)
        ).first()
        if row is None:
            raise NotProven
        proven = verify_authentication_response(
            credential=told,
            expected_challenge=answer.challenge.encode(),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except _WRONG_INPUT as error:
        raise NotProven from error
    _spend(connection, answer.challenge, now)
    connection.execute(
        update(passkey)
        .where(passkey.c.id == row.id)
        .values(sign_count=proven.new_sign_count, used_at=now)
    )
    return Organiser(row.organiser_id, row.email, Role(row.role))


def _checked(credential: str) -> str:
    if len(credential) > _LONGEST or "\0" in credential:
        raise NotProven
    return credential


def _spend(connection: Connection, challenge: str, now: datetime) -> None:
    """Remember that a challenge was answered; raise NotProven if it was before."""
    connection.execute(delete(spent_challenge).where(spent_challenge.c.at < now - _REMEMBERED))
    try:
        with connection.begin_nested():
            connection.execute(insert(spent_challenge).values(digest=digest(challenge), at=now))
    except IntegrityError as error:
        raise NotProven from error
