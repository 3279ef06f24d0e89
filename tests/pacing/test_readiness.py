"""What may go live: the line for one office, and the end that has to be met."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.campaign import WEEKDAYS, Campaign, LetterTemplate, Pacing, Target
from letters.files.rules import window
from letters.pacing.readiness import (
    MOST_PER_HOUR,
    Kind,
    Reason,
    Remedy,
    SoFar,
    check,
    expected_letters,
)
from postbag.reasons import of_terms, ways, what

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
CAMPAIGN = Campaign(
    slug="trees",
    title="Keep the trees",
    letter=LetterTemplate(("Trees",), "Dear {salutation},", "Keep them.", "Yours,\n{name}"),
    targets=(
        Target("A. Example", "a@harbours.example", "A"),
        Target("B. Example", "b@harbours.example", "B"),
    ),
)


def reasons(campaign: Campaign, **so_far: SoFar) -> tuple[Reason, ...]:
    known = {f"{name}@harbours.example": known for name, known in so_far.items()}
    return check(campaign, known, now=NOW, send_rate=10).reasons


def paced(per_hour: int, *, goal: int | None = None, ends: date | None = None) -> Campaign:
    return replace(CAMPAIGN, pacing=Pacing(per_hour), goal=goal, ends=ends)


def test_the_usual_campaign_may_go_live() -> None:
    assert reasons(CAMPAIGN) == ()
    assert reasons(paced(MOST_PER_HOUR)) == ()


def test_where_not_one_letter_can_leave_before_the_end_nothing_goes_live() -> None:
    on_sundays = replace(paced(30, ends=date(2027, 3, 6)), pacing=Pacing(30, days=("sun",)))
    (reason,) = reasons(on_sundays)
    assert what(reason) == (
        "Even the first letter would leave on 7 March 2027, after the last day of the campaign, "
        "6 March 2027."
    )
    assert ways(reason)[0] == "Move the last day to 7 March 2027 or later."
    # Where it is past noon already, and tomorrow's morning comes after the end.
    one_of_two = Target("B. Example", "b@harbours.example", "B", timezone="Asia/Karachi")
    ends_today = replace(
        paced(30, ends=date(2027, 3, 1)), targets=(CAMPAIGN.targets[0], one_of_two)
    )
    till_noon = replace(ends_today, pacing=Pacing(30, window=window("08:00-12:00")))
    assert reasons(till_noon) == (), "the page leaves out whom nothing reaches any more"


def test_the_first_letter_is_told_by_the_campaigns_clock_and_for_the_office_that_comes_first() -> (
    None
):
    tokyo = replace(
        paced(30, ends=date(2027, 3, 6)),
        pacing=Pacing(30, days=("sun",)),
        timezone="Asia/Tokyo",  # where it is Sunday while the clock of the world shows Saturday
        targets=tuple(replace(target, timezone="Asia/Tokyo") for target in CAMPAIGN.targets),
    )
    next_week = SoFar(next_slot=NOW + timedelta(days=8))
    (reason,) = reasons(tokyo, b=next_week)
    assert reason.letters == 0
    assert reason.last_day == date(2027, 3, 7)


def test_what_is_foreseen_is_told_for_each_office() -> None:
    found = check(paced(30, goal=60), {}, now=NOW, send_rate=10)
    assert found.letters == 60
    last = found.plan.targets["b@harbours.example"].ends_at
    assert last == NOW + timedelta(minutes=2 * 29)
    by_noon = replace(paced(30, goal=1000), matters_by=NOW.replace(hour=12, tzinfo=None))
    foreseen = check(by_noon, {}, now=NOW, send_rate=10).plan.targets
    assert all(target.bundle is not None for target in foreseen.values())
    only = CAMPAIGN.targets[:1]
    assert expected_letters(replace(CAMPAIGN, targets=only, goal=10), {}) == {only[0].email: 10}


def test_one_letter_is_enough_to_go_live() -> None:
    one_a_day = Pacing(1, window=window("09:00-09:30"))
    assert reasons(replace(CAMPAIGN, pacing=one_a_day, ends=NOW.date())) == ()


def test_a_campaign_whose_targets_are_still_to_come_may_go_live() -> None:
    assert reasons(replace(CAMPAIGN, targets=())) == ()


def test_whose_term_is_over_is_told() -> None:
    gone = replace(CAMPAIGN.targets[0], valid_until=date(2027, 2, 28))
    found = check(replace(CAMPAIGN, targets=(gone, CAMPAIGN.targets[1])), {}, now=NOW, send_rate=10)
    (told,) = of_terms(found.terms_over)
    assert told == (
        "A. Example (a@harbours.example) could be written to until 28 February 2027 only, so the "
        "page leaves them out."
    )


def test_an_end_and_a_term_are_over_at_their_very_moment() -> None:
    gone = replace(CAMPAIGN.targets[0], valid_until=date(2027, 2, 28))
    campaign = replace(paced(30, ends=date(2027, 2, 28)), targets=(gone, CAMPAIGN.targets[1]))
    midnight = datetime(2027, 3, 1, tzinfo=UTC)
    found = check(campaign, {}, now=midnight, send_rate=10)
    assert [reason.kind for reason in found.reasons] == [Kind.OVER]
    assert found.terms_over == (gone,)
    a_moment_before = check(campaign, {}, now=midnight - timedelta(seconds=1), send_rate=10)
    assert (a_moment_before.reasons, a_moment_before.terms_over) == ((), ())


def test_the_last_day_is_one_of_the_campaigns_own_clock() -> None:
    (reason,) = reasons(replace(paced(400, goal=5_000), timezone="Pacific/Auckland"))
    lasts = [way.last for way in reason.ways]
    assert [last and last.utcoffset() for last in lasts] == [timedelta(hours=13)] * 2


def test_days_become_wider_with_the_hours() -> None:
    on_mondays = Pacing(60, window("00:00-24:00"), ("mon",))
    (reason,) = reasons(replace(CAMPAIGN, pacing=on_mondays, goal=9_000, ends=date(2027, 3, 4)))
    assert reason.ways[1].remedy is Remedy.WIDER


def test_four_hundred_an_hour_are_refused_with_the_figure_and_two_ways_out() -> None:
    (reason,) = reasons(paced(400, goal=5000))
    assert reason.kind is Kind.FLOOD
    assert what(reason) == (
        "At 400 letters an hour one office gets a letter every 9 seconds; at most 120 an hour are "
        "allowed."
    )
    assert ways(reason) == (
        (
            "Lower the figure to 120 an hour or less. The last of 5,000 letters would leave on "
            "2 March 2027."
        ),
        (
            "Or spread the letters over more time: the usual 30 an hour let an office read each. "
            "The last of 5,000 letters would leave on 4 March 2027."
        ),
    )


def test_what_would_be_too_late_even_at_what_is_allowed_says_where_to_move_the_last_day() -> None:
    late, later = ways(reasons(paced(400, goal=5000, ends=date(2027, 3, 1)))[0])
    assert late.endswith("would leave on 2 March 2027, so move the last day there.")
    assert later.endswith("would leave on 4 March 2027, so move the last day there.")
    in_time, still_late = ways(reasons(paced(400, goal=5000, ends=date(2027, 3, 3)))[0])
    assert in_time.endswith("would leave on 2 March 2027.")
    assert still_late.endswith("would leave on 4 March 2027, so move the last day there.")


def test_for_a_letter_or_two_a_lower_figure_makes_no_difference_and_no_day_is_named() -> None:
    (reason,) = reasons(paced(400, goal=2))
    assert [way.last for way in reason.ways] == [None, None]
    assert ways(reason)[0] == "Lower the figure to 120 an hour or less."


def test_what_ends_after_the_last_day_is_refused_with_the_figure_and_two_ways_out() -> None:
    (reason,) = reasons(paced(30, goal=5000, ends=date(2027, 3, 2)))
    assert reason.kind is Kind.TOO_LATE
    assert what(reason) == (
        "At 30 an hour to each office the last of 5,000 letters would leave on 4 March 2027, after "
        "the last day of the campaign, 2 March 2027."
    )
    assert ways(reason) == (
        "Move the last day to 4 March 2027 or later.",
        "Or let 65 letters an hour go to each office.",
    )


def test_where_no_rate_would_do_other_ways_are_named() -> None:
    narrow = Pacing(60, window("09:00-10:00"), ("mon",))
    campaign = replace(CAMPAIGN, pacing=narrow, goal=1000, ends=date(2027, 3, 2))
    (reason,) = reasons(campaign)
    assert ways(reason)[1] == "Or let letters leave at any hour on every day."
    (reason,) = reasons(replace(campaign, goal=100_000))
    assert ways(reason)[1] == "Or lower the goal to 120 letters."
    waiting = reasons(replace(campaign, goal=None), a=SoFar(waiting=50_000))
    assert ways(waiting[0])[1] == "Or leave the last day empty."


def test_a_last_day_that_is_past_is_refused() -> None:
    (reason,) = reasons(paced(30, ends=date(2027, 2, 28)))
    assert reason.kind is Kind.OVER
    assert "28 February 2027" in what(reason)


def test_the_last_day_counts_whole() -> None:
    assert reasons(paced(120, goal=3600, ends=date(2027, 3, 1))) == ()
    assert reasons(paced(120, goal=3602, ends=date(2027, 3, 1)))[0].kind is Kind.TOO_LATE


def test_what_has_left_counts_towards_the_goal_and_what_waits_is_the_least() -> None:
    so_far = {
        "a@harbours.example": SoFar(waiting=3, left=480),
        "b@harbours.example": SoFar(waiting=70, left=480),
    }
    assert expected_letters(replace(CAMPAIGN, goal=1000), so_far) == {
        "a@harbours.example": 20,
        "b@harbours.example": 70,
    }


@pytest.mark.parametrize("send_rate", [0.01, 1.0])
def test_the_rate_of_the_whole_account_counts_too(send_rate: float) -> None:
    campaign = paced(120, goal=1000, ends=date(2027, 3, 1))
    found = check(campaign, {}, now=NOW, send_rate=send_rate)
    assert bool(found.reasons) == (send_rate < 0.02)


@given(
    per_hour=st.integers(1, 3_600_000),
    goal=st.none() | st.integers(1, 100_000),
    days=st.integers(-3, 300),
)
def test_every_way_out_that_names_a_figure_leads_out(
    per_hour: int, goal: int | None, days: int
) -> None:
    campaign = paced(per_hour, goal=goal, ends=NOW.date() + timedelta(days))
    for reason in reasons(campaign):
        assert len(set(ways(reason))) == 2
        if reason.ways[1].remedy is Remedy.FASTER:
            assert reasons(replace(campaign, pacing=Pacing(reason.ways[1].figure))) == ()


@pytest.mark.parametrize("day", ["mon", None])
@pytest.mark.parametrize("ends", [date(2027, 6, 1), date(2060, 1, 1)])
def test_the_largest_goal_at_the_slowest_pace_is_soon_seen_through(
    day: str | None, ends: date
) -> None:
    zones = ("Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
    targets = tuple(
        Target(f"{n}", f"{n}@harbours.example", f"{n}", timezone=zones[n % 4]) for n in range(650)
    )
    slowest = Pacing(1, window("08:00-08:01"), (day,) if day else WEEKDAYS)
    campaign = replace(CAMPAIGN, targets=targets, goal=1_000_000_000, ends=ends, pacing=slowest)
    begun = process_time()
    assert check(campaign, {}, now=NOW, send_rate=10).reasons
    assert process_time() - begun < 4  # and not minutes
