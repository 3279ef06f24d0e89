"""The migrations lead to the tables that the code defines, and back again."""

import subprocess
import sys
from collections.abc import Callable

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from letters.reasons import Reason
from letters.settings import read_settings
from letters.storage.database import Database
from letters.storage.migrate import configuration, is_current, migrate
from letters.storage.schema import event, history, metadata, target
from tests.support.stack import Stack
from tests.support.stand_in import ROOT


def test_the_migrations_make_the_tables_that_the_code_defines(database: Database) -> None:
    assert is_current(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        names = set(inspect(connection).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}


def test_every_step_can_be_undone_and_done_again(database: Database) -> None:
    config = configuration()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    assert not is_current(database)
    migrate(database)
    assert is_current(database)


def test_the_command_line_migrates_an_empty_database_once(
    stack: Stack, make_empty_url: Callable[[], str]
) -> None:
    settings = {**stack.environment, "DATABASE_URL": make_empty_url()}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "postbag", "migrate"],
            cwd=ROOT,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    made = Database(read_settings(settings).database_url)
    assert is_current(made)
    made.close()


HELD = {
    "An organiser holds its letters.": ("by-organiser", None),
    "Lady B. Mayor has taken over": ("succeeded", None),
    "550 no such mailbox": ("bounced", "550 no such mailbox"),
    "421 try later": ("soft-failures", "421 try later"),
}


def test_what_stood_there_as_a_sentence_becomes_a_reason(database: Database) -> None:
    config = configuration()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
        connection.execute(
            text(
                "INSERT INTO campaign (id, slug, title, status, definition, loaded_at)"
                " VALUES (1, 'trees', '', 'live', '', '2026-01-01')"
            )
        )
        for place, words in enumerate(HELD, start=1):
            connection.execute(
                text(
                    "INSERT INTO target (id, campaign_id, position, email, definition,"
                    " next_slot_at, held_reason)"
                    " VALUES (:id, 1, :id, :email, '{}', '2026-01-01', :words)"
                ),
                {"id": place, "email": f"{place}@x.example", "words": words},
            )
            connection.execute(
                text(
                    "INSERT INTO letter (id, kind, target_id, state, state_at)"
                    " VALUES (:id, 'letter', :target, 'unknown', '2026-01-01')"
                ),
                {"id": str(place), "target": place},
            )
            connection.execute(
                text(
                    "INSERT INTO event (id, sg_event_id, letter_id, attempt_id, kind, happened_at,"
                    " received_at) VALUES (:id, 'e' || :id, :letter, '', :kind, '2026-01-01',"
                    " '2026-01-01')"
                ),
                {"id": place, "letter": str(place), "kind": "bounce" if place == 3 else "blocked"},
            )
        connection.execute(text("INSERT INTO successor VALUES (2, 1, '2026-01-01')"))
        connection.execute(
            text(
                "INSERT INTO history (letter_id, state, cause, at, detail)"
                " VALUES ('1', 'unknown', 'lost', '2026-01-01', 'its worker stopped')"
            )
        )
    migrate(database)
    with database.read() as connection:
        held = connection.execute(select(target.c.hold_reason, target.c.hold_words)).all()
        assert [tuple(row) for row in held] == list(HELD.values())
        events = connection.execute(select(event.c.cause, event.c.is_hard)).all()
        assert [tuple(row) for row in events].count(("bounce", True)) == 1
        assert {row.cause for row in events} == {"bounce"}
        (step,) = connection.execute(select(history.c.reason, history.c.detail)).all()
        assert tuple(step) == (Reason.WORKER_STOPPED, None)
