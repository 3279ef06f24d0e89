"""When letters may leave for one target, checked against a clock that is read minute by minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.campaign import WEEKDAYS, Pacing, Window
from letters.pacing.slots import (
    HORIZON,
    leaves_at,
    leaves_before,
    next_open,
    stretches,
)
from tests.support.slots import slots

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OFFICE = Pacing(30, Window(time(8), time(18)), WEEKDAYS[:5])

# A moment just after which the clock of each zone has changed. Lord Howe's changes by half an hour,
# Casablanca's for Ramadan, and Cairo's at midnight.
CHANGES = [
    ("Europe/London", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
    ("Europe/London", datetime(2027, 10, 31, 1, 0, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 11, 7, 6, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2027, 2, 7, 2, 0, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2027, 3, 14, 2, 0, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2027, 4, 29, 22, 0, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2027, 10, 28, 21, 0, tzinfo=UTC)),
]


def is_open(pacing: Pacing, timezone: str, at: datetime) -> bool:
    """Read the target's clock and look whether a window of an open day is open."""
    shown = at.astimezone(ZoneInfo(timezone))
    window = pacing.window or Window(time(), time())
    opens, closes, clock = window.opens, window.closes, shown.time()
    today, yesterday = WEEKDAYS[shown.weekday()], WEEKDAYS[shown.weekday() - 1]
    if opens < closes:
        return today in pacing.days and opens <= clock < closes
    # It crosses midnight: today's is open from then on, yesterday's until then.
    return (today in pacing.days and opens <= clock) or (
        yesterday in pacing.days and clock < closes
    )


