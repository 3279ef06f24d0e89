"""What docs/asvs.md and docs/threat-model.md name is there, and no line of level 1 fails."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) [^|]* \| ([123]) \| (\w+) \| (.*) \|$", re.MULTILINE)
NAMED = re.compile(
    r"`((?:tests|docs|letters|webapp|worker|postbag|launch|templates|README|SECURITY|pyproject)"
    r"[\w./-]*)`"
)


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall((ROOT / "docs" / "asvs.md").read_text())


def test_every_line_is_read() -> None:
    text = (ROOT / "docs" / "asvs.md").read_text()
    assert len(rows()) == len(re.findall(r"^\| \d", text, re.MULTILINE)) > 120
    assert len({number for number, *_ in rows()}) == len(rows())


def test_no_line_of_level_one_fails_and_each_that_does_says_why() -> None:
    for number, level, verdict, why in rows():
        assert verdict in {"holds", "fails"}, number
        assert verdict == "holds" or level != "1", number
        assert len(why) > 1 or verdict == "holds", number


def test_what_is_named_is_there() -> None:
    for name in ("asvs.md", "threat-model.md"):
        text = (ROOT / "docs" / name).read_text()
        named = set(NAMED.findall(text))
        assert len(named) > 20
        assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
