"""Add what submissions bring, and notices, in few statements however many there are."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Connection,
    Insert,
    Table,
    exists,
    func,
    insert,
    literal_column,
    select,
)

from letters.states import Cause, State
from letters.storage.batch import Places, Row, as_text, run_with
from letters.storage.schema import history, letter, notice, repeat, submission, writing

_SUBMISSION_COLUMNS: Final = (
    *("id", "campaign_id", "token_id", "address", "name", "email", "postcode", "reason", "points"),
    *("personal_share", "source", "opt_in_wording", "submitted_at", "remind_at"),
)
_LETTER_COLUMNS: Final = (
    *("id", "kind", "campaign_id", "target_id", "submission_id", "state", "state_at"),
    *("goes_together", "mailing_id", "version"),
)
_WRITING_COLUMNS: Final = ("letter_id", "writer_key", "to_email", "subject", "body")
_NOTICE_COLUMNS: Final = ("letter_id", "purpose", "address")
_REPEAT_COLUMNS: Final = (
    *("id", "submission_id", "received_at", "name", "email", "postcode", "reason", "points"),
    *("personal_share", "opt_in_wording", "source", "letters"),
)
_LETTER: Final = Places("letters", *_LETTER_COLUMNS)
_REPEAT: Final = Places("repeats", *_REPEAT_COLUMNS)


def _add(table: Table, places: Places, *names: str) -> Insert:
    """Return what adds rows: columns of the same name."""
    return insert(table).from_select(names, select(*places.of(table, names)))


# What each adds travels by itself: a database takes a text apart from end to end, and those of
# letters are long.
_ADD_SUBMISSIONS: Final = _add(
    submission, Places("submissions", *_SUBMISSION_COLUMNS), *_SUBMISSION_COLUMNS
)
_ADD_LETTERS: Final = _add(letter, _LETTER, *_LETTER_COLUMNS)
_ADD_WRITINGS: Final = _add(writing, Places("writings", *_WRITING_COLUMNS), *_WRITING_COLUMNS)
_ADD_NOTICES: Final = _add(notice, Places("notices", *_NOTICE_COLUMNS), *_NOTICE_COLUMNS)
_ADD_HISTORY: Final = insert(history).from_select(
    ["letter_id", "state", "cause", "at"],
    select(
        _LETTER.text("id"),
        _LETTER.text("state"),
        literal_column(f"'{Cause.WRITTEN}'"),
        _LETTER.moment("state_at"),
    ).where(_LETTER.text("kind") == literal_column("'letter'")),
)
# What is kept already is not kept twice.
_ADD_REPEATS: Final = insert(repeat).from_select(
    _REPEAT_COLUMNS,
    select(*_REPEAT.of(repeat, _REPEAT_COLUMNS)).where(
        ~exists().where(
            repeat.c.submission_id == _REPEAT.text("submission_id"),
            repeat.c.name == _REPEAT.text("name"),
            func.coalesce(repeat.c.postcode, "") == func.coalesce(_REPEAT.text("postcode"), ""),
            func.coalesce(repeat.c.opt_in_wording, "")
            == func.coalesce(_REPEAT.text("opt_in_wording"), ""),
            repeat.c.letters == _REPEAT.text("letters"),
        )
    ),
)
_ADD: Final[dict[str, tuple[Insert, ...]]] = {
    "sqlite": (
        *(_ADD_SUBMISSIONS, _ADD_LETTERS, _ADD_WRITINGS, _ADD_HISTORY, _ADD_NOTICES),
        _ADD_REPEATS,
    ),
    # One journey to the server. It adds the submissions first, so others wait for tokens before
    # they wait for keys, and looks at references when all has been added.
    "postgresql": (
        _ADD_SUBMISSIONS.add_cte(
            _ADD_LETTERS.cte("new_letters"),
            _ADD_WRITINGS.cte("new_writings"),
            _ADD_HISTORY.cte("new_steps"),
            _ADD_NOTICES.cte("new_notices"),
            _ADD_REPEATS.cte("new_repeats"),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows on their way into the database."""

    _submissions: list[Row] = field(default_factory=list)
    _letters: list[Row] = field(default_factory=list)
    _writings: list[Row] = field(default_factory=list)
    _notices: list[Row] = field(default_factory=list)
    _repeats: list[Row] = field(default_factory=list)

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
        source: str | None,
        opt_in_wording: str | None,
        submitted_at: datetime,
        remind_at: datetime | None,
    ) -> None:
        """Add a submission."""
        self._submissions.append(
            (
                *(submission_id, campaign_id, token_id, address, name, email, postcode, reason),
                *(points, personal_share, source, opt_in_wording, submitted_at, remind_at),
            )
        )

    def add_letter(  # noqa: PLR0913 - its columns
        self,
        letter_id: str,
        *,
        campaign_id: int,
        target_id: int,
        submission_id: str,
        state: State,
        at: datetime,
        goes_together: bool,
        writer_key: str,
        subject: str,
        body: str,
        version: str,
    ) -> None:
        """Add a letter, with the first step of its history. Who adds it counts it, too."""
        self._letters.append(
            (
                *(letter_id, "letter", campaign_id, target_id, submission_id, state, at),
                *(int(goes_together), None, version),
            )
        )
        self._writings.append((letter_id, writer_key, None, subject, body))

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
        mailing_id: str | None = None,
        writer_key: str | None = None,
    ) -> None:
        """Add a notice that waits to be sent: alone, or as one of a mailing."""
        self._letters.append(
            (
                *(notice_id, "notice", campaign_id, None, submission_id, State.QUEUED, at),
                *(0, mailing_id, None),
            )
        )
        self._writings.append((notice_id, writer_key, to_email, subject, body))
        self._notices.append((notice_id, purpose, address))

    def add_repeat(  # noqa: PLR0913 - its columns
        self,
        repeat_id: str,
        *,
        submission_id: str,
        received_at: datetime,
        name: str,
        email: str,
        postcode: str | None,
        reason: str | None,
        points: tuple[str, ...],
        personal_share: float,
        opt_in_wording: str | None,
        source: str | None,
        letters: str,
    ) -> None:
        """Add what was written once more, beside the submission that stood in its way."""
        self._repeats.append(
            (
                *(repeat_id, submission_id, received_at, name, email, postcode, reason, points),
                *(personal_share, opt_in_wording, source, letters),
            )
        )

    def store(self, connection: Connection) -> None:
        """Write all rows.

        They come in the order in which they were added, and so do the locks on what is unique.
        """
        rows = {
            "submissions": as_text(self._submissions),
            "letters": as_text(self._letters),
            "writings": as_text(self._writings),
            "notices": as_text(self._notices),
            "repeats": as_text(self._repeats),
        }
        for statement in _ADD[connection.dialect.name]:
            run_with(connection, statement, rows)
