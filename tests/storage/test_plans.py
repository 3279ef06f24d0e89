"""No statement would read a large table from end to end: planned on PostgreSQL, as at a million."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bench.bulk import fill
from letters.books import ledger
from letters.campaigns import store
from letters.desk import export, figures, history, trouble, version
from letters.offices import mailbox
from letters.receipts import erasure
from letters.sending import gate
from letters.sending.claiming.claims import claim
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.events.record import record as record_events
from letters.sending.outcomes import Answer, Outcome, record
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import campaign, letter
from rig.plans import watched
from tests.conftest import MakePostgres
from tests.support.books import settings
from worker.sweep import sweep

LETTERS = 10_000
AS_AT = 50  # times as many; `./run bench scale` has them
MOSTLY_SETTLED = {"delivered": 930, "queued": 970, "bounced": 980, "unknown": 1_000}
OFFICE = "office0@harbours.example"
NOW = datetime.now(UTC)
WITH_THEM = (
    (
        "INSERT INTO attempt (id, letter_id, claimed_at, ended_at, outcome)"
        " SELECT id, id, state_at, state_at, 'taken' FROM letter WHERE state <> 'queued'"
    ),
    (
        "INSERT INTO event (sg_event_id, letter_id, attempt_id, kind, happened_at, received_at)"
        " SELECT id, id, id, 'delivered', state_at, state_at FROM letter WHERE state = 'delivered'"
    ),
    "UPDATE letter SET attempt_id = id WHERE state <> 'queued'",
)
Job = Callable[[Database], object]


@pytest.fixture(scope="module")
def database(postgres_url: MakePostgres) -> Iterator[Database]:
    made = Database(postgres_url())
    migrate(made)
    fill(made, "trees", LETTERS, 40, states=MOSTLY_SETTLED, per_hour=3_600_000)
    fill(made, "over", LETTERS // 10, 40, states={"delivered": 1_000})
    with made.write() as connection:
        for statement in WITH_THEM:
            connection.exec_driver_sql(statement)
        ended = update(campaign).where(campaign.c.slug == "over")
        connection.execute(ended.values(ends_at=NOW - timedelta(days=1)))
    with made.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    yield made
    made.close()


def send(database: Database) -> None:
    with database.write() as connection:
        claims = claim(connection, most=20, gate=gate.look(connection), now=NOW)
    assert len(claims) == 20
    with database.write() as connection:
        record(connection, [(each, Outcome(Answer.TAKEN, NOW)) for each in claims], NOW)
    news = [
        DeliveryEvent(each.attempt_id, each.attempt_id, None, Cause.DELIVER, NOW, "250", None)
        for each in claims
    ]
    with database.write() as connection:
        assert record_events(connection, news, NOW) == 1
        theirs = letter.c.id.in_([each.letter_id for each in claims])
        states = connection.execute(select(letter.c.state).where(theirs)).scalars()
        assert set(states) == {State.DELIVERED}


def look(database: Database) -> None:
    with database.read() as connection:
        stored = store.find(connection, "trees")
        ledger.shown(connection, stored.id)
        ledger.by_target(connection, stored.id)
        version.feel(connection, "trees", NOW, 900)
        trouble.undecided(connection, stored.id, NOW, 900)
        trouble.turned_back(connection, stored.id)
        figures.read(connection, stored.id)


def take_out(database: Database) -> None:
    with database.read() as connection:
        stored = store.find(connection, "trees")
    assert sum(part.count("\n") for part in export.rows(database, stored)) == LETTERS + 1
    assert len(list(export.consents(database, stored))) == 2


def hold(database: Database) -> None:
    with database.write() as connection:
        mailbox.hold(connection, OFFICE, "on leave", NOW)
        sitting = mailbox.seated(connection, OFFICE)
    mailbox.carry_on(database, sitting, Cause.HOLD, NOW)
    with database.write() as connection:
        mailbox.release(connection, OFFICE, NOW)


def erase(database: Database) -> None:
    with database.write() as connection:
        old = erasure.due(connection, NOW - timedelta(days=29), 50)
        erasure.erase_all(connection, old, NOW, is_wish=False)
    assert old


JOBS: dict[str, Job] = {
    "sweep": lambda database: sweep(database, settings(), NOW),
    "send": send,
    "look at the desk": look,
    "read history on": lambda database: history.read_on(database, NOW),
    "export": take_out,
    "hold and release": hold,
    "erase": erase,
}


@pytest.mark.parametrize("job", JOBS)
def test_no_large_table_is_read_from_end_to_end(database: Database, job: str) -> None:
    with watched(database.engine, AS_AT) as seen:
        JOBS[job](database)
    assert seen.statements
    assert seen.scans == []


def test_a_scan_is_seen(database: Database) -> None:
    with watched(database.engine, AS_AT) as seen, database.read() as connection:
        connection.execute(select(letter.c.id).where(letter.c.resends > 2))
    (line,) = seen.scans
    assert line.startswith("letter: SELECT letter.id")
