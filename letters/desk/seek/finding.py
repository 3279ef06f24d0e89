"""Find letters of one campaign: by their writer's address or name, or by an id.

An address and an id are looked up, however many letters there are. A name is not: the letters with
the latest news are read one by one, so many at most, and whoever asks may go on from there.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import islice
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from letters.campaign import Campaign, Confirm
from letters.campaigns.stored import StoredCampaign
from letters.states import State
from letters.storage.schema import attempt, letter, submission, tally
from letters.text.addresses import BadAddress, read_address, spellings

PAGE: Final = 50
MOST_LOOKED_AT: Final = 4_000
"""Letters that are looked at for a name, at once."""
_APOSTROPHES: Final = str.maketrans("", "", "'`\u00b4\u2018\u2019\u02bc\u2032")
"""O'Brien is typed with one of these, or without."""
_NEVER_LEFT: Final = frozenset({State.UNCONFIRMED, State.EXPIRED, State.CANCELLED})
_ID: Final = re.compile(r"[0-9a-f]{32}")
_READ_AT_ONCE: Final = 500


class Way(StrEnum):
    """How what was asked for is looked for."""

    ALL = "all"
    ADDRESS = "address"
    ID = "id"
    NAME = "name"
    """In names and addresses, by any part of them."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a letter stands among others: by its latest news, then by its id."""

    at: datetime
    letter_id: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.letter_id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that str() gave as `text`; None: it is no place."""
        moment, _, letter_id = text.partition("_")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return None if at.tzinfo is None or not _ID.fullmatch(letter_id) else cls(at, letter_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for."""

    words: str = ""
    state: State | None = None
    target_ids: frozenset[int] | None = None
    """None: to anybody."""
    after: Place | None = None
    """The last letter of the page before."""


@dataclass(frozen=True, slots=True)
class Line:
    """One letter of the list."""

    letter_id: str
    state: State
    state_at: datetime
    target_id: int
    name: str
    """Its writer's; empty: it is not to be told, or has been erased."""
    email: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of letters."""

    way: Way
    letters: tuple[Line, ...]
    looked_at: int
    """Letters that were read to find them; for a name alone it may be fewer than there are."""
    next: Place | None
    """Where the next page begins; None: this was the last."""


def may_be_named(about: Campaign, state: str, *, is_confirmed: bool) -> bool:
    """Tell whether a letter's writer may be named: not before their yes, where one is asked.

    Whoever typed an address need not be its owner.
    """
    return is_confirmed or not (
        about.confirm is Confirm.BEFORE_SENDING
        or state == State.UNCONFIRMED
        or (about.proof_of_work and state in _NEVER_LEFT)
    )


def way_of(words: str) -> Way:
    """Tell how `words` are looked for."""
    if not words.strip():
        return Way.ALL
    if _ID.fullmatch(_as_id(words)):
        return Way.ID
    try:
        read_address(words)
    except BadAddress:
        return Way.NAME
    return Way.ADDRESS


def find(
    connection: Connection,
    stored: StoredCampaign,
    asked: Asked,
    look_at_most: int = MOST_LOOKED_AT,
) -> Found:
    """Return a page of letters, those with the latest news first."""
    way = way_of(asked.words)
    match way:
        case Way.ALL:
            rows = _latest(connection, stored.id, asked, PAGE + 1)
        case Way.ID:
            rows = iter(_with_id(connection, stored.id, _as_id(asked.words)))
        case Way.ADDRESS:
            rows = iter(_with_address(connection, stored.id, asked))
        case Way.NAME:
            return _named(connection, stored, asked, look_at_most)
    found = list(islice(rows, PAGE + 1))
    letters = tuple(_shown(stored.campaign, row) for row in found[:PAGE])
    return Found(way, letters, len(letters), _place(found[PAGE - 1]) if found[PAGE:] else None)


def _named(
    connection: Connection, stored: StoredCampaign, asked: Asked, look_at_most: int
) -> Found:
    wanted = _folded(asked.words).split()
    found: list[Line] = []
    looked_at, last = 0, asked.after
    for row in _latest(connection, stored.id, asked, look_at_most + 1):
        if len(found) == PAGE or looked_at == look_at_most:
            return Found(Way.NAME, tuple(found), looked_at, last)
        looked_at, last = looked_at + 1, _place(row)
        shown = _shown(stored.campaign, row)
        text = _folded(f"{shown.name} {shown.email}")
        if all(word in text for word in wanted):
            found.append(shown)
    return Found(Way.NAME, tuple(found), looked_at, None)


def _folded(text: str) -> str:
    """Return `text` as it is compared: without capitals, accents, apostrophes and other marks."""
    text = text.translate(_APOSTROPHES)
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).casefold()


def _as_id(words: str) -> str:
    return words.strip().lower()


def _shown(about: Campaign, row: Row[*tuple[Any, ...]]) -> Line:
    state = State(row.state)
    is_told = may_be_named(about, state, is_confirmed=row.confirmed_at is not None)
    name, email = (row.name or "", row.email or "") if is_told else ("", "")
    return Line(row.id, state, row.state_at, row.target_id, name, email)


def _place(row: Row[*tuple[Any, ...]]) -> Place:
    return Place(row.state_at, row.id)


def _letters(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            letter.c.id,
            letter.c.state,
            letter.c.state_at,
            letter.c.target_id,
            submission.c.name,
            submission.c.email,
            submission.c.confirmed_at,
        )
        .select_from(letter.join(submission))
        .where(letter.c.kind == "letter", *conditions)
    )


def _latest(
    connection: Connection, campaign_id: int, asked: Asked, most: int
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield letters, latest news first: each state's own list is in order, and they are merged."""
    states = tuple(State) if asked.state is None else (asked.state,)
    if asked.target_ids is not None:
        # The counters know in which states their letters are: no other is looked through in vain.
        there = select(tally.c.state).where(
            tally.c.target_id.in_(asked.target_ids), tally.c.letters > 0
        )
        kept = set(connection.execute(there).scalars())
        states = tuple(state for state in states if str(state) in kept)
    lists = [_in_state(connection, campaign_id, state, asked, most) for state in states]
    return merge(*lists, key=_place, reverse=True)


