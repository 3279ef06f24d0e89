"""Add what submissions bring, and notices, in few statements however many there are."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Insert, insert, literal_column, select

from letters.states import Cause, State
from letters.storage.batch import (
    Row,
    given,
    integer_at,
    json_at,
    moment_at,
    number_at,
    text_at,
)
from letters.storage.schema import history, letter, notice, submission, writing


def _is(kind: str) -> ColumnElement[bool]:
    return text_at(1) == literal_column(f"'{kind}'")


# Every table takes its own out of the same rows, which have an id and a kind in the same places.
_ADD_SUBMISSIONS: Final = insert(submission).from_select(
    [
        "id", "campaign_id", "token_id", "address", "name", "email", "postcode", "reason",
        "points", "personal_share", "opt_in_wording", "submitted_at", "remind_at",
    ],
    select(
        text_at(0), integer_at(2), text_at(3), text_at(4), text_at(5), text_at(6), text_at(7),
        text_at(8), json_at(9), number_at(10), text_at(11), moment_at(12), moment_at(13),
    ).where(_is("submission")),
)  # fmt: skip
_ADD_LETTERS: Final = insert(letter).from_select(
    ["id", "kind", "campaign_id", "target_id", "submission_id", "state", "state_at", "plain"],
    select(
        text_at(0), text_at(1), integer_at(2), integer_at(3), text_at(4), text_at(5), moment_at(6),
        integer_at(7),
    ).where(~_is("submission")),
)  # fmt: skip
_ADD_WRITINGS: Final = insert(writing).from_select(
    ["letter_id", "once", "to_email", "subject", "body"],
    select(text_at(0), text_at(8), text_at(9), text_at(10), text_at(11)).where(~_is("submission")),
)
_ADD_HISTORY: Final = insert(history).from_select(
    ["letter_id", "state", "cause", "at"],
    select(text_at(0), text_at(5), literal_column(f"'{Cause.WRITTEN}'"), moment_at(6)).where(
        _is("letter")
    ),
)
_ADD_NOTICES: Final = insert(notice).from_select(
    ["letter_id", "purpose", "address"],
    select(text_at(0), text_at(12), text_at(13)).where(_is("notice")),
)
_ADD: Final[dict[str, tuple[Insert, ...]]] = {
    "sqlite": (_ADD_SUBMISSIONS, _ADD_LETTERS, _ADD_WRITINGS, _ADD_HISTORY, _ADD_NOTICES),
    # One journey to the server. It adds the submissions first, so others wait for tokens before
    # they wait for keys, and looks at references when all has been added.
    "postgresql": (
        _ADD_SUBMISSIONS.add_cte(
            _ADD_LETTERS.cte("letters"),
            _ADD_WRITINGS.cte("writings"),
            _ADD_HISTORY.cte("steps"),
            _ADD_NOTICES.cte("notices"),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows on their way into the database."""

    _rows: list[Row] = field(default_factory=list)

    def add_submission(  # noqa: PLR0913 - its columns
        self,
        submission_id: str,
        *,
        campaign_id: int,
        token_id: str,
        address: str,
        name: str,
        email: str,
        postcode: str | None,
        reason: str | None,
        points: tuple[str, ...],
        personal_share: float,
        opt_in_wording: str | None,
        submitted_at: datetime,
        remind_at: datetime | None,
    ) -> None:
        """Add a submission."""
        self._rows.append(
            (
                submission_id, "submission", campaign_id, token_id, address, name, email, postcode,
                reason, points, personal_share, opt_in_wording, submitted_at, remind_at,
            )
        )  # fmt: skip

    def add_letter(  # noqa: PLR0913 - its columns
        self,
        letter_id: str,
        *,
        campaign_id: int,
        target_id: int,
        submission_id: str,
        state: State,
        at: datetime,
        is_plain: bool,
        once: str,
        subject: str,
        body: str,
    ) -> None:
        """Add a letter, with the first step of its history. Who adds it counts it, too."""
        self._rows.append(
            (
                letter_id, "letter", campaign_id, target_id, submission_id, state, at,
                int(is_plain), once, None, subject, body,
            )
        )  # fmt: skip

    def add_notice(  # noqa: PLR0913 - its columns
        self,
        notice_id: str,
        *,
        campaign_id: int | None,
        submission_id: str | None,
        at: datetime,
        to_email: str,
        subject: str,
        body: str,
        purpose: str,
        address: str | None,
    ) -> None:
        """Add a notice that waits to be sent."""
        self._rows.append(
            (
                notice_id, "notice", campaign_id, None, submission_id, State.QUEUED, at, 0,
                None, to_email, subject, body, purpose, address,
            )
        )  # fmt: skip

    def store(self, connection: Connection) -> None:
        """Write all rows.

        They come in the order in which they were added, and so do the locks on what is unique.
        """
        rows = given(self._rows)
        for statement in _ADD[connection.dialect.name]:
            connection.execute(statement, rows)
