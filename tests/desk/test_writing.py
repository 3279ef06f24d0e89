"""A campaign from nothing to live, by posts: every error beside its field, nothing typed lost."""

import json
import re
from collections.abc import Callable

import pytest

from letters.campaign import Status
from rig.campaigns import form_fields
from rig.servers import wait_for
from tests.desk.conftest import AtDesk, campaign_fields, stored
from tests.support.stack import Stack


@pytest.fixture
def ana(sign_in: Callable[..., AtDesk]) -> AtDesk:
    return sign_in("ana@desk.example")


def test_a_campaign_is_written_checked_published_and_steered(stack: Stack, ana: AtDesk) -> None:
    fields = campaign_fields("Trees for Plain Street!", "delivered@plain.example")
    assert ana.post("/desk/new", fields).headers["Location"] == "/desk/trees-for-plain-street/ready"
    slug = "trees-for-plain-street"
    assert stack.get(f"/c/{slug}").status == 404
    page = ana.page(f"/desk/{slug}/ready")
    assert "It can go live" in page
    assert "Dear Minister 1," in page
    assert ana.post(f"/desk/{slug}/status", {"status": "live"}).status == 303
    assert stack.get(f"/c/{slug}").status == 200
    stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    ana.post(f"/desk/{slug}/status", {"status": "paused"})
    assert stored(stack, slug).status is Status.PAUSED
    record = stack.postbag("audit", slug, "--json").stdout
    deeds = [(entry["deed"], entry["detail"]) for entry in json.loads(record)["audit"]]
    assert deeds == [
        ("status", "live → paused"),
        ("status", "draft → live"),
        ("created", ""),
    ]


def test_every_error_stands_beside_its_field_and_nothing_typed_is_lost(ana: AtDesk) -> None:
    fields = campaign_fields(
        "",
        "no address",
        slug="Bad Slug",
        opening="{nobody}",
        goal="many",
        ends="2027-02-30",
        per_hour="0",
        opens="08:00",
        days=[],
        timezone="Mars",
        prompts="Why?\r\nWho?",
    )
    answer = ana.post("/desk/new", fields)
    page = answer.body.decode()
    assert answer.status == 422
    for field, sentence in {
        "title": "Title is empty: fill it in.",
        "slug": "Address of the page may have small letters",
        "opening": "Opening has {nobody}, which is no merge field",
        "goal": "Goal must be a whole number such as 30.",
        "ends": "Last day must be a date such as 2027-03-31.",
        "per_hour": "Letters an hour to one office must be from 1 to 3,600,000.",
        "opens": "Give both times between which letters leave, or neither.",
        "days": "Choose at least one day.",
        "timezone": "Time zone is no time zone",
        "targets-0-email": "E-mail address is no e-mail address: it should read like name@host",
    }.items():
        assert re.search(rf'id="{field}-error">[^<]*{re.escape(sentence)}', page), field
        assert page.count(f'id="{field}"') == 1
    kept = form_fields(page)
    assert {name: kept.get(name) for name in ("slug", "opening", "goal", "per_hour", "opens")} == {
        name: fields[name] for name in ("slug", "opening", "goal", "per_hour", "opens")
    }
    assert kept["prompts"] == "Why?\nWho?"
    assert kept["targets-0-email"] == "no address"


def test_what_is_not_finished_is_kept_and_goes_on(ana: AtDesk) -> None:
    fields = campaign_fields("A title to keep", opening="Half a sen", do="keep")
    assert ana.post("/desk/new", fields).status == 303
    path = re.findall(r'href="(/desk/new\?unfinished=[^"]+)">A title to keep', ana.page("/desk"))[0]
    kept = form_fields(ana.page(path))
    assert kept["opening"] == "Half a sen"
    more = campaign_fields("A title to keep", "a@keep.example", unfinished=kept["unfinished"])
    assert ana.post("/desk/new", more).status == 303
    assert "unfinished=" not in ana.page("/desk")


