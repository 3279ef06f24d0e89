"""Mail the organisers what they have to know at once: each trouble once, not once an event."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select, update

from letters.books import locks
from letters.books.locks import Rank
from letters.campaigns import store
from letters.desk import organisers
from letters.notices import to_organisers
from letters.notices.links import Links
from letters.notices.notice import Notice
from letters.notices.post import Purpose, post
from letters.sending import gate as account
from letters.sending.claiming.relays import IS_SETTLED
from letters.states import Cause, State
from letters.storage.schema import account as account_table
from letters.storage.schema import campaign, event, is_in, letter, office, target

_AGAIN_AFTER: Final = timedelta(hours=24)
_LAST_LETTERS: Final = 20
_LAST_EVENTS: Final = 2_000
_BEFORE_ALL: Final = literal(datetime.fromtimestamp(0, UTC), campaign.c.unknown_alarm_at.type)
_DID_NOT_ARRIVE: Final = frozenset({Cause.BOUNCE, Cause.DROP})


def sound(
    connection: Connection,
    links: Links,
    unknown_grace_seconds: float,
    now: datetime,
) -> None:
    """Queue a mail to the organisers for each trouble that they have not been told of."""
    _about_unknown(connection, links, now - timedelta(seconds=unknown_grace_seconds), now)
    _about_targets(connection, links, now)
    _about_account(connection, links, now)
    _about_strange_news(connection, links, now)


def is_due(connection: Connection, unknown_grace_seconds: float, now: datetime) -> bool:
    """Tell whether there is anything to tell, without locking anything."""
    gate = account.look(connection)
    return (
        (gate.is_in_trouble(now) and _untold_account(connection))
        or bool(connection.execute(select(_is_strange_news(now))).scalar())
        or bool(_stopped(connection, now))
        or _is_any_unknown(connection, now - timedelta(seconds=unknown_grace_seconds), now)
    )


def _untold_account(connection: Connection) -> bool:
    alarmed_at = connection.execute(select(account_table.c.alarmed_at)).scalar()
    return alarmed_at is None


def _about_account(connection: Connection, links: Links, now: datetime) -> None:
    gate = account.look(connection)
    if not gate.is_in_trouble(now):
        return
    locks.note(connection, Rank.ACCOUNT, (0,))
    first = connection.execute(
        update(account_table).where(account_table.c.alarmed_at.is_(None)).values(alarmed_at=now)
    )
    if first.rowcount:
        notice = to_organisers.account_trouble(
            links.desk(), gate.reason, gate.trouble or "", is_refused=gate.refused
        )
        _mail(connection, links, organisers.all_addresses(connection), notice, None, now)


def _is_strange_news(now: datetime) -> ColumnElement[bool]:
    told_at, came_at = account_table.c.strange_news_told_at, account_table.c.strange_news_at
    lately = (told_at < came_at) & (told_at < now - _AGAIN_AFTER)
    return came_at.is_not(None) & (told_at.is_(None) | lately)


def _about_strange_news(connection: Connection, links: Links, now: datetime) -> None:
    first = connection.execute(
        update(account_table).where(_is_strange_news(now)).values(strange_news_told_at=now)
    )
    if first.rowcount:
        notice = to_organisers.strange_news(links.desk())
        _mail(connection, links, organisers.all_addresses(connection), notice, None, now)


def _stopped(connection: Connection, now: datetime) -> list[tuple[int, str]]:
    """Return targets, with their campaign's slug, to which sending has stopped by itself."""
    rows = connection.execute(
        select(target.c.id, campaign.c.slug)
        .select_from(target.join(campaign))
        .where(
            target.c.alarmed_at.is_(None),
            ~target.c.withdrawn,
            or_(
                target.c.hold_reason.is_not(None),
                exists().where(
                    office.c.id == target.c.office_id, office.c.hold_reason.is_not(None)
                ),
                and_(
                    target.c.valid_before <= now,
                    select(letter.c.id)
                    .where(letter.c.target_id == target.c.id, is_in(State.HELD))
                    .exists(),
                ),
            ),
        )
        .order_by(target.c.id)
    )
    return [(row.id, row.slug) for row in rows]


