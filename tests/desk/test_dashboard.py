"""What organisers see: it adds up, it can be read by everybody, and nothing stored comes alive."""

import re
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page
from sqlalchemy import update

from bench.bulk import fill
from letters.storage.schema import history, target
from rig.servers import wait_for
from tests.desk.conftest import AtDesk, sign_in
from tests.support.stack import Stack
from webapp.desk.figures import charts

NUMBERS = st.integers(0, 10**9)
HOSTILE = '<script>document.title = "taken"</script>"><img src=x onerror=alert(1)>'


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=100))
def test_a_column_is_as_high_as_its_number_and_never_above_the_picture(
    pairs: list[tuple[int, int]],
) -> None:
    drawing = ET.fromstring(charts.columns(pairs, ["words"] * len(pairs)))  # noqa: S314 - our own
    marks = [mark for mark in drawing.iter("rect") if mark.attrib["class"] != "place"]
    assert len(marks) == sum(number > 0 for pair in pairs for number in pair)
    for mark in marks:
        assert float(mark.attrib["y"]) >= 0
        assert 0 < float(mark.attrib["height"]) <= 100


@given(st.lists(NUMBERS, max_size=8))
def test_shares_fill_their_bar_and_none_above_nought_is_lost(numbers: list[int]) -> None:
    drawing = ET.fromstring(charts.shares([("check", number) for number in numbers]))  # noqa: S314
    assert len(drawing) == sum(number > 0 for number in numbers)
    assert all(float(mark.attrib["x"]) <= 1_000 for mark in drawing)


def test_the_dashboard_adds_up_is_open_to_all_and_lets_nothing_come_alive(
    stack: Stack, page: Page
) -> None:
    slug = f"rich-{secrets.token_hex(3)}"
    fill(stack.database, slug, 3_000, 3)
    with stack.database.write() as connection:
        written = connection.execute(
            update(history)
            .where(history.c.detail == "550 5.1.1 no such mailbox here")
            .values(detail=HOSTILE)
        )
        assert written.rowcount > 0
        connection.execute(
            update(target)
            .where(target.c.email == "office1@harbours.example", target.c.queued > 0)
            .values(hold_reason="bounced", hold_words=HOSTILE)
        )
    sign_in(page, stack, "desk@postbag.example")
    for scheme, wide in (("light", 1280), ("dark", 360)):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        page.set_viewport_size({"width": wide, "height": 900})
        for path in (f"/desk/{slug}", "/desk"):
            page.goto(f"{stack.url}{path}")
            wrong = Axe().run(page).response["violations"]
            assert wrong == [], [(one["id"], one["nodes"][0]["html"]) for one in wrong]
            assert page.evaluate("document.documentElement.scrollWidth") == wide
            assert page.title() != "taken"
    page.goto(f"{stack.url}/desk/{slug}")
    assert page.locator("main img, main script").count() == 0
    assert page.get_by_text(HOSTILE).count() > 0
    sentence = page.locator(".books").inner_text()
    total, *numbers = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", sentence))
    assert total == sum(numbers) == 3_000
    assert page.locator(".picture").count() == 3
    assert page.locator(".picture details table").count() == 3


def test_what_an_organiser_has_just_decided_is_on_the_page_at_once(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    slug = f"at-once-{secrets.token_hex(3)}"
    pacing = "per_target_per_hour = 60"  # what is opened again has to pass the check
    stack.load(slug, f"first@{slug}.example", f"second@{slug}.example", pacing=pacing)
    desk = sign_in("desk@postbag.example")
    for status, words in (("paused", "sends none"), ("live", "sends them")) * 3:
        assert desk.post(f"/desk/{slug}/status", {"status": status}).status == 303
        assert words in desk.page(f"/desk/{slug}").partition('data-live="books"')[0]


def test_each_act_is_told_once_on_the_page_that_follows(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    stack.load("told", "told@offices.example")
    desk = sign_in("told@desk.example")
    acted = desk.post("/desk/told/status", {"status": "paused"})
    desk.cookie = acted.headers["Set-Cookie"].partition(";")[0]
    sentence = "The campaign is now paused: takes letters and sends none."
    assert sentence in desk.page("/desk/told")
    assert sentence not in desk.page("/desk/told")


def test_a_no_and_a_lost_mail_are_counted_and_nobody_is_named(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    slug = f"not-me-{secrets.token_hex(3)}"
    stack.load(slug, more='confirm = "before-sending"\n')
    victim = stack.form(slug)
    stack.post(f"/c/{slug}", victim)
    stack.post(f"/c/{slug}", {**stack.form(slug), "email": f"bounced@{slug}.example"})
    receipt = stack.receipt_path(victim["email"]).removesuffix("/confirm")
    # While the mail is still on its way out, one is asked to try again.
    erased = "Everything written with your address is erased"
    wait_for(lambda: erased in stack.post(f"{receipt}/not-me", {}).body.decode())
    ana = sign_in("ana@not-me.example")
    wait_for(lambda: "1 mail to a writer did not arrive." in ana.page(f"/desk/{slug}"))
    page = ana.page(f"/desk/{slug}")
    assert "1 person answered “This was not me”" in page
    assert victim["email"] not in page
    assert victim["name"] not in page
