"""Open the desk's door: a link signs in once, and a session lasts two weeks at most.

Of a link and of a session we keep a digest only: reading the database opens no door. To look at a
link changes nothing, however often it is done: programs that guard mailboxes open every link.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from letters.desk import organisers
from letters.desk.organisers import Organiser, Role
from letters.record import COMMAND_LINE, STRANGER, Actor, Deed, record, record_refusal
from letters.storage.schema import organiser, sign_in
from letters.tokens import digest

INVITATION_LIFE: Final = timedelta(days=2)
ASKED_LIFE: Final = timedelta(minutes=15)
QUIET: Final = timedelta(minutes=10)
"""How long a link that was asked for stands in for the next ones: shorter than it lives, so whoever
asks in vain has one in the mailbox that works."""
SESSION_LIFE: Final = timedelta(days=14)
IDLE_LIFE: Final = timedelta(hours=24)
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


class Kind(StrEnum):
    """What a row of the table opens."""

    INVITATION = "link"
    ASKED = "asked"
    """A link that somebody asked for: we do not know who."""
    ASKED_AGAIN = "known"
    """A link that was asked for in a browser in which its organiser has been signed in."""
    SESSION = "session"


_LINKS: Final = (Kind.INVITATION, Kind.ASKED, Kind.ASKED_AGAIN)
_ASKED: Final = (Kind.ASKED, Kind.ASKED_AGAIN)


@dataclass(frozen=True, slots=True)
class Link:
    """A link that signs somebody in, if they wish."""

    organiser: Organiser
    expires_at: datetime
    browser: str | None
    """The digest of what the browser that asked for it keeps; None: nobody asked, it invites."""
    invited_by: str | None
    """An organiser's address; None: the command line, or nobody."""

    @property
    def invites(self) -> bool:
        """Tell whether nobody asked for it."""
        return self.browser is None


def invite(
    connection: Connection,
    email: str,
    now: datetime,
    role: Role | None = None,
    by: Actor = COMMAND_LINE,
) -> tuple[Organiser, str]:
    """Make somebody an organiser, or change what they may do; return the token of their link."""
    invited = organisers.enrol(connection, email, now, role)
    record(connection, Deed.INVITED, now, by=by, detail=f"{invited.email}, {invited.role}")
    return invited, new_link(connection, invited.id, now, by.name)


def new_link(
    connection: Connection, organiser_id: int, now: datetime, invited_by: str | None = None
) -> str:
    """Return the token of a link that invites somebody, for two days."""
    return _new(
        connection,
        organiser_id,
        Kind.INVITATION,
        now,
        now + INVITATION_LIFE,
        invited_by=invited_by,
    )


def ask_link(
    connection: Connection, organiser_id: int, now: datetime, browser: str, *, is_known: bool
) -> str | None:
    """Return the token of a link that somebody asked for; None: one is on its way already.

    It makes those void that were asked for earlier; but what a stranger asks for makes none void
    that was asked for in a browser that its organiser knows, and stands in for none there.
    """
    kind = Kind.ASKED_AGAIN if is_known else Kind.ASKED
    # Else two workers would each find that no other link has left.
    connection.execute(
        select(organiser.c.id).where(organiser.c.id == organiser_id).with_for_update()
    )
    of_this_kind = and_(sign_in.c.organiser_id == organiser_id, sign_in.c.kind == str(kind))
    recent = select(exists().where(of_this_kind, sign_in.c.opened_at > now - QUIET))
    if connection.execute(recent).scalar():
        return None
    _void(connection, organiser_id, _ASKED if is_known else (Kind.ASKED,), now)
    return _new(connection, organiser_id, kind, now, now + ASKED_LIFE, browser=browser)


def look_at_link(connection: Connection, token: str, now: datetime) -> Link | None:
    """Return what a link would do; None for a link that opens nothing.

    That is one that was used, is void or too old, is forged, or belonged to somebody since removed.
    """
    row = connection.execute(
        select(organiser, sign_in.c.expires_at, sign_in.c.browser, sign_in.c.invited_by)
        .select_from(sign_in.join(organiser))
        .where(_opens(token, _LINKS, now))
    ).first()
    if row is None:
        return None
    found = Organiser(row.id, row.email, Role(row.role))
    return Link(found, row.expires_at, row.browser, row.invited_by)


