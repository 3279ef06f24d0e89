"""The migrations lead to the tables that the code defines, and back again."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import sleep

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update

from letters.reasons import Reason
from letters.settings import read_settings
from letters.storage.database import Database, StorageUnavailable
from letters.storage.migrate import (
    CannotMigrate,
    Schema,
    configuration,
    go_back,
    is_current,
    migrate,
    standing,
)
from letters.storage.schema import (
    account,
    attempt,
    event,
    history,
    letter,
    metadata,
    office,
    organisation,
    reader,
    source_figure,
    submission,
    target,
)
from rig import ROOT
from rig.servers import wait_for
from tests.support.stack import Stack

FIRST = ("0001", "0002", "0003", "0004", "0005")
"""Before there were releases to run beside."""


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


def shape(connection: Connection) -> dict[tuple[str, str], tuple[str, bool]]:
    """Give each column with its type, and whether a row can be added that does not know of it."""
    inspector = inspect(connection)
    return {
        (table, column["name"]): (
            str(column["type"]),
            bool(column["nullable"] or column["default"] or column.get("autoincrement")),
        )
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }


def test_a_migration_that_does_not_narrow_only_adds(database: Database) -> None:
    """The processes of the version before run on beside it."""
    scripts = ScriptDirectory.from_config(configuration())
    steps = list(scripts.walk_revisions())  # the newest first
    with database.write() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        for step in steps[: -len(FIRST)]:
            after = shape(connection)
            command.downgrade(config, str(step.down_revision))
            before = shape(connection)
            if step.module.narrows:
                continue
            for (table, column), (kind, _) in before.items():
                assert (table, column) in after, f"{step.revision} drops {table}.{column}"
                assert after[table, column][0] == kind, f"{step.revision} changes {table}.{column}"
            old_tables = {table for table, _ in before}
            for (table, column), (_, may_be_left_out) in after.items():
                is_new = (table, column) not in before
                assert may_be_left_out or not is_new or table not in old_tables, (
                    f"{step.revision} adds {table}.{column}, which old code cannot fill"
                )
    migrate(database)


def test_code_tells_a_newer_schema_from_an_older_one(database: Database) -> None:
    config = configuration()

    def at(revision: str, oldest_code: str | None) -> Schema:
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
            connection.execute(update(account).values(oldest_code=oldest_code))
        return standing(database)

    newest = ScriptDirectory.from_config(config).get_current_head()
    assert newest is not None
    assert at("9999", newest) is Schema.NEWER
    assert migrate(database) is Schema.NEWER  # and leaves it alone
    assert at("9999", "9998") is Schema.TOO_NEW
    with pytest.raises(CannotMigrate, match="newer than this code"):
        migrate(database)
    with pytest.raises(CannotMigrate, match="newer than this code"):
        go_back(database, newest)
    assert at("0005", None) is Schema.OLDER
    assert at(newest, newest) is Schema.CURRENT


def test_a_schema_is_taken_back_by_the_code_that_knows_it(database: Database) -> None:
    go_back(database, "0005")
    assert standing(database) is Schema.OLDER
    with pytest.raises(CannotMigrate, match="knows no schema 1234"):
        go_back(database, "1234")
    assert migrate(database) is Schema.OLDER
    assert standing(database) is Schema.CURRENT


class Traffic(Thread):
    """Reads and changes one table and then another, again and again, as old processes do."""

    def __init__(self, database: Database, first: Table, second: Table) -> None:
        super().__init__()
        self._database, self._tables = database, (first, second)
        self._has_enough = Event()
        self.done = 0

    def run(self) -> None:
        while not self._has_enough.is_set():
            # What came in the way of a migration comes again, as any transaction of ours does.
            with suppress(StorageUnavailable), self._database.write() as connection:
                for table in self._tables:
                    connection.execute(update(table).values(id=table.c.id))
                    sleep(0.02)
                self.done += 1

    def stop(self) -> None:
        self._has_enough.set()
        self.join()


def test_a_release_gets_through_while_others_use_the_tables(database: Database) -> None:
    """On PostgreSQL a migration and who writes meanwhile once waited for each other for ever."""
    if database.is_sqlite:
        assert migrate(database) is Schema.CURRENT  # a writer is alone there
        return
    go_back(database, "0012")
    traffic = [
        Traffic(database, first, second)
        for first, second in ((letter, submission), (submission, target),
                              (target, letter), (attempt, letter))
    ]  # fmt: skip
    for one in traffic:
        one.start()
    try:
        wait_for(lambda: all(one.done for one in traffic))
        assert migrate(database) is Schema.OLDER
    finally:
        for one in traffic:
            one.stop()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_index_whose_building_was_interrupted_is_built_anew(database: Database) -> None:
    if database.is_sqlite:
        assert migrate(database) is Schema.CURRENT  # it is built with its migration, or not at all
        return
    with database.write() as connection:
        connection.execute(
            text("UPDATE pg_index SET indisvalid = false"
                 " WHERE indexrelid = 'ix_letter_in_order'::regclass")
        )  # fmt: skip
    migrate(database)
    with database.read() as connection:
        valid = text("SELECT bool_and(indisvalid) FROM pg_index")
        assert connection.execute(valid).scalar() is True


def test_code_that_is_newer_than_the_schema_waits_for_the_release(database: Database) -> None:
    go_back(database, "0021")
    with pytest.raises(StorageUnavailable) as waits, database.read() as connection:
        connection.execute(select(organisation))
    # Whoever reads the log learns why, and nothing that stands in a row.
    cause = "OperationalError SQLITE_ERROR" if database.is_sqlite else "UndefinedTable 42P01"
    assert str(waits.value) == cause
    migrate(database)
    with database.read() as connection:
        assert connection.execute(select(organisation)).all() == []


def test_an_empty_database_is_told_as_that(make_empty_url: Callable[[], str]) -> None:
    empty = Database(make_empty_url())
    assert standing(empty) is Schema.EMPTY
    empty.close()


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
        # What is the mailbox's own stands with its office now.
        held = connection.execute(
            select(
                func.coalesce(target.c.hold_reason, office.c.hold_reason),
                func.coalesce(target.c.hold_words, office.c.hold_words),
            )
            .join(office, office.c.id == target.c.office_id)
            .order_by(target.c.id)
        ).all()
        assert [tuple(row) for row in held] == list(HELD.values())
        events = connection.execute(select(event.c.cause, event.c.is_hard)).all()
        assert [tuple(row) for row in events].count(("bounce", True)) == 1
        assert {row.cause for row in events} == {"bounce"}
        (step,) = connection.execute(select(history.c.reason, history.c.detail)).all()
        assert tuple(step) == (Reason.WORKER_STOPPED, None)


def test_what_was_counted_before_there_were_codes_is_in_the_sums(database: Database) -> None:
    config = configuration()
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0022")
        for statement in (
            (
                "INSERT INTO campaign (id, slug, title, status, definition, loaded_at)"
                " VALUES (1, 'trees', '', 'live', '', '2026-01-01')"
            ),
            (
                "INSERT INTO figure VALUES (1, 'submitted', 100, 2), (1, 'delivered', 101, 1),"
                " (1, 'personal', 3, 2)"
            ),
            (
                "INSERT INTO letter (id, kind, campaign_id, state, state_at)"
                " VALUES ('a', 'letter', 1, 'queued', '2026-01-01')"
            ),
        ):
            connection.execute(text(statement))
        steps = (("unconfirmed", "written", 0), ("queued", "confirm", 40), ("sending", "claim", 41))
        for state, cause, minutes in steps:
            at = noon + timedelta(minutes=minutes)
            values = {"letter_id": "a", "state": state, "cause": cause, "at": at}
            connection.execute(insert(history).values(**values))
        read = connection.execute(select(func.max(history.c.id))).scalar_one()
        connection.execute(text("UPDATE reader SET history_id = :read"), {"read": read})
    migrate(database)
    with database.read() as connection:
        rows = connection.execute(
            select(source_figure).order_by(source_figure.c.series, source_figure.c.bucket)
        )
        quarter = int(noon.timestamp()) // 900
        assert [tuple(row) for row in rows] == [
            (1, "", "confirmed", quarter + 2, 1),
            (1, "", "delivered", 404, 1),
            (1, "", "handed_in", 400, 2),
        ]
        assert connection.execute(select(reader.c.sources_id)).scalar_one() == read


def test_letters_of_before_get_the_version_of_their_target(database: Database) -> None:
    config = configuration()
    versions = (
        "[[letter.versions]]\nkey = 'friends'\nwhen = {party = ['Green']}\n"
        "[[letter.versions]]\nkey = 'clerks'\nwhen = {role = ['Clerk']}\n"
    )
    people = ({"role": "", "attributes": {"party": "Green"}}, {"role": "clerk"}, {"role": ""})
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0028")
        connection.execute(
            text(
                "INSERT INTO campaign (id, slug, title, status, definition, loaded_at)"
                " VALUES (1, 'trees', '', 'live', :versions, '2026-01-01')"
            ),
            {"versions": versions},
        )
        for number, definition in enumerate(people, 1):
            connection.execute(
                text(
                    "INSERT INTO target (id, campaign_id, position, email, definition, withdrawn,"
                    " next_slot_at) VALUES (:n, 1, :n, '', :kept, false, '2026-01-01')"
                ),
                {"n": number, "kept": json.dumps(definition)},
            )
            connection.execute(
                text(
                    "INSERT INTO letter (id, kind, campaign_id, target_id, state, state_at)"
                    " VALUES (:id, 'letter', 1, :n, 'queued', '2026-01-01')"
                ),
                {"id": f"l{number}", "n": number},
            )
    migrate(database)
    with database.read() as connection:
        found = connection.execute(select(letter.c.version).order_by(letter.c.id)).scalars()
        assert list(found) == ["friends", "clerks", None]