def _in_state(
    connection: Connection, campaign_id: int, state: State, asked: Asked, most: int
) -> Iterator[Row[*tuple[Any, ...]]]:
    # The state is a parameter, so that no partial index serves, which is in no order of time.
    of_state = letter.c.state == str(state)
    wanted = (
        _letters(letter.c.campaign_id == campaign_id, of_state, *_narrowed(asked))
        .order_by(letter.c.state_at.desc(), letter.c.id.desc())
        .limit(most)
    )
    # A piece at a time: of most states nothing is needed beyond their first few. Whoever lets go of
    # this list closes it.
    in_pieces = {"yield_per": _READ_AT_ONCE}
    with connection.execute(wanted, execution_options=in_pieces) as result:
        yield from result


def _narrowed(asked: Asked) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.target_ids is not None:
        conditions.append(letter.c.target_id.in_(asked.target_ids))
    if asked.after is not None:
        at, letter_id = asked.after.at, asked.after.letter_id
        is_later = or_(letter.c.state_at < at, letter.c.id < letter_id)
        conditions += [letter.c.state_at <= at, is_later]
    return conditions


def _with_address(
    connection: Connection, campaign_id: int, asked: Asked
) -> Sequence[Row[*tuple[Any, ...]]]:
    theirs = select(submission.c.id).where(
        submission.c.campaign_id == campaign_id,
        submission.c.address.in_(spellings(read_address(asked.words))),
    )
    conditions = [letter.c.submission_id.in_(theirs), *_narrowed(asked)]
    if asked.state is not None:
        conditions.append(letter.c.state == str(asked.state))
    in_order = (letter.c.state_at.desc(), letter.c.id.desc())
    return connection.execute(_letters(*conditions).order_by(*in_order).limit(PAGE + 1)).all()


def _with_id(
    connection: Connection, campaign_id: int, given: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the letters that an id names: its own, an attempt's, or a submission's.

    Each is asked for by itself, so that its index serves.
    """
    belongs = (letter.c.id, letter.c.campaign_id)
    of_attempt = select(*belongs).select_from(
        letter.join(attempt, attempt.c.letter_id == letter.c.id)
    )
    of_submission = select(*belongs).where(letter.c.submission_id == given)
    found = [
        *connection.execute(of_attempt.where(attempt.c.id == given)),
        *connection.execute(of_submission.limit(PAGE + 1)),
    ]
    # What is another campaign's makes no difference from here on, not even in time.
    ids = [given, *(row.id for row in found if row.campaign_id == campaign_id)]
    in_order = (letter.c.state_at.desc(), letter.c.id.desc())
    wanted = _letters(letter.c.campaign_id == campaign_id, letter.c.id.in_(ids))
    return connection.execute(wanted.order_by(*in_order).limit(PAGE + 1)).all()
