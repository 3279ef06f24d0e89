"""Add what submissions bring, and notices: one statement a table, however many there are."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, literal_column, select

from letters.states import State
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

_ADD_SUBMISSIONS: Final = insert(submission).from_select(
    [
        "id", "campaign_id", "token_id", "address", "name", "email", "postcode", "reason",
        "points", "personal_share", "opt_in_wording", "submitted_at", "remind_at",
    ],
    select(
        text_at(0), integer_at(1), text_at(2), text_at(3), text_at(4), text_at(5), text_at(6),
        text_at(7), json_at(8), number_at(9), text_at(10), moment_at(11), moment_at(12),
    ),
)  # fmt: skip
# The other tables take their columns out of the same rows.
_ADD_LETTERS: Final = insert(letter).from_select(
    ["id", "kind", "campaign_id", "target_id", "submission_id", "state", "state_at", "plain"],
    select(
        text_at(0), text_at(1), integer_at(2), integer_at(3), text_at(4), text_at(5), moment_at(6),
        integer_at(7),
    ),
)  # fmt: skip
_ADD_WRITINGS: Final = insert(writing).from_select(
    ["letter_id", "once", "to_email", "subject", "body"],
    select(text_at(0), text_at(8), text_at(9), text_at(10), text_at(11)),
)
_ADD_HISTORY: Final = insert(history).from_select(
    ["letter_id", "state", "cause", "at"],
    select(text_at(0), text_at(5), literal_column("'written'"), moment_at(6)).where(
        text_at(1) == literal_column("'letter'")
    ),
)
_ADD_NOTICES: Final = insert(notice).from_select(
    ["letter_id", "purpose", "address"],
    select(text_at(0), text_at(12), text_at(13)).where(text_at(1) == literal_column("'notice'")),
)


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows on their way into the database."""

    _submissions: list[Row] = field(default_factory=list)
    _letters: list[Row] = field(default_factory=list)
    _notices: list[Row] = field(default_factory=list)

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
        self._submissions.append(
            (
                submission_id, campaign_id, token_id, address, name, email, postcode, reason,
                points, personal_share, opt_in_wording, submitted_at, remind_at,
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
        self._letters.append(
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
        address: str,
    ) -> None:
        """Add a notice that waits to be sent."""
        self._notices.append(
            (
                notice_id, "notice", campaign_id, None, submission_id, State.QUEUED, at, 0,
                None, to_email, subject, body, purpose, address,
            )
        )  # fmt: skip

    def store(self, connection: Connection) -> None:
        """Write all rows.

        They come in the order in which they were added, and so do the locks on what is unique.
        """
        if self._submissions:
            connection.execute(_ADD_SUBMISSIONS, given(self._submissions))
        rows = given([*self._letters, *self._notices])
        connection.execute(_ADD_LETTERS, rows)
        connection.execute(_ADD_WRITINGS, rows)
        if self._letters:
            connection.execute(_ADD_HISTORY, rows)
        if self._notices:
            connection.execute(_ADD_NOTICES, rows)
