"""Do once for a whole run what depends on the code alone, and not anew for every test.

SQLAlchemy words a statement once for each database that is opened, and Jinja reads a template once
for each app. Each test has a database of its own and many have an app: that took a third of a run.
"""

from types import CodeType
from typing import Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_WORDINGS: Final = LRUCache[object, object](5_000)


class _OneOfItsKind:
    """Dialects of a kind are one and the same where a wording is looked for."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class SQLite(_OneOfItsKind, SQLiteDialect_pysqlite):
    """Speak as SQLAlchemy does to SQLite."""

    supports_statement_cache = True


class PostgreSQL(_OneOfItsKind, PGDialect_psycopg):
    """Speak as SQLAlchemy does to PostgreSQL."""

    supports_statement_cache = True


class _ReadOnce(BytecodeCache):
    """What templates come to, by their names and their text."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_TEMPLATES: Final = _ReadOnce()


def share() -> None:
    """Let databases and apps that this process opens share statements' wordings and templates."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _TEMPLATES}
    registry.register("sqlite", __name__, "SQLite")
    registry.register("postgresql.psycopg", __name__, "PostgreSQL")

    @event.listens_for(Engine, "engine_connect")
    def on_connect(connection: Connection) -> None:
        connection.execution_options(compiled_cache=_WORDINGS)
