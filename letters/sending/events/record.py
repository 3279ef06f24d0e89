"""Record what is said of letters after they left, through the same decisions as a send's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, case, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.books import locks
from letters.books.changes import Taken, apply
from letters.books.happenings import Happening
from letters.books.locks import Rank
from letters.sending import taken
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.events.failures import look
from letters.storage.batch import (
    Written,
    fetch,
    given,
    integer_at,
    moment_at,
    moment_of,
    run,
    text_at,
    written,
)
from letters.storage.identity import new_id
from letters.storage.schema import account, attempt, letter, office
from letters.storage.schema import event as event_row

_ATTEMPTS: Final = (
    select(
        attempt.c.id,
        attempt.c.letter_id,
        Written(attempt.c.claimed_at),
        office.c.soft_failures == 0,
        letter.c.goes_together == 0,
    )
    .select_from(attempt.join(letter).outerjoin(office, office.c.id == attempt.c.office_id))
    .where(attempt.c.id.in_(select(text_at(0))))
)
_LETTERS: Final = select(letter.c.id).where(letter.c.id.in_(select(text_at(0))))


def _add_events(into: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    rows = select(
        text_at(0),
        text_at(1),
        text_at(2),
        text_at(3),
        moment_at(4),
        moment_at(5),
        text_at(6),
        integer_at(7) == 1,
    ).where(true())
    names = [
        "event_id", "letter_id", "attempt_id", "cause", "happened_at", "received_at", "detail",
        "is_hard",
    ]  # fmt: skip
    return into.from_select(names, rows).on_conflict_do_nothing(
        index_elements=[event_row.c.event_id]
    )


_ADD_EVENTS: Final = {
    "postgresql": _add_events(postgresql.insert(event_row)),
    "sqlite": _add_events(sqlite.insert(event_row)),
}
_LATEST: Final = moment_of("latest")
_COUNT: Final = (
    update(account)
    .values(
        # Books that were found to be behind stay so: see letters.sending.mark.
        news=case((account.c.behind_since.is_(None), account.c.news + 1), else_=account.c.news),
        # Of strange attempts alone there is no latest claim, and null is later than nothing.
        events_until=case(
            (account.c.events_until.is_(None) | (account.c.events_until < _LATEST), _LATEST),
            else_=account.c.events_until,
        ),
    )
    .returning(account.c.news)
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt that events speak of."""

    letter_id: str
    claimed_at: datetime | None
    """None: these books do not know the attempt, but its letter."""
    is_calm: bool = False
    """At the office that it was sent to nothing has failed lately. False: or that was not kept."""
    is_alone: bool = False
    """Its letter goes with no others."""


def record(connection: Connection, events: Sequence[DeliveryEvent], now: datetime) -> int | None:
    """Record events, of which some may be copies, late, or about letters that are not ours.

    An event that carries one of our attempt ids is proof that the letter was taken, whatever we
    believed. So is one that names one of our letters, with an attempt that these books do not know:
    they are older than the news. Returns how many posts of events were ever taken, with this one;
    None: it told nothing of ours.
    """
    found = _find(connection, events)
    ours = [event for event in events if event.attempt_id in found]
    if not ours:
        return None
    failures = look(
        connection,
        [(found[event.attempt_id].letter_id, event) for event in ours],
        {i for i, each in found.items() if each.is_calm},
    )
    erased: set[str] = set()

    def stop(it: Taken) -> list[Happening]:
        erased.update(it.erased)  # read behind the locks of the letters: nobody is erased meanwhile
        return failures.stop(connection, it.changes, erased, now)

    changes = apply(
        connection,
        [
            Happening(
                found[event.attempt_id].letter_id,
                event.cause,
                event.happened_at,
                event.attempt_id,
                event.detail,
                event.reason,
                found[event.attempt_id].is_alone,
            )
            for event in ours
        ],
        others=[i for ids in failures.waiting.values() for i in ids],
        offices=failures.offices(),
        targets=failures.sitting,
        then=stop,
    )
    # Copies of an event wait for each other: behind the locks of their letter, and in one order.
    run(
        connection,
        _ADD_EVENTS[connection.dialect.name],
        (
            (
                event.event_id,
                letter_id := found[event.attempt_id].letter_id,
                event.attempt_id,
                event.cause,
                event.happened_at,
                now,
                None if letter_id in erased else event.detail,
                int(event.ends_with is not None),
            )
            for event in sorted(ours, key=lambda event: event.event_id)
        ),
    )
    taken.forget(connection, changes)
    locks.note(connection, Rank.ACCOUNT, (0,))
    claimed = [each.claimed_at for each in found.values() if each.claimed_at is not None]
    latest = written(max(claimed)) if claimed else None
    news: int = connection.execute(_COUNT, {"latest": latest}).scalar_one()
    strange = [each.letter_id for each in found.values() if each.claimed_at is None]
    if strange:
        _keep_strange_news(connection, strange, now)
    return news


def _keep_strange_news(connection: Connection, letter_ids: Sequence[str], now: datetime) -> None:
    """Keep that these books are older than the news, unless a person has said that they are.

    That is so where a backup was put back, and the letter had been there by then.
    """
    restored_at = connection.execute(select(account.c.restored_at)).scalar()
    if restored_at is None or any(new_id(restored_at) < letter_id for letter_id in letter_ids):
        connection.execute(update(account).values(strange_news_at=now))


def _find(connection: Connection, events: Sequence[DeliveryEvent]) -> dict[str, _Attempt]:
    """Return our attempts that events speak of, by their ids."""
    posted = given((i,) for i in {event.attempt_id for event in events})
    rows = fetch(connection, _ATTEMPTS, posted)
    found = {
        i: _Attempt(letter_id, datetime.fromisoformat(at), bool(calm), bool(alone))
        for i, letter_id, at, calm, alone in rows
    }
    strange = {
        event.attempt_id: event.letter_id
        for event in events
        if event.attempt_id not in found and event.letter_id is not None
    }
    if strange:
        rows = fetch(connection, _LETTERS, given((i,) for i in set(strange.values())))
        ours = {letter_id for (letter_id,) in rows}
        found |= {i: _Attempt(at, None) for i, at in strange.items() if at in ours}
    return found
