"""When waiting letters will have left, checked against walking them one by one."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.campaign import WEEKDAYS, Pacing, Window
from letters.pacing.bundles import Share
from letters.pacing.plan import Plan, TargetPlan, plan
from letters.pacing.slots import HORIZON
from tests.support.slots import slots

HOUR = timedelta(hours=1)
NOON = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)  # a Tuesday
OFFICE = Pacing(30, Window(time(8), time(18)), WEEKDAYS[:5])
FAST = 1_000.0


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def of_one(pacing: Pacing, count: int, timezone: str = "UTC", now: datetime = NOON) -> TargetPlan:
    found = plan(
        pacing,
        waiting={"a": count},
        next_slot={},
        timezone={"a": timezone},
        now=now,
        send_rate=FAST,
    )
    return found.targets["a"]


@pytest.mark.parametrize(
    ("pacing", "count", "ends_at", "busiest_hour", "letters"),
    [
        (Pacing(30), 1, "2027-01-05T12:00Z", "2027-01-05T12:00Z", 1),
        (Pacing(30), 31, "2027-01-05T13:00Z", "2027-01-05T12:00Z", 30),
        (Pacing(30), 1_000_000, "2030-10-25T09:18Z", "2027-01-05T12:00Z", 30),
        # six hours today, and ten on each of the days that follow
        (OFFICE, 180, "2027-01-05T17:58Z", "2027-01-05T12:00Z", 30),
        (OFFICE, 181, "2027-01-06T08:00Z", "2027-01-05T12:00Z", 30),
        (OFFICE, 180 + 3 * 300 + 1, "2027-01-11T08:00Z", "2027-01-05T12:00Z", 30),
        # one a day, for the office opens for less than an hour
        (Pacing(1, Window(time(9), time(9, 30))), 3, "2027-01-08T09:00Z", "2027-01-06T09:00Z", 1),
        # of two hours with as many letters, the first
        (Pacing(60, Window(time(9), time(9, 30))), 60, "2027-01-07T09:29Z", "2027-01-06T09:00Z",
         30),
        # an hour in which it shuts and opens again: ten letters and forty
        (Pacing(60, Window(time(12, 20), time(12, 10))), 50, "2027-01-05T12:59Z",
         "2027-01-05T12:00Z", 50),
        (Pacing(3_600_000), 3_600, "2027-01-05T12:00:03.599Z", "2027-01-05T12:00Z", 3_600),
    ],
)  # fmt: skip
def test_one_target(
    pacing: Pacing, count: int, ends_at: str, busiest_hour: str, letters: int
) -> None:
    assert of_one(pacing, count) == TargetPlan(at(ends_at), at(busiest_hour), letters)


def test_hours_are_those_of_the_targets_clock() -> None:
    found = of_one(Pacing(30), 31, "Asia/Kolkata", NOON)  # where it is half past five
    assert found == TargetPlan(at("2027-01-05T13:00Z"), at("2027-01-05T12:30Z"), 16)
    found = of_one(Pacing(30), 31, "Asia/Kathmandu", NOON)  # a quarter to six
    assert found == TargetPlan(at("2027-01-05T13:00Z"), at("2027-01-05T12:15Z"), 23)


def test_nothing_waits() -> None:
    nobody: dict[str, int] = {}
    found = plan(OFFICE, waiting=nobody, next_slot={}, timezone={}, now=NOON, send_rate=10)
    assert found == Plan(None, {})
    assert of_one(OFFICE, 0) == TargetPlan(None, None, 0)


def test_what_has_just_left_counts() -> None:
    found = plan(
        Pacing(1),
        waiting={"a": 2, "b": 1, "c": 0},
        next_slot={"a": NOON + HOUR / 2, "b": NOON - HOUR, "c": NOON},
        timezone=dict.fromkeys("abc", "UTC"),
        now=NOON,
        send_rate=FAST,
    )
    ends = [found.targets[key].ends_at for key in "abc"]
    assert ends == [NOON + 1.5 * HOUR, NOON, None]
    assert found.ends_at == NOON + 1.5 * HOUR


def test_the_accounts_rate_puts_the_end_off() -> None:
    def ends_at(pacing: Pacing, send_rate: float, timezone: str = "UTC") -> datetime | None:
        keys = range(100)
        return plan(
            pacing,
            waiting=dict.fromkeys(keys, 36),
            next_slot={},
            timezone=dict.fromkeys(keys, timezone),
            now=NOON,
            send_rate=send_rate,
        ).ends_at

    assert ends_at(Pacing(36), 10) == NOON + 35 * HOUR / 36  # a hundred times 36 an hour is 1/s
    assert ends_at(Pacing(36), 1) == NOON + HOUR - timedelta(seconds=1)
    assert ends_at(Pacing(36), 0.5) == NOON + 2 * HOUR - timedelta(seconds=2)
    # At one in four seconds 3,600 take four hours, and by noon Tokyo's office has shut.
    assert ends_at(OFFICE, 0.25, "Asia/Tokyo") == at("2027-01-06T02:59:56Z")
    assert ends_at(OFFICE, 1e-9) == NOON + HORIZON
    assert ends_at(OFFICE, 1e9) == NOON + timedelta(minutes=2 * 35)


def test_what_cannot_leave_before_the_campaigns_moment_leaves_in_a_bundle() -> None:
    # Thirty an hour from nine to five, 500 letters, a vote at six; the account sends 24 an hour.
    found = plan(
        Pacing(30, Window(time(9), time(17))),
        waiting={"a": 500},
        next_slot={},
        timezone={"a": "UTC"},
        now=at("2027-01-05T09:00Z"),
        send_rate=1 / 150,
        matters_at=at("2027-01-05T18:00Z"),
    )
    in_bundle = Share(singly=237, bundled=263, mails=3, begins_at=at("2027-01-05T16:54Z"))
    nine = at("2027-01-05T09:00Z")
    assert found.targets["a"] == TargetPlan(at("2027-01-05T16:58Z"), nine, 24, in_bundle)
    assert found.ends_at == at("2027-01-06T10:57:30Z"), "at the account's rate, 240 mails"


def test_an_hour_passes_between_two_letters_also_where_the_office_shuts_for_half_of_it() -> None:
    but_for_lunch = Pacing(1, Window(time(12), time(11, 30)))
    found = of_one(but_for_lunch, 2, now=at("2027-01-05T11:10Z"))
    assert found.ends_at == at("2027-01-05T12:10Z")


def test_the_busiest_hour_is_no_busier_than_the_account() -> None:
    found = plan(
        Pacing(3_600_000),
        waiting={"a": 100_000},
        next_slot={},
        timezone={"a": "UTC"},
        now=NOON,
        send_rate=0.5,
    )
    assert found.targets["a"].busiest_hour_letters == 1_800


def test_a_plan_looks_no_further_than_five_years() -> None:
    weekly = Pacing(1, Window(time(9), time(9, 30)), ("mon",))
    assert of_one(weekly, 1_000_000).ends_at == NOON + HORIZON
    assert of_one(Pacing(1), 10**12).ends_at == NOON + HORIZON
    assert of_one(weekly, 250).ends_at == at("2027-01-11T09:00Z") + timedelta(weeks=249)
    nothing_opens = Pacing(1, Window(time(9), time(9, 30)), ())
    assert of_one(nothing_opens, 1) == TargetPlan(NOON + HORIZON, None, 0)
    assert of_one(nothing_opens, 0).ends_at is None


CLOCK_TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 20, 30, 59]))
PACINGS = st.builds(
    Pacing,
    st.sampled_from([1, 2, 7, 11, 30, 59, 60, 500, 4_001]),
    st.none() | st.builds(Window, CLOCK_TIMES, CLOCK_TIMES),
    st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(
        lambda days: tuple(day for day in WEEKDAYS if day in days)
    ),
)
ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
)
NOWS = st.integers(0, 60 * 24 * 365).map(lambda minutes: NOON + minutes * timedelta(minutes=1))


@settings(deadline=None)
@given(PACINGS, ZONES, NOWS, st.integers(-600, 600), st.integers(1, 2_000))
def test_one_target_is_what_a_walk_finds(
    pacing: Pacing, timezone: str, now: datetime, ahead: int, count: int
) -> None:
    first = now + timedelta(minutes=ahead)
    found = plan(
        pacing,
        waiting={"a": count},
        next_slot={"a": first},
        timezone={"a": timezone},
        now=now,
        send_rate=1e6,
    )
    walked = list(islice(slots(pacing, timezone, max(now, first)), count))
    leaving = [moment for moment in walked if moment < now + HORIZON]
    end = min(walked[-1], now + HORIZON)
    offset = now.astimezone(ZoneInfo(timezone)).utcoffset() or timedelta()
    hours = Counter((moment + offset).replace(minute=0, second=0, microsecond=0) - offset
                    for moment in leaving)  # fmt: skip
    busiest, letters = max(hours.items(), key=lambda hour: hour[1])
    assert found.targets["a"] == TargetPlan(end, busiest, letters)
    assert found.ends_at == end


@settings(deadline=None)
@given(
    PACINGS,
    st.lists(st.tuples(ZONES, st.integers(0, 300)), min_size=1, max_size=5),
    NOWS,
    st.sampled_from([1, 4, 1_800, 36_000]),
)
def test_the_end_is_the_last_of_all_that_can_put_it_off(
    pacing: Pacing, targets: list[tuple[str, int]], now: datetime, account_per_hour: int
) -> None:
    found = plan(
        pacing,
        waiting={n: count for n, (_, count) in enumerate(targets)},
        next_slot={},
        timezone={n: zone for n, (zone, _) in enumerate(targets)},
        now=now,
        send_rate=account_per_hour / 3_600,
    )
    waits = [(pacing, zone, count) for zone, count in targets]
    for zone in {zone for zone, _ in targets}:
        together = sum(count for other, count in targets if other == zone)
        waits.append((replace(pacing, per_target_per_hour=account_per_hour), zone, together))
    waits.append((Pacing(account_per_hour), "UTC", sum(count for _, count in targets)))
    ends = [
        min(now + HORIZON, next(islice(slots(each, zone, now), count - 1, None)))
        for each, zone, count in waits
        if count > 0
    ]
    assert found.ends_at == max(ends, default=None)


@pytest.mark.parametrize("targets", [1, 1_000])
@pytest.mark.parametrize(
    "pacing", [OFFICE, Pacing(30), Pacing(7, Window(time(8, 20), time(18, 10)))], ids=str
)
def test_a_million_letters_are_planned_in_well_under_a_second(pacing: Pacing, targets: int) -> None:
    keys = range(targets)
    zones = ("Europe/London", "America/New_York")
    begun = process_time()
    plan(
        pacing,
        waiting=dict.fromkeys(keys, 1_000_000 // targets),
        next_slot={},
        timezone={key: zones[key % 2] for key in keys},
        now=NOON,
        send_rate=10,
    )
    assert process_time() - begun < 1
