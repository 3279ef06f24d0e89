"""Pass many rows into one statement, and get many rows out of one.

SQLite's driver lets go of the interpreter for each row that it is given or gives, and has to win it
back from other threads: a hundred microseconds a row, where the row itself costs five. So
rows travel as one JSON text, which each database takes apart and puts together by itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Float,
    Integer,
    Select,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from letters.storage.schema import Moment

Given: TypeAlias = str | int | float | datetime | Sequence[str] | None
Row: TypeAlias = Sequence[Given]
"""What can be given."""


class _Elements(FunctionElement[Any]):
    """The elements of a JSON array, one a row."""

    name = "elements"
    inherit_cache = True


class _Moment(FunctionElement[Any]):
    """A text of :func:`_as_json` as the database keeps a moment."""

    name = "moment"
    inherit_cache = True


@compiles(_Elements, "sqlite")
def _elements_in_sqlite(element: _Elements, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401 - SQLAlchemy's words
    return f"json_each({compiler.process(element.clauses, **names)})"


@compiles(_Elements, "postgresql")
def _elements_in_postgresql(element: _Elements, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    # JSON that is kept as text would be read anew for each column of each row.
    return f"jsonb_array_elements(CAST({compiler.process(element.clauses, **names)} AS JSONB))"


@compiles(_Moment, "sqlite")
def _moment_in_sqlite(element: _Moment, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    return compiler.process(element.clauses, **names)


@compiles(_Moment, "postgresql")
def _moment_in_postgresql(element: _Moment, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    words = compiler.process(element.clauses, **names)
    return f"CAST({words} || '+00' AS TIMESTAMP WITH TIME ZONE)"


class Written(FunctionElement[str]):
    """A moment as a text in UTC (ISO 8601, with microseconds): quicker than taking it apart."""

    name = "written"
    type = Text()
    inherit_cache = True


@compiles(Written, "sqlite")
def _written_in_sqlite(element: Written, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    return f"replace({compiler.process(element.clauses, **names)}, ' ', 'T') || '+00:00'"


@compiles(Written, "postgresql")
def _written_in_postgresql(element: Written, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    moment = compiler.process(element.clauses, **names)
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""


class Second(FunctionElement[str]):
    """A moment as a text in UTC, to the second: the form that every spreadsheet takes for one."""

    name = "second"
    type = Text()
    inherit_cache = True


@compiles(Second, "sqlite")
def _second_in_sqlite(element: Second, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    return f"substr({compiler.process(element.clauses, **names)}, 1, 19)"


@compiles(Second, "postgresql")
def _second_in_postgresql(element: Second, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    moment = compiler.process(element.clauses, **names)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"


class _Packed(FunctionElement[str]):
    """Rows of some columns as one JSON text: an array of arrays, in no order."""

    name = "packed"
    type = Text()
    inherit_cache = True


@compiles(_Packed, "sqlite")
def _packed_in_sqlite(element: _Packed, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    return f"json_group_array(json_array({compiler.process(element.clauses, **names)}))"


@compiles(_Packed, "postgresql")
def _packed_in_postgresql(element: _Packed, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    row = f"json_build_array({compiler.process(element.clauses, **names)})"
    return f"CAST(coalesce(json_agg({row}), '[]') AS TEXT)"


def packed(*columns: ColumnElement[Any]) -> ColumnElement[str]:
    """Return what packs all rows of a statement into one JSON text: arrays, in no order."""
    return _Packed(*columns)


class _At(FunctionElement[Any]):
    """The text or number at a place in a JSON array. The place is spelt out: it never changes."""

    name = "at"
    inherit_cache = True


class _JsonAt(FunctionElement[Any]):
    """The array at a place in a JSON array."""

    name = "json_at"
    inherit_cache = True


@compiles(_At, "sqlite")
@compiles(_JsonAt, "sqlite")
def _at_in_sqlite(element: _At | _JsonAt, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    value, place = (compiler.process(clause, **names) for clause in element.clauses)
    return f"json_extract({value}, '$[{place}]')"


@compiles(_At, "postgresql")
def _at_in_postgresql(element: _At, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    value, place = (compiler.process(clause, **names) for clause in element.clauses)
    return f"({value} ->> {place})"


@compiles(_JsonAt, "postgresql")
def _json_at_in_postgresql(element: _JsonAt, compiler: SQLCompiler, **names: Any) -> str:  # noqa: ANN401
    value, place = (compiler.process(clause, **names) for clause in element.clauses)
    return f"({value} -> {place})"


def elements(parameter: str) -> TableValuedAlias:
    """Return the rows that a parameter hands over."""
    handed = _Elements(bindparam(parameter, type_=Text))
    return handed.table_valued(column("value", JSON), name="given")


GIVEN: Final = elements("given_rows")


def text_at(place: int, of: TableValuedAlias = GIVEN) -> ColumnElement[str]:
    """Return the text at `place` in each row given."""
    return type_coerce(_At(of.c.value, literal_column(str(place))), Text)


def integer_at(place: int, of: TableValuedAlias = GIVEN) -> ColumnElement[int]:
    """Return the whole number at `place` in each row given."""
    return cast(text_at(place, of), BigInteger)


def number_at(place: int, of: TableValuedAlias = GIVEN) -> ColumnElement[float]:
    """Return the number at `place` in each row given."""
    return cast(text_at(place, of), Float)


def json_at(place: int, of: TableValuedAlias = GIVEN) -> ColumnElement[Any]:
    """Return the array at `place` in each row given, as a column of JSON keeps it."""
    return type_coerce(_JsonAt(of.c.value, literal_column(str(place))), JSON)


def moment_at(place: int, of: TableValuedAlias = GIVEN) -> ColumnElement[datetime]:
    """Return the moment at `place` in each row given."""
    return _Moment(text_at(place, of))


class Places:
    """Rows that a parameter of a statement hands over, with a name for each place in them."""

    def __init__(self, parameter: str, *names: str) -> None:
        self._given = elements(parameter)
        self._places = {name: place for place, name in enumerate(names)}

    def text(self, name: str) -> ColumnElement[str]:
        """Return the text of this name in each row."""
        return text_at(self._places[name], self._given)

    def moment(self, name: str) -> ColumnElement[datetime]:
        """Return the moment of this name in each row."""
        return moment_at(self._places[name], self._given)

    def of(self, table: Table, names: Sequence[str]) -> list[ColumnElement[Any]]:
        """Return what each row holds for some columns of a table, as each column keeps it."""
        return [self._of(table.c[name].type, self._places[name]) for name in names]

    def _of(self, kind: TypeEngine[Any], place: int) -> ColumnElement[Any]:
        if isinstance(kind, Moment):
            return moment_at(place, self._given)
        if isinstance(kind, JSON):
            return json_at(place, self._given)
        if isinstance(kind, Integer):
            return integer_at(place, self._given)
        at = number_at if isinstance(kind, Float) else text_at
        return at(place, self._given)


def moment_of(parameter: str) -> ColumnElement[datetime]:
    """Return the moment that a parameter hands over, as :func:`written` writes it."""
    return _Moment(bindparam(parameter, type_=Text))


def given(rows: Iterable[Row]) -> dict[str, str]:
    """Return the parameter that hands `rows` to a statement made with the functions above."""
    return {"given_rows": as_text(rows)}


def as_text(rows: Iterable[Row]) -> str:
    """Return rows as the text in which they travel."""
    return _encode(list(rows))


def _as_json(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} cannot be given")
    return written(value)


_encode: Final = json.JSONEncoder(default=_as_json, check_circular=False).encode


@lru_cache(maxsize=4096)
def written(moment: datetime) -> str:
    """Return a moment as it travels. A batch says the same few moments thousands of times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def run(connection: Connection, statement: ClauseElement, rows: Iterable[Row]) -> None:
    """Run a statement over rows given, for what it changes and nothing else."""
    run_with(connection, statement, given(rows))