def use_link(connection: Connection, token: str, now: datetime, device: str) -> str | None:
    """Return the token of a new session; None for a link that opens nothing."""
    link = look_at_link(connection, token, now)
    used = connection.execute(delete(sign_in).where(_opens(token, _LINKS, now)))
    if link is None or not used.rowcount:
        record_refusal(connection, "a sign-in link that opens nothing", now, by=STRANGER)
        return None
    return let_in(connection, link.organiser, now, device)


def let_in(connection: Connection, somebody: Organiser, now: datetime, device: str) -> str:
    """Return the token of a new session of somebody who has shown who they are."""
    forget(connection, now)
    _void(connection, somebody.id, _ASKED, now)
    me = Actor.organiser(somebody.email)
    record(connection, Deed.SIGNED_IN, now, by=me, detail=device)
    return _new(
        connection, somebody.id, Kind.SESSION, now, now + SESSION_LIFE, used_at=now, device=device
    )


def forget(connection: Connection, now: datetime) -> None:
    """Forget links and sessions whose time is over."""
    connection.execute(
        delete(sign_in).where(or_(sign_in.c.expires_at <= now - QUIET, ~_is_in_use(now)))
    )


def _new(
    connection: Connection,
    organiser_id: int,
    kind: Kind,
    now: datetime,
    expires_at: datetime,
    **more: object,
) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sign_in).values(
            digest=digest(token),
            organiser_id=organiser_id,
            kind=str(kind),
            expires_at=expires_at,
            opened_at=now,
            **more,
        )
    )
    return token


def _void(
    connection: Connection, organiser_id: int, kinds: tuple[Kind, ...], now: datetime
) -> None:
    # They stay a while: how long ago somebody asked is known by them.
    connection.execute(
        update(sign_in)
        .where(
            sign_in.c.organiser_id == organiser_id,
            sign_in.c.kind.in_([str(kind) for kind in kinds]),
            sign_in.c.expires_at > now,
        )
        .values(expires_at=now)
    )


def _opens(token: str, kinds: tuple[Kind, ...], now: datetime) -> ColumnElement[bool]:
    return and_(
        sign_in.c.digest == digest(token),
        sign_in.c.kind.in_([str(kind) for kind in kinds]),
        sign_in.c.expires_at > now,
        _is_in_use(now),
    )


def _is_in_use(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session has been used of late. A link knows no such thing."""
    return or_(
        sign_in.c.kind != str(Kind.SESSION),
        func.coalesce(sign_in.c.used_at, sign_in.c.opened_at) > now - IDLE_LIFE,
    )


def signed_in(connection: Connection, token: str, now: datetime) -> SignedIn | None:
    """Return who is signed in with this session, if anybody."""
    row = connection.execute(
        select(organiser, sign_in.c.digest, sign_in.c.used_at)
        .select_from(sign_in.join(organiser))
        .where(_opens(token, (Kind.SESSION,), now))
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
            sign_in.c.kind == str(Kind.SESSION),
            sign_in.c.expires_at > now,
            _is_in_use(now),
        )
        .order_by(sign_in.c.opened_at.desc(), sign_in.c.digest)
    )
    return [Session(row.digest, row.opened_at, row.used_at, row.device or "") for row in rows]


def sign_out(connection: Connection, here: SignedIn, now: datetime) -> None:
    """End the session that somebody is in."""
    if _end(connection, here.session_id, here.organiser):
        record(connection, Deed.SIGNED_OUT, now, by=Actor.organiser(here.organiser.email))


def end(connection: Connection, session_id: str, of: Organiser, now: datetime) -> None:
    """End one of somebody's own sessions."""
    if _end(connection, session_id, of):
        record(connection, Deed.SESSION_ENDED, now, by=Actor.organiser(of.email), detail=of.email)


def _end(connection: Connection, session_id: str, of: Organiser) -> bool:
    ended = delete(sign_in).where(
        sign_in.c.digest == session_id,
        sign_in.c.kind == str(Kind.SESSION),
        sign_in.c.organiser_id == of.id,
    )
    return connection.execute(ended).rowcount > 0


def end_all(connection: Connection, of: Organiser, now: datetime, by: Actor = COMMAND_LINE) -> None:
    """End every session of somebody, and their links that nobody has used."""
    ended = connection.execute(delete(sign_in).where(sign_in.c.organiser_id == of.id))
    if ended.rowcount:
        record(connection, Deed.SESSION_ENDED, now, by=by, detail=of.email)
