"""Know the organisers: one-time links sign them in, and a session lasts two weeks."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from letters.storage.schema import organiser, sign_in
from letters.tokens import digest

LINK_LIFE: Final = timedelta(days=2)
SESSION_LIFE: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Organiser:
    """Somebody who may see and steer the campaigns."""

    id: int
    email: str


def invite(connection: Connection, email: str, now: datetime) -> str:
    """Return the token of a link that signs `email` in once."""
    address = email.strip().lower()
    found = connection.execute(select(organiser.c.id).where(organiser.c.email == address)).scalar()
    if found is None:
        found = connection.execute(
            insert(organiser)
            .values(email=address, role="organiser", invited_at=now)
            .returning(organiser.c.id)
        ).scalar_one()
    return _open(connection, found, "link", now + LINK_LIFE)


def find(connection: Connection, email: str) -> Organiser | None:
    """Return the organiser with this address, if there is one."""
    row = connection.execute(
        select(organiser.c.id, organiser.c.email).where(organiser.c.email == email.strip().lower())
    ).first()
    return None if row is None else Organiser(row.id, row.email)


def all_addresses(connection: Connection) -> list[str]:
    """Return every organiser's address."""
    return list(connection.execute(select(organiser.c.email).order_by(organiser.c.email)).scalars())


def addresses_of(connection: Connection, campaign_id: int) -> list[str]:
    """Return the addresses of those who look after a campaign: today every organiser does."""
    del campaign_id
    return all_addresses(connection)


def use_link(connection: Connection, token: str, now: datetime) -> str | None:
    """Return the token of a new session; None for a link that is used, too old or forged."""
    used = connection.execute(
        delete(sign_in)
        .where(
            sign_in.c.digest == digest(token),
            sign_in.c.kind == "link",
            sign_in.c.expires_at > now,
        )
        .returning(sign_in.c.organiser_id)
    ).scalar()
    connection.execute(delete(sign_in).where(sign_in.c.expires_at <= now))
    return None if used is None else _open(connection, used, "session", now + SESSION_LIFE)


def of_session(connection: Connection, token: str, now: datetime) -> Organiser | None:
    """Return who is signed in with this session, if anybody."""
    row = connection.execute(
        select(organiser.c.id, organiser.c.email)
        .select_from(sign_in.join(organiser))
        .where(
            sign_in.c.digest == digest(token),
            sign_in.c.kind == "session",
            sign_in.c.expires_at > now,
        )
    ).first()
    return None if row is None else Organiser(row.id, row.email)


def end_session(connection: Connection, token: str) -> None:
    """Sign out."""
    connection.execute(delete(sign_in).where(sign_in.c.digest == digest(token)))


def _open(connection: Connection, organiser_id: int, kind: str, expires_at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sign_in).values(
            digest=digest(token), organiser_id=organiser_id, kind=kind, expires_at=expires_at
        )
    )
    return token