def run_with(
    connection: Connection, statement: ClauseElement, parameters: Mapping[str, Any]
) -> None:
    """Run a statement over rows that some parameters hand over; it may need a part of these."""
    _run(connection, statement, parameters).close()


def fetch(
    connection: Connection, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """Return all rows of a statement whose columns are texts, numbers and truths.

    Their order is the statement's own on PostgreSQL alone.
    """
    if connection.dialect.name == "sqlite":
        packed_rows = _run(connection, _in_one(statement), parameters).scalar_one()
        rows: list[Sequence[Any]] = json.loads(packed_rows)
        return rows
    found = _run(connection, statement, parameters)
    rows = [*found.cursor.fetchall()]
    found.close()
    return rows


def _run(
    connection: Connection, statement: ClauseElement, parameters: Mapping[str, Any]
) -> CursorResult[Any]:
    """Run a statement as it was put into words once.

    To look the words up, bind one text and make objects of rows costs SQLAlchemy more than most of
    these statements cost the database.
    """
    worded = _worded(statement, connection.dialect)
    return connection.exec_driver_sql(worded.words, worded.values(parameters))


@dataclass(frozen=True, slots=True)
class _Worded:
    """A statement as it was put into words for one kind of database."""

    compiled: SQLCompiler
    words: str
    turned: Mapping[str, Callable[[Any], Any]]
    """What makes of some values what the driver takes: of the names in a path of JSON, say."""

    def values(self, parameters: Mapping[str, Any]) -> Mapping[str, Any] | tuple[Any, ...]:
        """Return what the driver is given: by place on SQLite, by name on PostgreSQL."""
        values = self.compiled.construct_params(parameters)
        for name, turn in self.turned.items():
            values[name] = turn(values[name])
        places = self.compiled.positiontup
        return values if places is None else tuple(values[name] for name in places)


@lru_cache(maxsize=64)
def _worded(statement: ClauseElement, dialect: Dialect) -> _Worded:
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("a statement that reads or changes rows is one in SQL")
    turns = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for bound, name in compiled.bind_names.items()
    }
    turned = {name: turn for name, turn in turns.items() if turn is not None}
    return _Worded(compiled, compiled.string, turned)


@lru_cache(maxsize=64)
def _in_one(statement: Select[*tuple[Any, ...]]) -> Select[str]:
    return select(packed(*statement.subquery().c))
