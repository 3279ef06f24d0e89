"""What is typed into a field is read as it was meant, or not at all."""

import pytest

from letters.files.faults import Fault, Flaw, What
from webapp.desk.editor import reading

UNREAD = [Fault(("goal",), Flaw(What.UNREADABLE_NUMBER))]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("30", 30),
        ("  12000 ", 12_000),
        ("12,000", 12_000),
        ("12.000", 12_000),
        ("12 000", 12_000),
        ("12\u202f000", 12_000),
        ("1'234'567", 1_234_567),
        ("٣٠", 30),
        ("\u0661\u0662\u066c\u0665\u0663\u0661", 12_531),
        ("", None),
        ("  ", None),
    ],
)
def test_a_number_is_read_with_what_sets_thousands_apart(typed: str, meant: int | None) -> None:
    faults: list[Fault] = []
    assert reading.whole(typed, ("goal",), faults) == meant
    assert faults == []


@pytest.mark.parametrize(
    "typed",
    [
        "1.5",
        "1,5",
        "0.5",
        "12.00",
        "1,234.567",
        "12.000,5",
        "1234.567",
        ",5",
        "30 a day",
        "-3",
        "²",
    ],
)
def test_what_is_no_whole_number_is_not_made_one(typed: str) -> None:
    faults: list[Fault] = []
    assert reading.whole(typed, ("goal",), faults) is None
    assert faults == UNREAD
