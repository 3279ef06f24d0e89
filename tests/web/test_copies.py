"""A campaign is copied without its letters, and shown to a colleague before it is public."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from letters.campaign import Status
from letters.campaigns import store
from rig.campaigns import form_fields
from tests.desk.conftest import AtDesk, sign_in_fixture, stored
from tests.support.stack import Stack
from webapp.desk.checklist import PREVIEW_LIFE

sign_in = sign_in_fixture


def test_a_copy_has_everything_but_the_letters(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    more = 'goal = 50\nopt_in = "News, please."\nends = 2999-01-01\nopens = 2020-01-01T08:00:00'
    stack.load("first", "delivered@first.example", "b@first.example", more=more)
    stack.post("/c/first", stack.form("first"))
    first = stored(stack, "first")
    assert stack.postbag("campaign", "copy", "first", "second").stdout == "second\n"
    assert stored(stack, "second") == replace(first, slug="second", status=Status.DRAFT)
    for slug, words in (
        ("second", "a campaign second already"),
        ("Bad one", "The slug of the copy"),
        ("new", "own pages use"),
    ):
        refused = stack.postbag("campaign", "copy", "first", slug)
        assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr
    assert stack.postbag("campaign", "copy", "nowhere", "third").returncode == 1
    ana = sign_in("copies@desk.example", "organiser")
    assert ana.post("/desk/first/copy", {}).status == 404  # it was not given to her
    olu = sign_in("olu-copies@desk.example")
    assert olu.post("/desk/first/copy", {"slug": "second"}).status == 422
    copied = olu.post("/desk/first/copy", {"slug": ""})
    assert (copied.status, copied.headers["Location"]) == (303, "/desk/first-2/edit")
    assert stack.books("first-2")["submitted"] == 0
    assert stack.books("first")["submitted"] == 2


def test_a_link_shows_a_draft_to_a_colleague_for_some_days(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    stack.load("drafted", "delivered@drafted.example", more='summary = "They give shade."')
    stack.load("other", "delivered@other.example")
    ana = sign_in("previews@desk.example")
    stack.postbag("campaign", "status", "drafted", "draft")
    answer = ana.post("/desk/drafted/preview", {})
    ana.cookie = answer.headers.getall("Set-Cookie")[0].partition(";")[0]
    page = ana.page("/desk/drafted/ready")
    (link,) = re.findall(rf"{re.escape(stack.url)}(/c/drafted/preview/[^\s<]+)", page)
    shown = stack.get(link)
    assert shown.status == 200
    assert shown.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "They give shade." in shown.body.decode()
    assert '<fieldset class="closed" disabled>' in shown.body.decode()
    assert stack.post(link, form_fields(shown.body.decode())).status == 405
    assert stack.get("/c/drafted").status == 404
    assert stack.get(link.replace("drafted", "other")).status == 404
    assert stack.get(link[:-1]).status == 404
    with stack.database.read() as connection:
        campaign_id = store.find(connection, "drafted").id
    past = datetime.now(UTC) - timedelta(seconds=1)
    ended = stack.get(f"/c/drafted/preview/{stack.tokens.preview(campaign_id, past)}")
    assert ended.status == 410
    assert timedelta(days=1) < PREVIEW_LIFE < timedelta(days=31)
