"""Add what submissions bring, and notices, in few statements however many there are."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Table,
    and_,
    exists,
    func,
    insert,
    literal_column,
    select,
)

from letters.states import Cause, State
from letters.storage.batch import Places, Row, run
from letters.storage.schema import history, letter, notice, repeat, submission, writing

# Every table takes its own out of the same rows, which begin alike.
_SUBMISSION: Final = Places(
    *("id", "kind", "campaign_id", "token_id", "address", "name", "email", "postcode", "reason"),
    *("points", "personal_share", "source", "opt_in_wording", "submitted_at", "remind_at"),
)
_MAIL: Final = Places(
    *("id", "kind", "campaign_id", "target_id", "submission_id", "state", "state_at"),
    "goes_together",
    *("writer_key", "to_email", "subject", "body", "purpose", "address", "mailing_id", "version"),
)
_REPEAT_COLUMNS: Final = (
    *("id", "submission_id", "received_at", "name", "email", "postcode", "reason", "points"),
    *("personal_share", "opt_in_wording", "source", "letters"),
)
_REPEAT: Final = Places("id", "kind", *_REPEAT_COLUMNS[1:])


def _is(kind: str) -> ColumnElement[bool]:
    return _MAIL.text("kind") == literal_column(f"'{kind}'")


_IS_MAIL: Final = _is("letter") | _is("notice")


def _add(
    table: Table, places: Places, only: ColumnElement[bool], *names: str, **more: ColumnElement[Any]
) -> Insert:
    """Return what adds a table's part of the rows: columns of the same name, and `more`."""
    return insert(table).from_select(
        [*names, *more], select(*places.of(table, names), *more.values()).where(only)
    )


_ADD_SUBMISSIONS: Final = _add(
    submission,
    _SUBMISSION,
    _is("submission"),
    *("id", "campaign_id", "token_id", "address", "name", "email", "postcode", "reason", "points"),
    *("personal_share", "source", "opt_in_wording", "submitted_at", "remind_at"),
)
_ADD_LETTERS: Final = _add(
    letter,
    _MAIL,
    _IS_MAIL,
    *("id", "kind", "campaign_id", "target_id", "submission_id", "state", "state_at"),
    *("goes_together", "mailing_id", "version"),
)
_ADD_WRITINGS: Final = _add(
    writing,
    _MAIL,
    _IS_MAIL,
    *("writer_key", "to_email", "subject", "body"),
    letter_id=_MAIL.text("id"),
)
_ADD_HISTORY: Final = _add(
    history,
    _MAIL,
    _is("letter"),
    "state",
    letter_id=_MAIL.text("id"),
    cause=literal_column(f"'{Cause.WRITTEN}'"),
    at=_MAIL.moment("state_at"),
)
_ADD_NOTICES: Final = _add(
    notice, _MAIL, _is("notice"), "purpose", "address", letter_id=_MAIL.text("id")
)
# What is kept already is not kept twice.
_ADD_REPEATS: Final = _add(
    repeat,
    _REPEAT,
    and_(
        _is("repeat"),
        ~exists().where(
            repeat.c.submission_id == _REPEAT.text("submission_id"),
            repeat.c.name == _REPEAT.text("name"),
            func.coalesce(repeat.c.postcode, "") == func.coalesce(_REPEAT.text("postcode"), ""),
            func.coalesce(repeat.c.opt_in_wording, "")
            == func.coalesce(_REPEAT.text("opt_in_wording"), ""),
            repeat.c.letters == _REPEAT.text("letters"),
        ),
    ),
    *_REPEAT_COLUMNS,
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
            _ADD_LETTERS.cte("letters"),
            _ADD_WRITINGS.cte("writings"),
            _ADD_HISTORY.cte("steps"),
            _ADD_NOTICES.cte("notices"),
            _ADD_REPEATS.cte("repeats"),
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
        source: str | None,
        opt_in_wording: str | None,
        submitted_at: datetime,
        remind_at: datetime | None,
    ) -> None:
        """Add a submission."""
        self._rows.append(
            _SUBMISSION.row(
                id=submission_id,
                kind="submission",
                campaign_id=campaign_id,
                token_id=token_id,
                address=address,
                name=name,
                email=email,
                postcode=postcode,
                reason=reason,
                points=points,
                personal_share=personal_share,
                source=source,
                opt_in_wording=opt_in_wording,
                submitted_at=submitted_at,
                remind_at=remind_at,
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
        self._rows.append(
            _MAIL.row(
                id=letter_id,
                kind="letter",
                campaign_id=campaign_id,
                target_id=target_id,
                submission_id=submission_id,
                state=state,
                state_at=at,
                goes_together=int(goes_together),
                writer_key=writer_key,
                subject=subject,
                body=body,
                version=version,
            )
        )

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
        self._rows.append(
            _MAIL.row(
                id=notice_id,
                kind="notice",
                campaign_id=campaign_id,
                submission_id=submission_id,
                state=State.QUEUED,
                state_at=at,
                goes_together=0,
                to_email=to_email,
                subject=subject,
                body=body,
                purpose=purpose,
                address=address,
                mailing_id=mailing_id,
                writer_key=writer_key,
            )
        )

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
        self._rows.append(
            _REPEAT.row(
                id=repeat_id,
                kind="repeat",
                submission_id=submission_id,
                received_at=received_at,
                name=name,
                email=email,
                postcode=postcode,
                reason=reason,
                points=points,
                personal_share=personal_share,
                opt_in_wording=opt_in_wording,
                source=source,
                letters=letters,
            )
        )

    def store(self, connection: Connection) -> None:
        """Write all rows.

        They come in the order in which they were added, and so do the locks on what is unique.
        """
        for statement in _ADD[connection.dialect.name]:
            run(connection, statement, self._rows)
