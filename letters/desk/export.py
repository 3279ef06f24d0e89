"""Write a campaign's letters and consents as CSV, a thousand at a time, safe in any spreadsheet.

The columns are told in docs/exports.md.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from letters.campaign import Confirm
from letters.campaigns.stored import StoredCampaign
from letters.mail.kinds import Kind
from letters.record import Actor, Deed, record
from letters.states import State
from letters.storage.database import Database
from letters.storage.schema import answer, letter, submission, writing
from letters.text.versions import version_for

COLUMNS: Final = (
    "letter_id", "submitted_at", "state", "state_at", "target", "target_email",
    "supporter_name", "supporter_email", "postcode", "opt_in", "opt_in_wording",
    "personal_share", "subject", "version", "answered_at",
)  # fmt: skip
CONSENT_COLUMNS: Final = (
    "given_at", "confirmed_at", "supporter_name", "supporter_email", "postcode", "opt_in_wording",
)  # fmt: skip
_ANSWERED_AT: Final = (
    select(func.min(answer.c.came_at))
    .where(answer.c.letter_id == letter.c.id, answer.c.kind == str(Kind.PERSON))
    .scalar_subquery()
    .label("answered_at")
)
_CHUNK: Final = 1_000
# A cell that begins so is a formula to a spreadsheet (OWASP, CSV Injection). So is what stands
# after a line break or a semicolon, where a spreadsheet takes those for the end of a cell.
_FORMULA: Final = re.compile(r"(?:^|(?<=[;|\t\r\n]))(?=[\s\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n])")  # noqa: RUF001


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
    """Yield the letters' file, its head first: one consistent picture, however long it takes."""
    yield _line(COLUMNS)
    targets = {t.id: t.target for t in stored.targets}
    letters = stored.campaign.letter
    found = {t.id: version_for(letters, t.target) for t in stored.targets}
    versions = {target_id: version.key if version else "" for target_id, version in found.items()}
    with database.read() as connection:
        for chunk in _letters(connection, stored.id):
            yield "".join(
                _line(
                    (
                        row.id,
                        row.submitted_at.isoformat(),
                        row.state,
                        row.state_at.isoformat(),
                        targets[row.target_id].name,
                        targets[row.target_id].email,
                        *_person(row, stored),
                        f"{row.personal_share:.2f}",
                        row.subject or "",
                        versions[row.target_id],
                        row.answered_at.isoformat() if row.answered_at else "",
                    )
                )
                for row in chunk
            )


def consents(database: Database, stored: StoredCampaign) -> Iterator[str]:
    """Yield the consents' file: whoever ticked the box, and was not erased since.

    An address that its owner has not confirmed may be somebody else's, so it does not count where
    the campaign asks for confirmation.
    """
    yield _line(CONSENT_COLUMNS)
    with database.read() as connection:
        for chunk in _consents(connection, stored):
            yield "".join(
                _line(
                    (
                        (row.opt_in_at or row.submitted_at).isoformat(),
                        row.confirmed_at.isoformat() if row.confirmed_at else "",
                        row.name,
                        row.email,
                        row.postcode or "",
                        row.opt_in_wording,
                    )
                )
                for row in chunk
            )


def _person(row: Row[*tuple[Any, ...]], stored: StoredCampaign) -> tuple[str, str, str, str, str]:
    """Return what is told of a letter's writer: nothing before their yes, where one is asked.

    Whoever typed an address need not be its owner.
    """
    campaign = stored.campaign
    never_left = row.state in {State.UNCONFIRMED, State.EXPIRED, State.CANCELLED}
    is_asked = campaign.confirm is Confirm.BEFORE_SENDING or (campaign.proof_of_work and never_left)
    if row.confirmed_at is None and (is_asked or row.state == State.UNCONFIRMED):
        return "", "", "", "no", ""
    return (
        row.name or "",
        row.email or "",
        row.postcode or "",
        "yes" if row.opt_in_wording else "no",
        row.opt_in_wording or "",
    )


def _letters(connection: Connection, campaign_id: int) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    after = ""
    while found := connection.execute(
        select(
            letter.c.id,
            letter.c.state,
            letter.c.state_at,
            letter.c.target_id,
            submission.c.submitted_at,
            submission.c.name,
            submission.c.email,
            submission.c.postcode,
            submission.c.opt_in_wording,
            submission.c.confirmed_at,
            submission.c.personal_share,
            writing.c.subject,
            _ANSWERED_AT,
        )
        .select_from(letter.join(writing).join(submission))
        .where(letter.c.campaign_id == campaign_id, letter.c.kind == "letter", letter.c.id > after)
        .order_by(letter.c.id)
        .limit(_CHUNK)
    ).all():
        yield found
        after = found[-1].id


def _consents(
    connection: Connection, stored: StoredCampaign
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    wanted = (
        select(submission)
        .where(submission.c.campaign_id == stored.id, submission.c.opt_in_wording.is_not(None))
        .order_by(submission.c.id)
        .limit(_CHUNK)
    )
    if stored.campaign.confirm is Confirm.BEFORE_SENDING:
        wanted = wanted.where(
            submission.c.confirmed_at.is_not(None) | submission.c.opt_in_at.is_not(None)
        )
    after = ""
    while found := connection.execute(wanted.where(submission.c.id > after)).all():
        yield found
        after = found[-1].id


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([safe(cell) for cell in cells])
    return written.getvalue()


def safe(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it, or a part of it, for a formula."""
    return _FORMULA.sub("'", cell)