def _about_targets(connection: Connection, links: Links, now: datetime) -> None:
    stopped = _stopped(connection, now)
    locks.take(connection, targets=[target_id for target_id, _ in stopped])
    for target_id, slug in stopped:
        first = connection.execute(
            update(target)
            .where(target.c.id == target_id, target.c.alarmed_at.is_(None))
            .values(alarmed_at=now)
        )
        if not first.rowcount:
            continue
        stored = store.find(connection, slug)
        found = next(t for t in stored.targets if t.id == target_id)
        waiting: int = connection.execute(
            select(func.count()).where(letter.c.target_id == target_id, is_in(State.HELD))
        ).scalar_one()
        link = links.desk(slug)
        if found.hold is None:
            notice = to_organisers.term_over(stored.campaign, link, found.target, waiting=waiting)
        else:
            notice = to_organisers.target_stopped(
                stored.campaign,
                link,
                found.target,
                why=found.hold,
                words=found.hold_words or "",
                came_back=came_back(connection, target_id),
                waiting=waiting,
            )
        to = organisers.addresses_of(connection, stored.id)
        _mail(connection, links, to, notice, stored.id, now)


def came_back(connection: Connection, target_id: int) -> tuple[int, int]:
    """Return how many of a target's last letters came back: (those that did, of how many).

    The last twenty that events spoke of, as far as the newest events reach.
    """
    newest = (
        select(event.c.id, event.c.letter_id, event.c.cause, event.c.is_hard)
        .order_by(event.c.id.desc())
        .limit(_LAST_EVENTS)
        .subquery()
    )
    bad: dict[str, bool] = {}
    for row in connection.execute(
        select(newest.c.letter_id, newest.c.cause, newest.c.is_hard)
        .select_from(newest.join(letter, letter.c.id == newest.c.letter_id))
        .where(letter.c.target_id == target_id, letter.c.kind == "letter")
        .order_by(newest.c.id.desc())
    ):
        if row.letter_id not in bad and len(bad) == _LAST_LETTERS:
            break
        is_bad = row.is_hard or row.cause in _DID_NOT_ARRIVE
        bad[row.letter_id] = bad.get(row.letter_id, False) or is_bad
    counted = Counter(bad.values())
    return counted[True], counted.total()


def _is_unknown(before: datetime) -> ColumnElement[bool]:
    """Return the condition that a letter of a campaign waits for a person who was not told of it.

    What became unknown before its campaign was last told is no news.
    """
    return and_(
        letter.c.campaign_id == campaign.c.id,
        letter.c.state == str(State.UNKNOWN),
        letter.c.state_at <= before,
        letter.c.state_at > func.coalesce(campaign.c.unknown_alarm_at, _BEFORE_ALL),
        IS_SETTLED,
    )


def _may_be_told(now: datetime) -> ColumnElement[bool]:
    told_at = campaign.c.unknown_alarm_at
    return or_(told_at.is_(None), told_at < now - _AGAIN_AFTER)


def _is_any_unknown(connection: Connection, before: datetime, now: datetime) -> bool:
    """Tell whether there is any: to count them all would take a look at each."""
    found = select(campaign.c.id).where(
        _may_be_told(now),
        select(letter.c.id).where(_is_unknown(before)).correlate(campaign).exists(),
    )
    return connection.execute(found.limit(1)).first() is not None


def _unknown(connection: Connection, before: datetime, now: datetime) -> dict[int, int]:
    """Return how many letters of which campaigns wait for a person's word, where none was told."""
    waiting = (
        select(func.count()).select_from(letter).where(_is_unknown(before)).correlate(campaign)
    )
    rows = connection.execute(
        select(campaign.c.id, waiting.scalar_subquery()).where(_may_be_told(now))
    )
    return {campaign_id: number for campaign_id, number in rows if number}


def _about_unknown(connection: Connection, links: Links, before: datetime, now: datetime) -> None:
    unknown = _unknown(connection, before, now)
    locks.take(connection, campaigns=unknown)
    for campaign_id, number in sorted(unknown.items()):
        slug = connection.execute(
            update(campaign)
            .where(campaign.c.id == campaign_id)
            .values(unknown_alarm_at=now)
            .returning(campaign.c.slug)
        ).scalar_one()
        found = store.find(connection, slug).campaign
        notice = to_organisers.unknown_letters(found, links.desk(slug), number)
        to = organisers.addresses_of(connection, campaign_id)
        _mail(connection, links, to, notice, campaign_id, now)


def _mail(
    connection: Connection,
    links: Links,
    addresses: Iterable[str],
    notice: Notice,
    campaign_id: int | None,
    now: datetime,
) -> None:
    for address in addresses:
        post(connection, links.tokens, notice, Purpose.ALARM, address, now, campaign_id)
