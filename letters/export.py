"""Write a campaign's letters as CSV, a thousand at a time, safe in any spreadsheet."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from letters.storage.campaigns import StoredCampaign
from letters.storage.database import Database
from letters.storage.schema import letter, submission, writing

COLUMNS: Final = (
    "letter_id", "submitted_at", "state", "state_at", "target", "target_email",
    "supporter_name", "supporter_email", "postcode", "opt_in", "opt_in_wording",
    "personal_share", "subject",
)  # fmt: skip
_CHUNK: Final = 1_000
# A cell that begins so is a formula to a spreadsheet (OWASP, CSV Injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def rows(database: Database, stored: StoredCampaign) -> Iterator[str]:
    """Yield the file's text, its head first."""
    yield _line(COLUMNS)
    targets = {t.id: t.target for t in stored.targets}
    after = ""
    while True:
        with database.read() as connection:
            found = connection.execute(
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
                    submission.c.personal_share,
                    writing.c.subject,
                )
                .select_from(letter.join(writing).join(submission))
                .where(
                    letter.c.campaign_id == stored.id,
                    letter.c.kind == "letter",
                    letter.c.id > after,
                )
                .order_by(letter.c.id)
                .limit(_CHUNK)
            ).all()
        if not found:
            return
        for row in found:
            to = targets[row.target_id]
            yield _line(
                (
                    row.id,
                    row.submitted_at.isoformat(),
                    row.state,
                    row.state_at.isoformat(),
                    to.name,
                    to.email,
                    row.name or "",
                    row.email or "",
                    row.postcode or "",
                    "yes" if row.opt_in_wording else "no",
                    row.opt_in_wording or "",
                    f"{row.personal_share:.2f}",
                    row.subject or "",
                )
            )
        after = found[-1].id


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([safe(cell) for cell in cells])
    return written.getvalue()


def safe(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
