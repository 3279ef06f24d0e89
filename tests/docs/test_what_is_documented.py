"""The documents name all that others may rely on, and nothing that is not there."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from letters.desk.export import COLUMNS, CONSENT_COLUMNS, SOURCE_COLUMNS
from letters.settings import read_settings
from letters.states import State
from letters.storage.schema import metadata
from postbag.__main__ import make_parser
from tests.support.books import settings_as_given
from webapp.app import create_app
from webapp.site.words import state_word, words_for

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
ROUTES = (ROOT / "docs" / "routes.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def table(text: str, head: str) -> list[list[str]]:
    """Give the rows of the table under this head, cell by cell."""
    _, _, after = text.partition(f"| {head} |")
    assert after, f"no table with the head {head!r}"
    rows = after.splitlines()[2:]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for row in rows[: next((n for n, row in enumerate(rows) if not row.startswith("|")), None)]
    ]


def in_backticks(text: str) -> list[str]:
    return [found.replace("\\|", "|") for found in re.findall(r"`([^`]+)`", text)]


def commands(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Give each command that takes no further one, with its options."""
    options: set[str] = set()
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to tell
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, below in action.choices.items():
                yield from commands(below, f"{path} {name}".strip())
            return
        options |= {o for o in action.option_strings if o not in {"-h", "--help"}}
    yield path, options


def told_commands() -> Iterator[tuple[str, set[str]]]:
    """Give what the README's table names: `targets hold|release SLUG` are two commands."""
    for row in table(README, "command (`./run postbag …`, or `python -m postbag …`)"):
        told_together = in_backticks(row[0])
        for told in told_together:
            words = re.match(r"[a-z][a-z|-]*(?: [a-z][a-z|-]*)*(?= |$)", told)
            assert words, f"no command begins with {told!r}"
            text = f"{told} {row[1]}" if len(told_together) == 1 else told
            options = set(re.findall(r"--[a-z-]+", text))
            group, _, last = words.group(0).rpartition(" ")
            for name in last.split("|"):
                yield f"{group} {name}".strip(), options


def test_each_command_with_its_options() -> None:
    assert dict(told_commands()) == dict(commands(make_parser()))


class Asked(dict[str, str]):
    """An environment that remembers what was looked for."""

    def __init__(self) -> None:
        super().__init__(settings_as_given())
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(key)
        return super().get(key, default)


def looked_for() -> set[str]:
    asked = Asked()
    read_settings(asked)
    elsewhere = {
        name
        for part in ("webapp", "worker")
        for path in (ROOT / part).rglob("*.py")
        for name in re.findall(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"', path.read_text())
    }
    files = {f"{name}_FILE" for name in asked.names}  # where a secret may come from instead
    return (asked.names - files) | {n for n in elsewhere if not n.startswith("POSTBAG_")}


def test_each_setting() -> None:
    told = [name for row in table(README, "variable") for name in in_backticks(row[0])]
    assert sorted(told) == sorted(looked_for())


def told_defaults() -> dict[str, str]:
    rows = table(README, "variable")
    return {
        in_backticks(name)[0]: in_backticks(default)[0]
        for name, default, *_ in rows
        if in_backticks(default)
    }


@pytest.mark.parametrize(("name", "default"), told_defaults().items())
def test_a_default_is_the_one_that_is_told(name: str, default: str) -> None:
    plain = {key: value for key, value in settings_as_given().items() if key != name}
    assert read_settings(plain) == read_settings({**plain, name: default})


def test_each_route_with_its_methods() -> None:
    there: dict[str, set[str]] = {}
    for rule in create_app(settings_as_given()).url_map.iter_rules():
        there.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    told = {row[0].strip("`"): set(row[1].split(", ")) for row in table(ROUTES, "route")}
    assert told == there


def test_each_state_in_order_with_the_word_that_pages_have_for_it() -> None:
    """One vocabulary: pages say the word, files and programs the name, and this table both."""
    told = [(*in_backticks(row[0]), row[1]) for row in table(README, "state")]
    with create_app(settings_as_given()).test_request_context():
        assert told == [(str(state), state_word(state)) for state in State]
        assert all(words_for(state).word == state_word(state) for state in State)


def test_each_column_of_the_exports_in_order() -> None:
    exports = (ROOT / "docs" / "exports.md").read_text()
    letters, _, rest = exports.partition("consents.csv")
    consents, _, sources = rest.partition("sources.csv")
    for part, columns in (
        (letters, COLUMNS),
        (consents, CONSENT_COLUMNS),
        (sources, SOURCE_COLUMNS),
    ):
        told = [name for row in table(part, "column") for name in in_backticks(row[0])]
        assert told == list(columns)


def test_the_picture_of_the_tables() -> None:
    _, _, picture = ARCHITECTURE.partition("erDiagram\n")
    told = {line.strip() for line in picture.partition("```")[0].splitlines()}
    there: set[str] = set()
    tied: set[str] = set()
    for table_ in metadata.sorted_tables:
        own = [column.name for column in table_.primary_key.columns]
        for key in table_.foreign_key_constraints:
            (column,) = key.columns
            above = "|o" if column.nullable else "||"
            below = "o|" if own == [column.name] else "o{"
            names = f"{key.referred_table.name} {above}--{below} {table_.name}"
            there.add(f"{names} : {column.name}")
            tied |= {key.referred_table.name, table_.name}
    assert told == there | (set(metadata.tables) - tied)


def test_each_place_that_the_architecture_names_is_there() -> None:
    named = {
        path
        for path in in_backticks(ARCHITECTURE)
        if re.fullmatch(r"(letters|webapp|worker|sandbox|templates|translations)/[\w/.]*", path)
    }
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_each_decision_has_a_number_of_its_own_and_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(page[:4]) for page in pages] == list(range(1, len(pages) + 1))
    index = (folder / "README.md").read_text()
    told = re.findall(r"^- \[(\d{4})\]\((\S+)\): (.*)$", index, re.MULTILINE)
    heads = [(folder / page).read_text().splitlines()[0].removeprefix("# ") for page in pages]
    assert told == [(page[:4], page, head) for page, head in zip(pages, heads, strict=True)]
