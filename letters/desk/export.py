"""Write a campaign's letters and consents as CSV, a thousand at a time, safe in any spreadsheet.

Between two thousands no transaction is open: whoever reads slowly holds nothing up, and is not cut
off. The columns are told in docs/exports.md.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Select, func, select

from letters.campaign import Campaign, Confirm
from letters.campaigns.stored import StoredCampaign
from letters.desk.seek.finding import may_be_named
from letters.desk.sources import Sources
from letters.mail.kinds import Kind
from letters.record import Actor, Deed, record
from letters.storage.batch import Second, fetch, given, text_at
from letters.storage.database import Database
from letters.storage.schema import answer, letter, submission, writing

COLUMNS: Final = (
    "letter_id", "submitted_at", "state", "state_at", "target", "target_email",
    "supporter_name", "supporter_email", "postcode", "opt_in", "opt_in_wording",
    "personal_share", "subject", "source", "version", "answered_at",
)  # fmt: skip
CONSENT_COLUMNS: Final = (
    "given_at", "confirmed_at", "supporter_name", "supporter_email", "postcode", "opt_in_wording",
)  # fmt: skip
SOURCE_COLUMNS: Final = ("day", "source", "handed_in", "confirmed", "delivered")
_LETTER: Final = (
    select(
        letter.c.id,
        Second(submission.c.submitted_at),
        letter.c.state,
        Second(letter.c.state_at),
        letter.c.target_id,
        submission.c.name,
        submission.c.email,
        submission.c.postcode,
        submission.c.opt_in_wording,
        submission.c.confirmed_at.is_not(None),
        submission.c.personal_share,
        writing.c.subject,
        submission.c.source,
        letter.c.version,
        select(Second(func.min(answer.c.came_at)))
        .where(answer.c.letter_id == letter.c.id, answer.c.kind == str(Kind.PERSON))
        .scalar_subquery(),
    )
    .select_from(letter.join(writing).join(submission))
    .where(letter.c.id.in_(select(text_at(0))))
)
_CONSENT: Final = select(
    submission.c.id,
    Second(func.coalesce(submission.c.opt_in_at, submission.c.submitted_at)),
    Second(submission.c.confirmed_at),
    submission.c.name,
    submission.c.email,
    submission.c.postcode,
    submission.c.opt_in_wording,
).where(submission.c.id.in_(select(text_at(0))))
_Thing = TypeVar("_Thing")
_Found: TypeAlias = Sequence[Any]
_Line: TypeAlias = tuple[str, ...]
_NOBODY: Final = ("", "", "", "no", "")
_CHUNK: Final = 1_000
_LINE_END: Final = "\r\n"
# A cell that begins so is a formula to a spreadsheet (OWASP, CSV Injection). So is what stands
# after a line break or a semicolon, where a spreadsheet takes those for the end of a cell.
_FORMULA: Final = re.compile(r"(?:^|(?<=[;|\t\r\n]))(?=[\s\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n])")  # noqa: RUF001
_QUOTED: Final = re.compile(r'[",\r\n]')
# Most cells hold neither, and this tells it in a tenth of the time.
_PLAIN: Final = re.compile(r'\w[^,;|"\t\r\n]*')


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
    to = {t.id: (cell(t.target.name), cell(t.target.email)) for t in stored.targets}
    named = _Named(stored.campaign)

    def told(row: _Found) -> _Line:
        id_, submitted_at, state, state_at, target_id, *person, share, subject, source, of, at = row
        target, email = to[target_id]
        *who, is_confirmed = person
        return (
            id_,
            submitted_at,
            state,
            state_at,
            target,
            email,
            *(_writer(*who) if named[state, bool(is_confirmed)] else _NOBODY),
            f"{share:.2f}",
            cell(subject),
            cell(source),
            of or "",
            at or "",
        )

    return _file(COLUMNS, _thousands(database, _letters_of(stored), _LETTER), told)


def consents(database: Database, stored: StoredCampaign) -> Iterator[str]:
    """Yield the consents' file: whoever ticked the box, and was not erased since.

    An address that its owner has not confirmed may be somebody else's, so it does not count where
    the campaign asks for confirmation.
    """

    def told(row: _Found) -> _Line:
        _, given_at, confirmed_at, *typed = row
        return (given_at, confirmed_at or "", *map(cell, typed))

    return _file(CONSENT_COLUMNS, _thousands(database, _consents_of(stored), _CONSENT), told)


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


class _Named(dict[tuple[str, bool], bool]):
    """Whether a letter's writer may be named, by its state and whether they confirmed."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__()
        self._campaign = campaign

    def __missing__(self, of: tuple[str, bool]) -> bool:
        state, is_confirmed = of
        self[of] = may_be_named(self._campaign, state, is_confirmed=is_confirmed)
        return self[of]


def _writer(*kept: str | None) -> _Line:
    """Return what is told of a writer, by their name, address, postcode and what they ticked."""
    name, email, postcode, wording = map(cell, kept)
    return name, email, postcode, "yes" if wording else "no", wording


def _letters_of(stored: StoredCampaign) -> Select[str]:
    return select(letter.c.id).where(letter.c.campaign_id == stored.id, letter.c.kind == "letter")


def _consents_of(stored: StoredCampaign) -> Select[str]:
    wanted = select(submission.c.id).where(
        submission.c.campaign_id == stored.id, submission.c.opt_in_wording.is_not(None)
    )
    if stored.campaign.confirm is Confirm.BEFORE_SENDING:
        wanted = wanted.where(
            submission.c.confirmed_at.is_not(None) | submission.c.opt_in_at.is_not(None)
        )
    return wanted


def _thousands(
    database: Database, of: Select[str], read: Select[*tuple[Any, ...]]
) -> Iterator[Sequence[_Found]]:
    """Yield what `read` tells of the ids that `of` finds, a thousand at a time, in their order.

    The ids come first: joined with the rest in one statement, they would have a planner read the
    wide tables from their first row, for each thousand anew.
    """
    (key,) = of.selected_columns
    with database.read() as connection:
        last = connection.execute(of.order_by(key.desc()).limit(1)).scalar()
    after = ""
    while last is not None and after < last:
        with database.read() as connection:
            page = of.where(key > after, key <= last).order_by(key).limit(_CHUNK)
            ids = connection.execute(page).scalars().all()
            found = fetch(connection, read, given([i] for i in ids)) if ids else []
        yield sorted(found, key=itemgetter(0))
        after = ids[-1] if ids else last


def _ahead(things: Iterator[_Thing]) -> Iterator[_Thing]:
    """Yield what `things` does, with the next one under way while the last is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, things, None)
        while (thing := coming.result()) is not None:
            coming = reader.submit(next, things, None)
            yield thing


def _file(
    head: Sequence[str],
    thousands: Iterable[Sequence[_Found]],
    told: Callable[[_Found], _Line],
) -> Iterator[str]:
    """Yield a file, with its last line's end only when it is whole."""
    yield ",".join(head)
    for thousand in _ahead(iter(thousands)):
        if thousand:
            yield _LINE_END + _LINE_END.join([",".join(told(row)) for row in thousand])
    yield _LINE_END


def cell(text: str | None) -> str:
    """Return a text as a cell of a file: safe, and quoted where it must be (RFC 4180)."""
    if not text or _PLAIN.fullmatch(text):
        return text or ""
    text = safe(text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def safe(text: str) -> str:
    """Return `text` so that no spreadsheet takes it, or a part of it, for a formula."""
    return _FORMULA.sub("'", text)