def minute_walk(pacing: Pacing, timezone: str, first: datetime) -> Iterator[datetime]:
    minutes_between = -(-pacing.interval // MINUTE)
    at = first
    while True:
        if is_open(pacing, timezone, at):
            yield at
            at += minutes_between * MINUTE
        else:
            at += MINUTE


CLOCK_TIMES = st.builds(time, st.sampled_from(range(24)), st.sampled_from([0, 1, 15, 30, 59]))
WINDOWS = st.none() | st.builds(Window, CLOCK_TIMES, CLOCK_TIMES)
DAYS = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(
    lambda days: tuple(day for day in WEEKDAYS if day in days)
)
PACINGS = st.builds(Pacing, st.sampled_from([1, 2, 3, 4, 12, 30, 60]), WINDOWS, DAYS)
# Down to the minute, within four days of a change.
WEEKS = st.tuples(st.sampled_from(CHANGES), st.integers(-5760, 5760)).map(
    lambda drawn: (drawn[0][0], drawn[0][1] + drawn[1] * MINUTE)
)
# Down to the microsecond, within a day.
MOMENTS = st.tuples(st.sampled_from(CHANGES), st.integers(-86_400_000_000, 86_400_000_000)).map(
    lambda drawn: (drawn[0][0], drawn[0][1] + timedelta(microseconds=drawn[1]))
)


@pytest.mark.parametrize(("timezone", "change"), CHANGES)
def test_the_clocks_do_change(timezone: str, change: datetime) -> None:
    zone = ZoneInfo(timezone)
    before, after = (change - MINUTE).astimezone(zone), change.astimezone(zone)
    assert before.utcoffset() != after.utcoffset()


@settings(deadline=None)
@given(PACINGS, WEEKS)
def test_the_next_open_moment_is_what_a_walk_finds(
    pacing: Pacing, week: tuple[str, datetime]
) -> None:
    timezone, at = week
    assert next_open(pacing, timezone, at) == next(
        moment for n in range(9 * 24 * 60) if is_open(pacing, timezone, moment := at + n * MINUTE)
    )


@settings(deadline=None)
@given(PACINGS, WEEKS)
def test_slots_are_what_a_walk_finds(pacing: Pacing, week: tuple[str, datetime]) -> None:
    timezone, first = week
    until = first + 4 * DAY
    walked = list(_until(minute_walk(pacing, timezone, first), until))
    assert list(_until(slots(pacing, timezone, first), until)) == walked


def _until(moments: Iterator[datetime], end: datetime) -> Iterator[datetime]:
    for moment in moments:
        if moment >= end:
            return
        yield moment


@settings(deadline=None)
@given(
    st.builds(Pacing, st.integers(1, 3_600_000), WINDOWS, DAYS),
    MOMENTS,
    st.sampled_from([1, 3, 1_000]),
)
def test_slots_keep_their_promise_to_the_microsecond(
    pacing: Pacing, moment: tuple[str, datetime], step: int
) -> None:
    timezone, first = moment
    leaving = list(islice(slots(pacing, timezone, first), 0, 50 * step, step))
    assert leaving[0] >= first
    assert all(later - earlier >= step * pacing.interval for earlier, later in pairwise(leaving))
    assert all(is_open(pacing, timezone, at) for at in leaving)
    assert all(at.tzinfo is UTC for at in leaving)


@settings(deadline=None)
@given(st.builds(Pacing, st.integers(1, 3_600_000), WINDOWS, DAYS), MOMENTS)
def test_no_slot_could_have_been_earlier(pacing: Pacing, moment: tuple[str, datetime]) -> None:
    timezone, first = moment
    earliest = first
    for at in islice(slots(pacing, timezone, first), 30):
        assert at == next_open(pacing, timezone, earliest)
        if at > earliest:  # it was shut all the while
            shut = [earliest, at - timedelta(microseconds=1), earliest + (at - earliest) / 2]
            assert not any(is_open(pacing, timezone, moment) for moment in shut)
        earliest = at + pacing.interval


@settings(deadline=None)
@given(PACINGS, WEEKS)
def test_stretches_are_whole_and_apart(pacing: Pacing, week: tuple[str, datetime]) -> None:
    timezone, at = week
    found = list(islice(stretches(pacing, timezone, at), 12))
    for opens, closes in found:
        assert is_open(pacing, timezone, opens)
        assert opens == at or not is_open(pacing, timezone, opens - MINUTE)
        assert closes is None or not is_open(pacing, timezone, closes)
        assert closes is None or is_open(pacing, timezone, closes - MINUTE)
    for (_, closed), (opens, _) in pairwise(found):
        assert closed is not None
        assert closed < opens


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("pacing", "timezone", "asked", "opens"),
    [
        # in an office's hours, before them, after them, at a weekend
        (OFFICE, "UTC", "2027-01-05T09:30Z", "2027-01-05T09:30Z"),
        (OFFICE, "UTC", "2027-01-05T07:59:59.999999Z", "2027-01-05T08:00Z"),
        (OFFICE, "UTC", "2027-01-05T18:00Z", "2027-01-06T08:00Z"),
        (OFFICE, "UTC", "2027-01-08T18:00Z", "2027-01-11T08:00Z"),
        # by the target's clock, whatever ours says
        (OFFICE, "America/New_York", "2027-01-05T09:30-05:00", "2027-01-05T14:30Z"),
        (OFFICE, "Asia/Tokyo", "2027-01-08T10:00Z", "2027-01-10T23:00Z"),
        # eight by the clock is another moment once the clock has changed
        (OFFICE, "Europe/London", "2027-03-26T18:00Z", "2027-03-29T07:00Z"),
        (OFFICE, "Europe/London", "2027-10-29T17:00Z", "2027-11-01T08:00Z"),
        # half past one does not come, so the window opens with the next minute that does
        (Pacing(30, Window(time(1, 30), time(5))), "Europe/London", "2027-03-28T00:00Z",
         "2027-03-28T01:00Z"),
        # a night belongs to the day on which it began
        (Pacing(30, Window(time(22), time(2)), ("fri",)), "UTC", "2027-01-09T01:59Z",
         "2027-01-09T01:59Z"),
        (Pacing(30, Window(time(22), time(2)), ("fri",)), "UTC", "2027-01-08T01:59Z",
         "2027-01-08T22:00Z"),
        (Pacing(30, Window(time(22), time(2)), ("fri",)), "UTC", "2027-01-09T02:00Z",
         "2027-01-15T22:00Z"),
        # also where one that is behind us is still in it the next afternoon
        (Pacing(30, Window(time(18), time(17)), ("fri",)), "America/New_York", "2027-01-09T20:00Z",
         "2027-01-09T20:00Z"),
        # opens and closes alike: the 24 hours from then on
        (Pacing(30, Window(time(6), time(6)), ("sat",)), "UTC", "2027-01-10T05:59Z",
         "2027-01-10T05:59Z"),
        (Pacing(30, Window(time(6), time(6)), ("sat",)), "UTC", "2027-01-10T06:00Z",
         "2027-01-16T06:00Z"),
        # whole days
        (Pacing(30, None, ("sun",)), "Europe/London", "2027-06-05T22:59Z", "2027-06-05T23:00Z"),
        (Pacing(30), "Europe/London", "2027-06-05T22:59:00.000001Z", "2027-06-05T22:59:00.000001Z"),
    ],
)  # fmt: skip
def test_examples(pacing: Pacing, timezone: str, asked: str, opens: str) -> None:
    assert next_open(pacing, timezone, at(asked)) == at(opens)


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    early = Pacing(4, Window(time(1), time(1, 30)))
    leaving = islice(slots(early, "Europe/London", at("2027-10-31T00:00Z")), 5)
    assert [f"{moment:%d %H:%M}" for moment in leaving] == [
        "31 00:00", "31 00:15", "31 01:00", "31 01:15", "01 01:00",
    ]  # fmt: skip


