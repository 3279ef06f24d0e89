"""Write a campaign's letters and consents as CSV, a thousand at a time, safe in any spreadsheet.

Between two thousands no transaction is open: whoever reads slowly holds nothing up, and is not cut
off. The columns are told in docs/exports.md.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from functools import lru_cache, partial
from operator import itemgetter
from threading import Event
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)

from letters.campaign import Campaign, Confirm
from letters.campaigns.stored import StoredCampaign
from letters.desk.csv_cells import cell, safe
from letters.desk.seek.finding import may_be_named
from letters.desk.sources import Sources
from letters.mail.kinds import Kind
from letters.record import Actor, Deed, record
from letters.storage.batch import Second, fetch
from letters.storage.database import Database
from letters.storage.schema import answer, letter, submission, target, writing

COLUMNS: Final = (
    "letter_id", "submitted_at", "state", "state_at", "target", "target_email",
    "supporter_name", "supporter_email", "postcode", "opt_in", "opt_in_wording",
    "personal_share", "subject", "source", "version", "answered_at",
)  # fmt: skip
CONSENT_COLUMNS: Final = (
    "given_at", "confirmed_at", "supporter_name", "supporter_email", "postcode", "opt_in_wording",
)  # fmt: skip
SOURCE_COLUMNS: Final = ("day", "source", "handed_in", "confirmed", "delivered")
_CHUNK: Final = 1_000


def _page(of: Select[*tuple[Any, ...]], key: ColumnElement[str]) -> Select[*tuple[Any, ...]]:
    """Return the next thousand of some rows, by their ids."""
    after, last = bindparam("after", type_=Text), bindparam("last", type_=Text)
    return of.where(key > after, key <= last).order_by(key).limit(_CHUNK)


_ID: Final = bindparam("campaign_id", type_=BigInteger)
_IS_LETTER: Final = (letter.c.campaign_id == _ID) & (letter.c.kind == literal_column("'letter'"))
_LAST_LETTER: Final = select(letter.c.id).where(_IS_LETTER).order_by(letter.c.id.desc()).limit(1)
_letter: Final = (
    _page(
        select(
            letter.c.id,
            letter.c.state,
            Second(letter.c.state_at).label("state_at"),
            letter.c.target_id,
            letter.c.submission_id,
            letter.c.version,
        ).where(_IS_LETTER),
        letter.c.id,
    )
    .cte("page")
    .prefix_with("MATERIALIZED")
)


def _letters(subject: ColumnElement[Any], answered_at: ColumnElement[Any]) -> Select[Any]:
    """Return what the file tells of each letter of a page; its submission has to be joined."""
    return select(
        _letter.c.id,
        Second(submission.c.submitted_at),
        _letter.c.state,
        _letter.c.state_at,
        _letter.c.target_id,
        submission.c.name,
        submission.c.email,
        submission.c.postcode,
        submission.c.opt_in_wording,
        submission.c.confirmed_at.is_not(None),
        submission.c.personal_share,
        subject,
        submission.c.source,
        _letter.c.version,
        Second(answered_at),
    )


_IS_ITS_SUBMISSION: Final = submission.c.id == _letter.c.submission_id
_BY_PERSON: Final = answer.c.kind == str(Kind.PERSON)


def _one_by_one() -> Select[Any]:
    """Return a page's letters, with the rest looked up for each."""
    subject = select(writing.c.subject).where(writing.c.letter_id == _letter.c.id)
    came_at = select(func.min(answer.c.came_at)).where(answer.c.letter_id == _letter.c.id)
    return _letters(
        subject.scalar_subquery(), came_at.where(_BY_PERSON).scalar_subquery()
    ).select_from(_letter.join(submission, _IS_ITS_SUBMISSION))


def _all_at_once() -> Select[Any]:
    """Return a page's letters, with the rest looked up for all of them in one walk of its index.

    That is for PostgreSQL, where it takes half the time. Since version 17 it does not begin at an
    index's root again for each key of an array.
    """

    def among(key: ColumnElement[str], of: ColumnElement[str]) -> ColumnElement[bool]:
        return key == any_(func.array(select(of).scalar_subquery(), type_=ARRAY(Text)))

    answered = (
        select(answer.c.letter_id, func.min(answer.c.came_at).label("came_at"))
        .where(among(answer.c.letter_id, _letter.c.id), _BY_PERSON)
        .group_by(answer.c.letter_id)
        .subquery()
    )
    return _letters(writing.c.subject, answered.c.came_at).select_from(
        _letter.join(
            submission, _IS_ITS_SUBMISSION & among(submission.c.id, _letter.c.submission_id)
        )
        .outerjoin(
            writing,
            (writing.c.letter_id == _letter.c.id) & among(writing.c.letter_id, _letter.c.id),
        )
        .outerjoin(answered, answered.c.letter_id == _letter.c.id)
    )


_LETTERS: Final = {"sqlite": _one_by_one(), "postgresql": _all_at_once()}
_HAS_TICKED: Final = (submission.c.campaign_id == _ID) & submission.c.opt_in_wording.is_not(None)
_LAST_CONSENT: Final = (
    select(submission.c.id).where(_HAS_TICKED).order_by(submission.c.id.desc()).limit(1)
)
_CONSENTS: Final = _page(
    select(
        submission.c.id,
        Second(func.coalesce(submission.c.opt_in_at, submission.c.submitted_at)),
        Second(submission.c.confirmed_at),
        submission.c.name,
        submission.c.email,
        submission.c.postcode,
        submission.c.opt_in_wording,
    ).where(_HAS_TICKED),
    submission.c.id,
)
_CONFIRMED_CONSENTS: Final = _CONSENTS.where(
    submission.c.confirmed_at.is_not(None) | submission.c.opt_in_at.is_not(None)
)
_Found: TypeAlias = Sequence[Any]
_Line: TypeAlias = tuple[str, ...]
_NOBODY: Final = ("", "", "", "no", "")
# A planner takes an array for ten keys, and would hold each of a thousand letters against each of a
# thousand that it found.
_BY_HASH: Final = "SET LOCAL enable_nestloop = off"
_LINE_END: Final = "\r\n"


