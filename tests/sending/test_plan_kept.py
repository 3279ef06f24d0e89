"""What the plan says, set against a week of the real claims, with a change of the clocks in it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select, update

from letters.campaign import Status
from letters.campaigns import store
from letters.pacing.plan import plan
from letters.sending.claiming.due import next_due
from letters.sending.outcomes import Answer
from letters.storage.database import Database
from letters.storage.schema import target
from tests.support.books import Books

LONDON, NEW_YORK = "Europe/London", "America/New_York"
# London's clocks go forward on 29 March 2026, New York's went on 8 March.
THURSDAY = datetime(2026, 3, 26, 15, 0, tzinfo=UTC)
PACING = """per_target_per_hour = 2
window = "08:00-18:00"
days = ["mon", "tue", "wed", "thu", "fri", "sun"]"""
LETTERS = 200


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database, THURSDAY)
    made.load("trees", "a@x.example", "b@x.example", pacing=PACING, more='routing = "choice"')
    with database.write() as connection:
        for kept in made.find("trees").targets:
            zone = LONDON if kept.target.email == "a@x.example" else NEW_YORK
            definition = {**definition_of(connection, kept.id), "timezone": zone}
            connection.execute(
                update(target).where(target.c.id == kept.id).values(definition=definition)
            )
    for n in range(LETTERS):
        made.write("trees", targets=[n % 2])
    with database.write() as connection:  # the notices go beforehand
        store.set_status(connection, "trees", Status.PAUSED, made.now)
    made.send()
    with database.write() as connection:
        store.set_status(connection, "trees", Status.LIVE, made.now)
    made.now = THURSDAY
    return made


def definition_of(connection: Connection, target_id: int) -> dict[str, object]:
    row = connection.execute(select(target.c.definition).where(target.c.id == target_id)).one()
    return dict(row.definition)


def test_a_week_of_claims_goes_as_planned(books: Books) -> None:
    stored = books.find("trees")
    zones = {t.id: t.target.timezone for t in stored.targets}
    foreseen = plan(
        stored.campaign.pacing,
        waiting=dict.fromkeys(zones, LETTERS // 2),
        next_slot={t.id: t.next_slot_at for t in stored.targets},
        timezone=zones,
        now=books.now,
        send_rate=10,
    )
    left: dict[str, list[datetime]] = {}
    due: datetime | None = books.now
    while due is not None:
        books.now = max(due, books.now + timedelta(milliseconds=1))
        for claim in books.claim():
            left.setdefault(claim.to_email, []).append(books.now)
            books.answer([claim], Answer.TAKEN)
        with books.database.read() as connection:
            due = next_due(connection, books.now)
    assert (books.now - THURSDAY).days >= 5
    assert books.states("trees") == {"accepted": LETTERS}
    for kept in stored.targets:
        times = left[kept.target.email]
        zone = ZoneInfo(kept.target.timezone)
        told = foreseen.targets[kept.id]
        assert len(times) == LETTERS // 2
        assert told.ends_at is not None
        assert abs(times[-1] - told.ends_at) < timedelta(minutes=1)
        here = [at.astimezone(zone) for at in times]
        hours = Counter(at.replace(minute=0, second=0, microsecond=0) for at in here)
        assert max(hours.values()) == told.busiest_hour_letters
        assert all(8 <= at.hour < 18 for at in here)
        assert all(b - a >= timedelta(minutes=30) for a, b in pairwise(times))
