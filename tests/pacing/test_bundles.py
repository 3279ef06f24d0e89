"""How many letters leave singly before a moment, and when the rest has to leave together."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.pacing.bundles import AHEAD, How, Stretch, last_begin, share

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def slots(
    opened: list[Stretch], interval: timedelta, first: datetime, by: datetime
) -> list[datetime]:
    """Go through every slot before a moment, one after the other."""

    def each() -> Iterator[datetime]:
        at = first
        for opens, closes in opened:
            at = max(at, opens)
            while at < min(closes or by, by):
                yield at
                at += interval

    return list(each())


@st.composite
def days(draw: st.DrawFn) -> list[Stretch]:
    """Draw some days' open hours, the last of which may have no end."""
    opened: list[Stretch] = []
    at = MORNING
    for _ in range(draw(st.integers(1, 4))):
        closes = at + draw(st.integers(1, 600)) * MINUTE
        opened.append((at, closes))
        at = closes + draw(st.integers(0, 900)) * MINUTE
    if draw(st.booleans()):
        opened[-1] = (opened[-1][0], None)
    return opened


minutes = st.integers(0, 3000).map(lambda n: n * MINUTE)
gaps = st.integers(1, 200).map(lambda n: n * MINUTE)


@given(days(), gaps, minutes, st.integers(1, 900), minutes)
def test_as_many_as_can_leave_singly_and_the_rest_together_in_time(
    opened: list[Stretch], gap: timedelta, late: timedelta, waiting: int, until: timedelta
) -> None:
    first, by = MORNING + late, MORNING + until
    there_are = slots(opened, gap, first, by)
    shared = share(opened, gap, first, waiting, by)
    sure = len(there_are) - ceil(len(there_are) / 100)  # one in a hundred may be lost
    assert (shared is None) == (not there_are or waiting <= sure)
    if shared is None:
        return
    in_time = len([at for at in there_are if at < by - AHEAD])

    def used(singly: int) -> int:
        return singly + ceil((waiting - singly) / 100)

    assert shared.singly + shared.bundled == waiting
    assert shared.mails == ceil(shared.bundled / 100) >= 1
    assert shared.begins_at == there_are[shared.singly]
    assert shared.singly == 0 or used(shared.singly) <= in_time
    assert shared.bundled == 1 or used(shared.singly + 1) > in_time, "one more could leave singly"


@given(days(), gaps, minutes, st.integers(1, 900), minutes)
def test_what_goes_together_anyway_begins_as_late_as_it_can(
    opened: list[Stretch], gap: timedelta, late: timedelta, gathered: int, until: timedelta
) -> None:
    first, by = MORNING + late, MORNING + until
    in_time = slots(opened, gap, first, by - AHEAD)
    begins = last_begin(opened, gap, first, gathered, by)
    spare = len(in_time) - ceil(gathered / 100)
    assert begins == (in_time[spare] if spare > 0 else first)


def test_a_day_before_a_vote() -> None:
    # Thirty an hour from nine to five, 500 letters, a vote at six: 240 slots, all in time.
    opened: list[Stretch] = [(MORNING, MORNING + timedelta(hours=8))]
    shared = share(opened, 2 * MINUTE, MORNING, 500, MORNING + timedelta(hours=9))
    assert shared is not None
    assert (shared.singly, shared.bundled, shared.mails) == (237, 263, 3)
    assert shared.begins_at == MORNING + timedelta(hours=7, minutes=54)


@pytest.mark.parametrize(("waiting", "is_shared"), [(98, False), (99, False), (100, True)])
def test_of_a_hundred_slots_one_may_be_lost(waiting: int, *, is_shared: bool) -> None:
    opened: list[Stretch] = [(MORNING, MORNING + 200 * MINUTE)]
    shared = share(opened, 2 * MINUTE, MORNING, waiting, MORNING + timedelta(hours=9))
    assert (shared is not None) is is_shared


def test_a_bundle_may_begin_with_the_first_slot_of_a_day() -> None:
    # Thirty slots on each of two days, and the second day's are what thirty mails need.
    opened: list[Stretch] = [
        (day, day + timedelta(hours=1)) for day in (MORNING, MORNING + timedelta(days=1))
    ]
    shared = share(opened, 2 * MINUTE, MORNING, 3030, MORNING + timedelta(days=1, hours=3))
    assert shared is not None
    assert (shared.singly, shared.mails) == (30, 30)
    assert shared.begins_at == MORNING + timedelta(days=1)


@pytest.mark.parametrize(("how", "days"), [("each", 1), ("daily", 1), ("weekly", 7)])
def test_how_often_letters_go_together(how: str, days: int) -> None:
    assert How(how).every == timedelta(days=days)