def test_an_interval_longer_than_the_window_lets_one_out_each_day() -> None:
    lunch = Pacing(1, Window(time(12), time(12, 30)))
    leaving = islice(slots(lunch, "UTC", at("2027-01-05T12:29Z")), 3)
    assert [f"{moment:%d %H:%M}" for moment in leaving] == ["05 12:29", "06 12:00", "07 12:00"]


def test_the_millionth_slot() -> None:
    *_, last = islice(slots(OFFICE, "Europe/London", at("2027-01-04T08:00Z")), 1_000_000)
    # Three hundred a day make 3,333 full days, which are 666 weeks and three days. The hundredth of
    # the next day leaves 198 minutes after eight, by a clock that shows summer time.
    assert last == at("2027-01-04T10:18Z") + timedelta(weeks=666, days=3)


def test_where_no_day_is_open_nothing_ever_leaves_and_that_is_known_at_once() -> None:
    for window in (None, Window(time(8), time(18)), Window(time(9), time(9))):
        never = Pacing(30, window, ())
        first = at("2027-01-05T09:30Z")
        assert list(stretches(never, "Europe/London", first)) == []
        assert list(slots(never, "Europe/London", first)) == []
        assert next_open(never, "Europe/London", first) == first + HORIZON
        assert leaves_at(never, "Europe/London", first, 0) == first + HORIZON
        assert not leaves_before(never, "Europe/London", first, 0, first + HORIZON)


def test_an_hour_passes_between_two_letters_also_where_the_office_shuts_for_half_of_it() -> None:
    but_for_lunch = Pacing(1, Window(time(12), time(11, 30)))
    first = at("2027-01-05T11:10Z")
    assert leaves_at(but_for_lunch, "UTC", first, 1) == at("2027-01-05T12:10Z")
    assert not leaves_before(but_for_lunch, "UTC", first, 1, at("2027-01-05T12:10Z"))
    assert leaves_before(but_for_lunch, "UTC", first, 1, at("2027-01-05T12:11Z"))


def test_what_would_leave_later_than_in_five_years_is_said_to_leave_then() -> None:
    weekly = Pacing(1, Window(time(9), time(9, 30)), ("mon",))
    first = at("2027-01-04T09:00Z")
    assert leaves_at(weekly, "UTC", first, 260) == first + timedelta(weeks=260)
    assert leaves_at(weekly, "UTC", first, 261) == first + HORIZON


@settings(deadline=None)
@given(PACINGS, WEEKS, st.integers(0, 400))
def test_a_letter_behind_others_leaves_as_if_they_were_walked_one_by_one(
    pacing: Pacing, zone_and_first: tuple[str, datetime], ahead: int
) -> None:
    zone, first = zone_and_first
    walked = next(islice(slots(pacing, zone, first), ahead, None))
    assert leaves_at(pacing, zone, first, ahead) == min(walked, first + HORIZON)


@settings(deadline=None)
@given(PACINGS, MOMENTS, st.integers(0, 60), st.integers(-60, 6 * 24 * 60))
def test_a_letter_leaves_before_an_end_if_its_slot_does(
    pacing: Pacing, moment: tuple[str, datetime], letters_ahead: int, minutes: int
) -> None:
    timezone, first = moment
    leaves = leaves_at(pacing, timezone, first, letters_ahead)
    for end in (first + minutes * MINUTE, leaves, leaves + timedelta(microseconds=1)):
        found = leaves_before(pacing, timezone, first, letters_ahead, end)
        assert found == (leaves < end)
