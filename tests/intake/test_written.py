"""From what was posted to letters: no web, no database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letters.campaign import WEEKDAYS, Campaign, Pacing, Routing, Target, Window
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.files.campaign_file import read_campaign
from letters.intake.faults import Wrong
from letters.intake.posted import Field, Posted
from letters.intake.routing import is_in_time, whom
from letters.intake.written import drafts_of, submission_of, written_of
from rig.campaigns import campaign_file
from tests.support.slots import slots

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CAMPAIGN = read_campaign(campaign_file("trees", "a@harbours.example", "b@harbours.example"))
ANA = Posted(
    name="Ana Reed",
    email="Ana Reed <ana@readers.example>",
    subject="Keep the trees",
    body="Please keep them.",
    points=("trees",),
)


def stored(campaign: Campaign = CAMPAIGN, **each: object) -> StoredCampaign:
    """Give a campaign as the database would, its targets numbered from 1."""
    targets = tuple(
        replace(StoredTarget(n, target, NOW, None, None, False, target.valid_before), **each)  # type: ignore[arg-type]
        for n, target in enumerate(campaign.targets, start=1)
    )
    return StoredCampaign(1, campaign, targets, NOW)


def wrong(posted: Posted, campaign: Campaign = CAMPAIGN) -> set[tuple[Field, Wrong]]:
    of = stored(campaign)
    found = written_of(of, posted, whom(of, posted, NOW)).faults
    return {(fault.field, fault.wrong) for fault in found}


def test_a_letter_is_handed_in_without_any_page() -> None:
    of = stored()
    written = written_of(of, ANA, whom(of, ANA, NOW))
    assert written.faults == ()
    submission = submission_of(written, "a token", must_confirm=False)
    assert submission.email == "ana@readers.example"
    assert [draft.target_id for draft in submission.drafts] == [1, 2]
    assert submission.drafts == drafts_of(written), "what is shown is what is stored"
    assert submission.drafts[1].text == (
        "Dear Minister 2,\n\nPlease keep them.\n\nYours sincerely,\nAna Reed"
    )


def test_a_closing_of_ones_own_ends_every_letter_and_keeps_the_name() -> None:
    of = stored()
    for typed, ends in (
        ("In hope,", "In hope,\nAna Reed"),
        ("Yours sincerely,", "Yours sincerely,\nAna Reed"),
        ("", "Ana Reed"),
        (None, "Yours sincerely,\nAna Reed"),
    ):
        posted = replace(ANA, closing=typed)
        written = written_of(of, posted, whom(of, posted, NOW))
        assert {draft.text.split("\n\n", 2)[2] for draft in drafts_of(written)} == {ends}
    assert wrong(replace(ANA, closing="x" * 2_001)) == {(Field.CLOSING, Wrong.TOO_LONG)}
    assert wrong(replace(ANA, closing="\x07")) == {(Field.CLOSING, Wrong.CONTROL)}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": ""}, (Field.NAME, Wrong.MISSING)),
        ({"name": "\u200b"}, (Field.NAME, Wrong.MISSING)),
        ({"name": "\u3164"}, (Field.NAME, Wrong.MISSING)),
        ({"name": "a@readers.example"}, (Field.NAME, Wrong.LIKE_AN_ADDRESS)),
        ({"name": "Ana <b"}, (Field.NAME, Wrong.LIKE_AN_ADDRESS)),
        ({"name": "https://x.example"}, (Field.NAME, Wrong.LIKE_AN_ADDRESS)),
        ({"name": "\u202eevil\u202c"}, (Field.NAME, Wrong.BIDI)),
        ({"name": "\u2066Ana"}, (Field.NAME, Wrong.BIDI)),
        ({"name": "A" * 101}, (Field.NAME, Wrong.TOO_LONG)),
        ({"name": "Ana\nReed"}, (Field.NAME, Wrong.LINE_END)),
        ({"email": ""}, (Field.EMAIL, Wrong.MISSING)),
        ({"email": "\u200b"}, (Field.EMAIL, Wrong.MISSING)),
        ({"email": "ana"}, (Field.EMAIL, Wrong.NO_ADDRESS)),
        ({"email": "josé@readers.example"}, (Field.EMAIL, Wrong.LOCAL_NOT_ASCII)),
        ({"email": "A+x@Harbours.example"}, (Field.EMAIL, Wrong.A_TARGETS)),
        ({"subject": "\u200b\u200b"}, (Field.SUBJECT, Wrong.MISSING)),
        ({"subject": "Invoice \u202eexe.fdp"}, (Field.SUBJECT, Wrong.BIDI)),
        ({"subject": "a\u2028b"}, (Field.SUBJECT, Wrong.LINE_END)),
        ({"body": " \n\u200b\n"}, (Field.BODY, Wrong.MISSING)),
        ({"body": "a\x0bb"}, (Field.BODY, Wrong.CONTROL)),
        ({"body": "a" * 10_001}, (Field.BODY, Wrong.TOO_LONG)),
        ({"reason": "a\x00"}, (Field.REASON, Wrong.CONTROL)),
        ({"unreadable": frozenset({Field.REASON})}, (Field.REASON, Wrong.UNREADABLE)),
        ({"has_hidden_control": True}, (Field.LETTER, Wrong.HIDDEN_CONTROL)),
    ],
)
def test_each_fault_has_a_reason(changes: dict[str, str], fault: tuple[Field, Wrong]) -> None:
    assert wrong(replace(ANA, **changes)) == {fault}  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a\tb\r\nc", "👩‍👩‍👧", "عربي", "\u00adsoft", "smart ‘quotes’"])
def test_what_people_write_is_taken(text: str) -> None:
    assert wrong(replace(ANA, body=text, reason=text)) == set()


def test_ten_thousand_characters_are_possible_where_each_line_end_is_two() -> None:
    assert wrong(replace(ANA, body="a\r\n" * 5_000)) == set()


def test_a_postcode_that_nobody_serves_has_a_reason() -> None:
    a, b = CAMPAIGN.targets
    areas = replace(
        CAMPAIGN,
        asks_postcode=True,
        routing=Routing.AREA,
        targets=(replace(a, areas=("AB1*",)), replace(b, areas=("CD2",))),
    )
    assert wrong(ANA, areas) == {(Field.POSTCODE, Wrong.MISSING)}
    assert wrong(replace(ANA, postcode="ZZ9"), areas) == {(Field.POSTCODE, Wrong.UNSERVED)}
    assert wrong(replace(ANA, postcode="cd2"), areas) == set()


def test_a_chosen_target_that_cannot_be_reached_is_named_and_left_out() -> None:
    a, b = CAMPAIGN.targets
    choice = replace(
        CAMPAIGN,
        routing=Routing.CHOICE,
        targets=(replace(a, valid_until=date(2026, 3, 1)), b),
    )
    of = stored(choice)
    both = whom(of, replace(ANA, targets=("1", "2")), NOW)
    assert [t.id for t in both.targets] == [2]
    assert [t.id for t in both.too_late] == [1]
    assert wrong(replace(ANA, targets=("1",)), choice) == {(Field.TARGET, Wrong.TOO_LATE)}
    assert wrong(ANA, choice) == {(Field.TARGET, Wrong.MISSING)}


zones = st.sampled_from(
    [
        "UTC",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "Europe/London",
        "Asia/Kolkata",
        "America/Lima",
    ]
)
clocks = st.integers(0, 1_439).map(lambda minutes: time(minutes // 60, minutes % 60))
pacings = st.builds(
    Pacing,
    per_target_per_hour=st.integers(1, 200),
    window=st.none() | st.builds(Window, clocks, clocks),
    days=st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(
        lambda days: tuple(day for day in WEEKDAYS if day in days)
    ),
)


@given(
    pacing=pacings,
    zone=zones,
    target_zone=zones,
    ends_in_days=st.integers(0, 9),
    until_in_days=st.none() | st.integers(0, 9),
    waiting=st.integers(0, 400),
    minutes=st.integers(0, 60 * 24 * 30),
)
@example(Pacing(), "Pacific/Kiritimati", "Pacific/Pago_Pago", 0, None, 0, 0)
@example(Pacing(window=Window(time(3), time(4))), "UTC", "UTC", 0, None, 0, 12 * 60)
def test_a_letter_is_taken_if_and_only_if_it_can_leave_in_time(
    pacing: Pacing,
    zone: str,
    target_zone: str,
    ends_in_days: int,
    until_in_days: int | None,
    waiting: int,
    minutes: int,
) -> None:
    now = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=minutes)
    until = None if until_in_days is None else now.date() + timedelta(days=until_in_days)
    target = Target("A", "a@h.example", "A", timezone=target_zone, valid_until=until)
    campaign = replace(
        CAMPAIGN,
        pacing=pacing,
        timezone=zone,
        ends=now.date() + timedelta(days=ends_in_days),
        targets=(target,),
    )
    of = stored(campaign, waiting=waiting, next_slot_at=now)
    leaves = next(islice(slots(pacing, target_zone, now), waiting, None))
    ends = [end for end in (campaign.ends_at, target.valid_before) if end is not None]
    assert is_in_time(of, of.targets[0], now) == (leaves < min(ends))
