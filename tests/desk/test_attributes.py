"""Attributes as lines: whatever a file can say is typed and read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.desk.editor.attributes import (
    Unreadable,
    read_attributes,
    read_wanted,
    write_attributes,
    write_wanted,
)

TRICKY = st.text(alphabet='ab:;"؛\n\t é')
NAMES = TRICKY.filter(bool)


def test_one_attribute_stands_on_each_line() -> None:
    typed = "party: Green; Labour\r\n\r\n committee :Health\r\nparty: Blue;"
    assert read_wanted(typed) == {"party": ["Green", "Labour", "Blue"], "committee": ["Health"]}
    assert read_attributes("committee: Health; Trade\nparty: Green") == {
        "committee": "Health; Trade",
        "party": "Green",
    }


@pytest.mark.parametrize("typed", ["party", ": Green", '"party: Green', 'party: "Green" and Blue'])
def test_what_is_no_attribute_is_told_with_its_line(typed: str) -> None:
    for read in (read_attributes, read_wanted):
        with pytest.raises(Unreadable) as told:
            read(f"role: Clerk\n{typed}\n")
        assert str(told.value) == typed


@given(st.dictionaries(NAMES, TRICKY), st.dictionaries(NAMES, st.lists(TRICKY, min_size=1)))
def test_what_is_written_is_read_back(known: dict[str, str], wanted: dict[str, list[str]]) -> None:
    assert read_attributes(write_attributes(known.items())) == known
    assert read_wanted(write_wanted(wanted.items())) == wanted
