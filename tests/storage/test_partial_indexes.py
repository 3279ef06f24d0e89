"""A partial index serves SQLite only where a statement says its condition word for word."""

import pytest
from sqlalchemy import Select, select
from sqlalchemy.dialects import sqlite

from letters.storage.database import Database
from letters.storage.schema import BAD_NEWS, HAS_VERSION, IS_NOTICE, letter

STATEMENTS: dict[str, Select[tuple[str]]] = {
    "ix_letter_version": select(letter.c.state).where(letter.c.campaign_id == 1, HAS_VERSION),
    "ix_letter_mail": select(letter.c.state).where(letter.c.campaign_id == 1, IS_NOTICE),
    "ix_letter_bad_news": select(letter.c.id).where(BAD_NEWS),
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("index", STATEMENTS)
def test_a_statement_is_served_by_its_index(database: Database, index: str) -> None:
    asked = STATEMENTS[index].compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    with database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
    assert any(index in str(row) for row in plan), plan
