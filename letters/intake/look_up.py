"""Ask the books, once for all that waits, what they have of it already."""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, String, Text, exists, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from letters.intake.arrival import Arrival, InTheWay, Known, Owner
from letters.notices.post import a_day_before, had_enough
from letters.states import NOT_ARRIVED, State
from letters.storage.batch import Row, fetch, given, integer_at, run, text_at
from letters.storage.schema import letter, not_me, repeat, submission, writing


class _Together(FunctionElement[str]):
    """Several values as one JSON text."""

    name = "together"
    type = Text()
    inherit_cache = True


@compiles(_Together, "sqlite")
def _in_sqlite(element: _Together, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401 - SQLAlchemy's words
    # A text, wherever it goes: an array would be put into others as one.
    return f"(json_array({compiler.process(element.clauses, **names)}) || '')"


@compiles(_Together, "postgresql")
def _in_postgresql(element: _Together, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    return f"CAST(json_build_array({compiler.process(element.clauses, **names)}) AS TEXT)"


_other = letter.alias("other")
_IN_THE_WAY: Final = (
    select(
        _Together(
            letter.c.state,
            writing.c.subject,
            writing.c.body,
            submission.c.id,
            submission.c.name,
            submission.c.email,
            submission.c.postcode,
            submission.c.opt_in_wording,
            exists().where(
                _other.c.submission_id == submission.c.id,
                _other.c.state == literal_column(f"'{State.UNCONFIRMED}'", String()),
            ),
            exists().where(repeat.c.submission_id == submission.c.id),
        )
    )
    .select_from(writing.join(letter).join(submission))
    .where(writing.c.writer_key == text_at(2))
    .scalar_subquery()
)
# Of each draft: its place, what its form and address brought before, which letter stands in its
# way, whether its address has had mail enough, and whether it wants none.
_KNOWN: Final = select(
    integer_at(0),
    select(submission.c.id).where(submission.c.token_id == text_at(1)).scalar_subquery(),
    _IN_THE_WAY,
    had_enough(text_at(3), text_at(4), integer_at(5)),
    exists().where(not_me.c.address == text_at(3), not_me.c.campaign_id == integer_at(5)),
)
# To ourselves until the transaction ends. A writer in SQLite is alone.
_HAVE_ADDRESSES: Final = select(
    func.pg_advisory_xact_lock(func.hashtextextended(text_at(0), literal_column("0")))
)


def look_up(connection: Connection, arrivals: Sequence[Arrival]) -> list[Known]:
    """Return what the books have of arrivals, of which no two have an address in common."""
    if connection.dialect.name == "postgresql":
        # Two posts to two targets have no key in common, and would both bring their address a mail.
        # Sorted: no two processes wait for each other.
        names = sorted({(arrival.known_as,) for arrival in arrivals})
        run(connection, _HAVE_ADDRESSES, names)
    known = [Known(arrival) for arrival in arrivals]
    drafts = [(each, draft) for each in known for draft in each.arrival.new.drafts]
    rows: list[Row] = []
    for place, (each, draft) in enumerate(drafts):
        it = each.arrival
        # Its mail is counted once for all its drafts.
        mail = (
            (it.known_as, a_day_before(it.now), it.stored.id) if draft is it.new.drafts[0] else ()
        )
        rows.append((place, it.key, it.letter_key(draft.target_id), *mail))
    older = [(each, *names) for each in known for names in each.arrival.before]
    for place, (each, key, name) in enumerate(older, len(drafts)):
        it = each.arrival
        rows.append((place, key, None, name, a_day_before(it.now), it.stored.id))
    found = sorted(fetch(connection, _KNOWN, given(rows)), key=itemgetter(0))
    for place, earlier, in_the_way, has_enough, is_blocked in found:
        each = drafts[place][0] if place < len(drafts) else older[place - len(drafts)][0]
        each.earlier = each.earlier or earlier
        each.may_be_mailed &= not has_enough
        each.is_blocked |= bool(is_blocked)
        if place >= len(drafts):
            continue
        draft = drafts[place][1]
        if in_the_way is None:
            each.free.append(draft)
            continue
        state, subject, text, *owner = json.loads(in_the_way)
        if state in NOT_ARRIVED:
            each.free.append(draft)
            each.ended.append(each.arrival.letter_key(draft.target_id))
        else:
            each.taken.append(InTheWay(Owner(*owner), subject, text, draft))
    return known
