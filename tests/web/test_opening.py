"""A campaign opens and ends at its minute, by its own clock, without anybody doing anything."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from letters.campaign import Status
from letters.campaigns.stored import StoredCampaign
from letters.files.campaign_file import read_campaign
from rig.campaigns import campaign_file
from tests.desk.conftest import AtDesk, campaign_fields, sign_in_fixture, stored
from tests.support.stack import Stack

FORM = 'name="token"'
sign_in = sign_in_fixture


def at(slug: str, opens: datetime) -> str:
    """Give a campaign's keys for opening at a moment, by a clock far from ours."""
    local = opens.astimezone(UTC) + timedelta(hours=14)
    return f'opens = {local:%Y-%m-%dT%H:%M:%S}\ntimezone = "Pacific/Kiritimati"'


@pytest.mark.parametrize(
    ("timezone", "opens_at", "over_at"),
    [
        ("UTC", datetime(2027, 3, 1, 8, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)),
        # Summer time begins on 28 March.
        ("Europe/London", datetime(2027, 3, 1, 8, tzinfo=UTC),
         datetime(2027, 3, 31, 23, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2027, 3, 1, 2, 30, tzinfo=UTC),
         datetime(2027, 3, 31, 18, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_it_opens_and_ends_at_the_minute(
    timezone: str, opens_at: datetime, over_at: datetime
) -> None:
    more = f'opens = 2027-03-01T08:00:00\nends = 2027-03-31\ntimezone = "{timezone}"'
    campaign = StoredCampaign(1, read_campaign(campaign_file("trees", more=more)), (), opens_at)
    just, later = timedelta(microseconds=1), timedelta(days=3)
    told = [
        (campaign.is_to_open(now), campaign.is_over(now))
        for now in (opens_at - just, opens_at, opens_at + later, over_at - just, over_at)
    ]
    assert told == [(True, False), *[(False, False)] * 3, (False, True)]


def test_until_then_the_page_says_when_and_takes_nothing(stack: Stack) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    embeds = 'embed_origins = ["https://o.example"]\nsummary = "They give **shade**."\n'
    stack.load("opening", "delivered@opening.example")
    fields = stack.form("opening", body="Forty trees, and I walk there.")
    stack.load("opening", "delivered@opening.example", more=embeds + at("opening", soon))
    for path in ("/c/opening", "/c/opening/embed", "/c/opening/letter.pdf"):
        answer = stack.get(path)
        page = answer.body.decode()
        assert answer.status == 200
        assert f'<time datetime="{soon:%Y-%m-%dT%H:%M:%S}+00:00">' in page
        assert "(Pacific/Kiritimati)" in page
        assert "<strong>shade</strong>" in page
        assert FORM not in page
    for more in ({}, {"preview": "1"}, {"leave_empty": "x"}):
        refused = stack.post("/c/opening", {**fields, **more})
        assert refused.status == 422
        assert "Forty trees, and I walk there." in refused.body.decode()
    assert stack.books("opening")["submitted"] == 0
    assert stack.get("/c/opening/count.json").body == b'{"letters": 0, "goal": null}'
    assert "/c/opening" not in stack.get("/").body.decode()
    past = datetime.now(UTC) - timedelta(seconds=1)
    stack.load("opening", "delivered@opening.example", more=embeds + at("opening", past))
    assert FORM in stack.get("/c/opening").body.decode()
    assert "/c/opening" in stack.get("/").body.decode()
    assert stack.post("/c/opening", fields).status == 303


def test_the_desk_sets_the_moment_and_says_it(stack: Stack, sign_in: Callable[..., AtDesk]) -> None:
    ana = sign_in("opens@desk.example")
    fields = campaign_fields(
        "Later trees", "delivered@later.example", opens_at="2999-03-01T08:00", ends="2999-03-02"
    )
    wrong = {"opens_at": "soon"}, {"opens_at": "2999-03-03T00:00"}, {"opens_at": "2999-13-01T00:00"}
    for change in wrong:
        answer = ana.post("/desk/new", {**fields, **change})
        assert answer.status == 422
        assert 'id="opens_at-error"' in answer.body.decode()
    assert ana.post("/desk/new", fields).status == 303
    assert stored(stack, "later-trees").opens == datetime(2999, 3, 1, 8)  # noqa: DTZ001
    assert "It opens by itself on" in ana.page("/desk/later-trees/ready")
    assert ana.post("/desk/later-trees/status", {"status": "live"}).status == 303
    page = re.sub(r"<[^>]+>", "", ana.page("/desk/later-trees"))
    assert "live: opens on 1 March 2999, 08:00 UTC" in page
    assert 'value="2999-03-01T08:00"' in ana.page("/desk/later-trees/edit")


def test_the_page_of_what_is_over_tells_what_came_of_it(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    stack.load("won", "delivered@won.example", pacing="per_target_per_hour = 30")
    ana = sign_in("outcome@desk.example")
    ana.post("/desk/won/status", {"status": "closed"})
    campaign = replace(stored(stack, "won"), status=Status.CLOSED)
    page = ana.page("/desk/won/edit")
    assert 'name="outcome"' in page
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version is not None
    fields = campaign_fields(
        campaign.title,
        "delivered@won.example",
        slug="won",
        version=version[1],
        outcome="**All forty** stand. <script>alert(1)</script>",
    )
    assert ana.post("/desk/won/edit", fields).status == 303
    answer = stack.get("/c/won")
    assert answer.status == 410
    assert "<strong>All forty</strong> stand." in answer.body.decode()
    assert "<script>alert" not in answer.body.decode()
