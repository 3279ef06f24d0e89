"""Open the desk's door: a link signs in once, and a session lasts two weeks.

Of a link and of a session we keep a digest only: reading the database opens no door.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from letters.desk.organisers import Organiser, Role
from letters.storage.schema import organiser, sign_in
from letters.tokens import digest

LINK_LIFE: Final = timedelta(days=2)
SESSION_LIFE: Final = timedelta(days=14)
_NOTED_EVERY: Final = timedelta(minutes=5)
"""How exactly we know when a session was last used: each request that writes would cost more."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in on one device."""

    id: str
    """Names the session and opens nothing."""
    opened_at: datetime | None
    used_at: datetime | None
    device: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is at the desk, and with which session."""

    organiser: Organiser
    session_id: str
    wants_note: bool
    """Its last use was noted some time ago."""


def new_link(connection: Connection, organiser_id: int, now: datetime) -> str:
    """Return the token of a link that signs somebody in once."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sign_in).values(
            digest=digest(token),
            organiser_id=organiser_id,
            kind="link",
            expires_at=now + LINK_LIFE,
            opened_at=now,
        )
    )
    return token


def use_link(
    connection: Connection, token: str, now: datetime, device: str
) -> tuple[str, str] | None:
    """Return the token of a new session and whose it is; None for a link that opens nothing.

    That is one that was used, is too old, is forged, or belonged to somebody since removed.
    """
    owner: int | None = connection.execute(
        delete(sign_in)
        .where(
            sign_in.c.digest == digest(token),
            sign_in.c.kind == "link",
            sign_in.c.expires_at > now,
        )
        .returning(sign_in.c.organiser_id)
    ).scalar()
    connection.execute(delete(sign_in).where(sign_in.c.expires_at <= now))
    if owner is None:
        return None
    opened = secrets.token_urlsafe(32)
    connection.execute(
        insert(sign_in).values(
            digest=digest(opened),
            organiser_id=owner,
            kind="session",
            expires_at=now + SESSION_LIFE,
            opened_at=now,
            used_at=now,
            device=device,
        )
    )
    email: str = connection.execute(
        select(organiser.c.email).where(organiser.c.id == owner)
    ).scalar_one()
    return opened, email


def signed_in(connection: Connection, token: str, now: datetime) -> SignedIn | None:
    """Return who is signed in with this session, if anybody."""
    row = connection.execute(
        select(organiser, sign_in.c.digest, sign_in.c.used_at)
        .select_from(sign_in.join(organiser))
        .where(
            sign_in.c.digest == digest(token),
            sign_in.c.kind == "session",
            sign_in.c.expires_at > now,
        )
    ).first()
    if row is None:
        return None
    return SignedIn(
        Organiser(row.id, row.email, Role(row.role)),
        row.digest,
        row.used_at is None or now - row.used_at > _NOTED_EVERY,
    )


def note_use(connection: Connection, session_id: str, now: datetime) -> None:
    """Note when a session was last used."""
    connection.execute(update(sign_in).where(sign_in.c.digest == session_id).values(used_at=now))


def of_organiser(connection: Connection, organiser_id: int, now: datetime) -> list[Session]:
    """Return where somebody is signed in, the latest first."""
    rows = connection.execute(
        select(sign_in)
        .where(
            sign_in.c.organiser_id == organiser_id,
            sign_in.c.kind == "session",
            sign_in.c.expires_at > now,
        )
        .order_by(sign_in.c.opened_at.desc(), sign_in.c.digest)
    )
    return [Session(row.digest, row.opened_at, row.used_at, row.device or "") for row in rows]


def end(connection: Connection, session_id: str, organiser_id: int | None = None) -> bool:
    """End a session, of one organiser only where one is named; tell whether there was one."""
    ended = delete(sign_in).where(sign_in.c.digest == session_id, sign_in.c.kind == "session")
    if organiser_id is not None:
        ended = ended.where(sign_in.c.organiser_id == organiser_id)
    return connection.execute(ended).rowcount > 0


def end_all(connection: Connection, organiser_id: int) -> int:
    """End every session of somebody, and their links that nobody has used; return how many."""
    return connection.execute(
        delete(sign_in).where(sign_in.c.organiser_id == organiser_id)
    ).rowcount