class Table(StrEnum):
    """What can be taken out."""

    LETTERS = "letters.csv"
    CONSENTS = "consents.csv"


def note(
    database: Database, stored: StoredCampaign, table: Table, now: datetime, by: Actor
) -> None:
    """Write into the record that somebody takes a table of people out."""
    with database.write() as connection:
        record(connection, Deed.EXPORTED, now, by=by, campaign_id=stored.id, detail=str(table))


def rows(database: Database, stored: StoredCampaign) -> Iterator[str]:
    """Yield the letters' file, its head first: every letter there is when it begins.

    Each is told as it is when its thousand is read. The last line's end comes when all is there.
    """
    to = _Addressees(database, stored)
    named = _Named(stored.campaign)
    often = lru_cache(1_024)(cell)  # the same few texts again and again

    def told(row: _Found) -> _Line:
        id_, submitted_at, state, state_at, target_id, *person, share, subject, source, of, at = row
        name, email = to[target_id]
        *who, ticked, is_confirmed = person
        is_named = named[state, bool(is_confirmed)]
        return (
            id_,
            submitted_at,
            state,
            state_at,
            name,
            email,
            *((*map(cell, who), "yes" if ticked else "no", often(ticked)) if is_named else _NOBODY),
            f"{share:.2f}",
            often(subject),
            often(source),
            of or "",
            at or "",
        )

    page = _LETTERS["sqlite" if database.is_sqlite else "postgresql"]
    return _file(COLUMNS, partial(_thousands, database, stored.id, _LAST_LETTER, page), told)


def consents(database: Database, stored: StoredCampaign) -> Iterator[str]:
    """Yield the consents' file: whoever ticked the box, and was not erased since.

    An address that its owner has not confirmed may be somebody else's, so it does not count where
    the campaign asks for confirmation.
    """

    def told(row: _Found) -> _Line:
        _, given_at, confirmed_at, *typed = row
        return (given_at, confirmed_at or "", *map(cell, typed))

    must_confirm = stored.campaign.confirm is Confirm.BEFORE_SENDING
    page = _CONFIRMED_CONSENTS if must_confirm else _CONSENTS
    found = partial(_thousands, database, stored.id, _LAST_CONSENT, page)
    return _file(CONSENT_COLUMNS, found, told)


def source_rows(found: Sources) -> Iterator[str]:
    """Yield the file of where letters came from, day by day."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(SOURCE_COLUMNS)
    lines.writerows(
        (day.isoformat(), safe(source), n.handed_in, n.confirmed, n.delivered)
        for (day, source), n in found.by_day.items()
    )
    yield written.getvalue()


class _Addressees(dict[int, tuple[str, str]]):
    """The cells of whom letters are to, by the target's id; some may join while a file is taken."""

    def __init__(self, database: Database, stored: StoredCampaign) -> None:
        super().__init__(
            (at.id, (cell(at.target.name), cell(at.target.email))) for at in stored.targets
        )
        self._database = database

    def __missing__(self, target_id: int) -> tuple[str, str]:
        name = target.c.definition["name"].as_string()
        with self._database.read() as connection:
            row = connection.execute(
                select(name, target.c.email).where(target.c.id == target_id)
            ).one()
        self[target_id] = cell(row[0]), cell(row[1])
        return self[target_id]


class _Named(dict[tuple[str, bool], bool]):
    """Whether a letter's writer may be named, by its state and whether they confirmed."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__()
        self._campaign = campaign

    def __missing__(self, of: tuple[str, bool]) -> bool:
        state, is_confirmed = of
        self[of] = may_be_named(self._campaign, state, is_confirmed=is_confirmed)
        return self[of]


def _thousands(
    database: Database,
    campaign_id: int,
    newest: Select[str],
    page: Select[Any],
    asked: Callable[[], None],
) -> Iterator[Sequence[_Found]]:
    """Yield what `page` finds after each thousand, up to the `newest`, in the order of its ids.

    Calls `asked` when it is about to wait for the database.
    """
    of = {"campaign_id": campaign_id}
    with database.read() as connection:
        last = connection.execute(newest, of).scalar()
    after = ""
    while last is not None and after < last:
        with database.read() as connection:
            if not database.is_sqlite:
                connection.exec_driver_sql(_BY_HASH)
            asked()
            found = fetch(connection, page, {**of, "after": after, "last": last})
        found.sort(key=itemgetter(0))
        yield found
        after = found[-1][0] if found else last


def _file(
    head: Sequence[str],
    thousands: Callable[[Callable[[], None]], Iterator[Sequence[_Found]]],
    told: Callable[[_Found], _Line],
) -> Iterator[str]:
    """Yield a file, with its last line's end only when it is whole.

    While a thousand is told, the database looks for the next.
    """
    yield ",".join(head)
    asked = Event()
    with ThreadPoolExecutor(1) as reader:
        coming = thousands(asked.set)

        def ask() -> Future[Sequence[_Found] | None]:
            asked.clear()
            asking = reader.submit(next, coming, None)
            asking.add_done_callback(lambda _: asked.set())
            # Until then the reader needs the interpreter, and would wait for it while we tell.
            asked.wait()
            return asking

        next_one = ask()
        while (thousand := next_one.result()) is not None:
            next_one = ask()
            if thousand:
                yield _LINE_END + _LINE_END.join([",".join(told(row)) for row in thousand])
    yield _LINE_END
