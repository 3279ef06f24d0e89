"""The desk's pictures count what happened: once, wherever it comes in history, and not forever."""

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaigns import store
from letters.desk import figures, history
from letters.desk.figures import Series, Step
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import attempt, letter
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from rig.campaigns import campaign_file
from webapp.desk.figures import charts

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def write(database: Database, slug: str, shares: list[float], now: datetime) -> list[str]:
    """Hand letters in, one for each share of own words; give their ids."""
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file(slug)), now)
    with database.read() as connection:
        stored = store.find(connection, slug)
    for share in shares:
        new = Submission(
            token_id=secrets.token_hex(16),
            name="Ana Reed",
            email=f"{secrets.token_hex(6)}@readers.example",
            postcode="",
            reason="",
            points=(),
            personal_share=share,
            opt_in=False,
            drafts=(Draft(stored.targets[0].id, "Trees", "Keep the trees."),),
        )
        tokens = Tokens(("a-secret-key-for-tests",))
        Intake(database, Links("http://localhost", tokens)).take(stored, new, now)
    with database.read() as connection:
        return list(
            connection.execute(
                select(letter.c.id)
                .where(letter.c.campaign_id == stored.id, letter.c.kind == "letter")
                .order_by(letter.c.id)
            ).scalars()
        )


def send(database: Database, letter_id: str, accepted_at: datetime) -> None:
    """Let one letter be accepted, as a worker records it."""
    attempt_id = secrets.token_hex(16)
    with database.write() as connection:
        connection.execute(
            insert(attempt).values(
                id=attempt_id,
                letter_id=letter_id,
                claimed_at=accepted_at,
                ended_at=accepted_at,
                outcome="taken",
            )
        )
        connection.execute(
            update(letter).where(letter.c.id == letter_id).values(attempt_id=attempt_id)
        )
        apply(connection, [Happening(letter_id, Cause.TAKEN, accepted_at, attempt_id)])


def happen(database: Database, letter_id: str, cause: Cause, at: datetime) -> None:
    with database.write() as connection:
        apply(connection, [Happening(letter_id, cause, at)])


def read(database: Database, slug: str = "trees") -> dict[Series, Counter[int]]:
    with database.read() as connection:
        return figures.read(connection, store.find(connection, slug).id)


def test_what_happens_is_counted_once_and_what_proves_wrong_is_counted_back(
    database: Database,
) -> None:
    one, two, three = write(database, "trees", [0.0, 0.04, 0.8], NOON)
    send(database, one, NOON + timedelta(minutes=1))
    send(database, two, NOON + timedelta(minutes=2))
    happen(database, one, Cause.DELIVER, NOON + timedelta(minutes=1, seconds=4))
    happen(database, two, Cause.DELIVER, NOON + timedelta(hours=1, minutes=2))
    while history.read_on(database, NOON):
        pass
    assert history.read_on(database, NOON) == 0
    # Later news: the second did not arrive after all, and the third bounced at once.
    happen(database, two, Cause.BOUNCE, NOON + timedelta(hours=2))
    send(database, three, NOON)
    happen(database, three, Cause.BOUNCE, NOON + timedelta(hours=2))
    while history.read_on(database, NOON):
        pass

    found = read(database)

    noon = figures.hour_of(NOON)
    assert +found[Series.SUBMITTED] == {noon: 3}
    assert +found[Series.DELIVERED] == {noon: 1}
    assert found[Series.PERSONAL] == {0: 1, 1: 1, 8: 1}
    assert figures.personal(found) == figures.Personal(letters=3, touched=2, mostly_own=1)
    told = figures.speed(found)
    assert (told.deliveries, told.half_within_seconds) == (2, 5)
    assert told.slowest_tenth_seconds == 3_600


def test_a_record_that_is_still_being_written_is_waited_for(
    postgres_url: Callable[[], str],
) -> None:
    """PostgreSQL draws ids before their records can be seen, so a lower one may come later.

    SQLite has one writer at a time.
    """
    database = Database(postgres_url())
    migrate(database)
    (one,), (two,) = (write(database, slug, [0.0], NOON) for slug in ("trees", "cranes"))
    for letter_id in (one, two):
        send(database, letter_id, NOON)
    while history.read_on(database, NOON):
        pass
    with database.write() as slow:
        apply(slow, [Happening(one, Cause.DELIVER, NOON)])  # its id is drawn, and not yet seen
        happen(database, two, Cause.DELIVER, NOON)
        assert history.read_on(database, NOON) == 0
    while history.read_on(database, NOON):
        pass
    assert read(database, "trees")[Series.DELIVERED].total() == 1
    assert read(database, "cranes")[Series.DELIVERED].total() == 1
    database.close()


@pytest.mark.parametrize(
    ("span", "step", "slices"),
    [
        (timedelta(hours=5), Step.HOUR, 6),
        (timedelta(days=10), Step.DAY, 11),
        (timedelta(days=200), Step.WEEK, 29),
    ],
)
def test_the_slices_of_time_fit_the_span_and_leave_no_letter_out(
    span: timedelta, step: Step, slices: int
) -> None:
    counted = {series: Counter[int]() for series in Series}
    counted[Series.SUBMITTED][figures.hour_of(NOON)] = 4
    counted[Series.DELIVERED][figures.hour_of(NOON + span)] = 3
    told = figures.over_time(counted, "Europe/London")
    assert told.step is step
    assert len(told.slices) == slices
    assert sum(each.submitted for each in told.slices) == 4
    assert sum(each.delivered for each in told.slices) == 3


def test_there_is_nothing_to_tell_before_the_first_letter() -> None:
    nothing = {series: Counter[int]() for series in Series}
    assert figures.over_time(nothing, "UTC").slices == ()
    assert figures.speed(nothing).half_within_seconds is None
    assert figures.personal(nothing).letters == 0


@pytest.mark.parametrize(
    ("most", "told"),
    [(0, (1, 0)), (1, (1, 0)), (2, (2, 1, 0)), (5, (6, 3, 0)), (9, (10, 5, 0)), (34, (40, 20, 0)),
     (101, (200, 100, 0)), (87_654, (100_000, 50_000, 0))],
)  # fmt: skip
def test_an_axis_has_round_numbers_with_the_tallest_column_under_its_top(
    most: int, told: tuple[int, ...]
) -> None:
    assert charts.ticks(most) == told


def test_a_column_is_as_high_as_its_number_at_the_axis_and_says_what_it_is() -> None:
    drawn = charts.columns([(5, 3)], ["<Monday>: 5 handed in, 3 delivered"])
    assert 'viewBox="0 0 10 100"' in drawn  # one bar takes the width of one
    assert '<rect class="column-whole" x="0.75" y="16.67" width="8.5" height="83.33"/>' in drawn
    assert '<rect class="column-part" x="2.75" y="50" width="4.5" height="50"/>' in drawn
    assert "<title>&lt;Monday&gt;: 5 handed in, 3 delivered</title>" in drawn
    assert charts.shares([("check", 1), ("cross", 1)]).count('width="500"') == 1  # to the round end