def test_points_come_go_and_move_without_a_script(ana: AtDesk) -> None:
    fields = campaign_fields("Points", **{"points-1-lead": "Second.", "do": "raise-point-1"})
    page = ana.post("/desk/new", fields).body.decode()
    kept = form_fields(page)
    assert (kept["points-0-lead"], kept["points-1-lead"]) == ("Second.", "Keep all forty.")
    page = ana.post("/desk/new", {**fields, "do": "remove-point-0"}).body.decode()
    assert form_fields(page)["points-0-lead"] == "Second."
    page = ana.post("/desk/new", {**fields, "do": "add-point"}).body.decode()
    assert re.search(r'id="points-2-lead"[^>]*autofocus', page)
    page = ana.post("/desk/new", {**fields, "do": "remove-point-99"}).body.decode()
    assert form_fields(page)["points-1-lead"] == "Second."


@pytest.mark.parametrize("slug", ["sign-in", "new", "record"])
def test_words_that_our_own_pages_use_are_no_address(stack: Stack, ana: AtDesk, slug: str) -> None:
    answer = ana.post("/desk/new", campaign_fields("Trees", "a@b.example", slug=slug))
    assert answer.status == 422
    assert "Our own pages use this word" in answer.body.decode()
    loaded = stack.postbag("campaign", "load", "-", text=SMALL.replace("small", slug))
    assert loaded.returncode == 1
    assert "choose another slug" in loaded.stderr


def test_a_taken_address_is_refused(stack: Stack, ana: AtDesk) -> None:
    stack.load("taken")
    answer = ana.post("/desk/new", campaign_fields("Trees", "a@b.example", slug="taken"))
    assert answer.status == 422
    assert "Another campaign has this address" in answer.body.decode()


def test_a_stored_campaign_is_changed_and_a_second_pen_is_told(stack: Stack, ana: AtDesk) -> None:
    stack.load("pens", "a@pens.example", pacing="per_target_per_hour = 30")
    before = stored(stack, "pens")
    first = form_fields(ana.page("/desk/pens/edit"))
    second = dict(first)
    choices = {
        "routing": "all",
        "language": "en",
        "identical": "send",
        "confirm": "none",
        "resend_unknown": "never",
    }
    unchanged = {**first, **choices, "do": "save"}
    assert ana.post("/desk/pens/edit", unchanged).status == 303
    assert stored(stack, "pens") == before
    assert ana.post("/desk/pens/edit", {**unchanged, "title": "First pen"}).status == 303
    late = ana.post("/desk/pens/edit", {**second, **choices, "title": "Second", "do": "save"})
    assert late.status == 409
    assert 'value="Second"' in late.body.decode()
    again = {**form_fields(late.body.decode()), **choices, "do": "save"}
    assert ana.post("/desk/pens/edit", again).status == 303
    assert stored(stack, "pens").title == "Second"


def test_a_test_goes_to_oneself_marked_and_outside_the_books(stack: Stack, ana: AtDesk) -> None:
    stack.load("rehearsed", "a@rehearsed.example")
    assert ana.post("/desk/rehearsed/test", {}).status == 303
    wait_for(lambda: any("[Test]" in m["subject"] for m in stack.messages(ana.email)))
    (mail,) = [m for m in stack.messages(ana.email) if "[Test]" in m["subject"]]
    assert mail["subject"] == "[Test] Keep the trees"
    assert mail["categories"] == ["notice"]
    assert "Dear Minister 1,\n\nI walk under" in mail["content"][0]["value"]
    assert f"{stack.url}/desk/rehearsed/ready" in mail["content"][0]["value"].splitlines()
    assert stack.books("rehearsed")["submitted"] == 0
    assert stack.postbag("campaign", "test", "rehearsed", "olu@desk.example").returncode == 0
    wait_for(lambda: stack.messages("olu@desk.example"))


SMALL = """
slug = "small"
title = "Small"
[letter]
subject = "S"
salutation = "Dear {salutation},"
opening = "O"
closing = "C"
[[targets]]
name = "A"
salutation = "A"
email = "a@small.example"
"""


def test_a_campaign_that_is_begun_is_kept_while_it_is_typed(ana: AtDesk) -> None:
    """As the page's script does it: each time in place of what was kept before."""
    first = ana.post("/desk/new", {"title": "Half a thought", "do": "autosave"})
    kept = first.body.decode()
    again = {"title": "Half a campaign", "do": "autosave", "unfinished": kept}
    assert ana.post("/desk/new", again).body.decode() == kept
    page = ana.page("/desk")
    assert page.count(f"/desk/new?unfinished={kept}") == 1
    assert "Half a campaign" in page
    assert "Half a thought" not in page
