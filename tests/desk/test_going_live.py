"""What floods an office or ends too late cannot go live from the desk; the command line warns."""

import html
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.desk.conftest import AtDesk, campaign_fields, stored
from tests.support.stack import Stack

FLOOD = "At 400 letters an hour one office gets a letter every 9 seconds; at most 120 an hour"


def status(stack: Stack, slug: str) -> str:
    return str(stored(stack, slug).status)


def test_a_flood_cannot_go_live(stack: Stack, sign_in: Callable[..., AtDesk]) -> None:
    ana = sign_in("ana@live.example")
    fields = campaign_fields("Flood", "a@flood.example", slug="flood", per_hour="400", goal="900")
    assert ana.post("/desk/new", fields).status == 303
    for wanted in ("live", "paused"):
        answer = ana.post("/desk/flood/status", {"status": wanted})
        assert answer.headers["Location"] == "/desk/flood/ready"
        assert status(stack, "flood") == "draft"
    page = html.unescape(ana.page("/desk/flood/ready"))
    assert "It cannot go live" in page
    assert FLOOD in page
    assert "Lower the figure to 120 an hour or less. The last of 900 letters would leave" in page
    assert "Or spread the letters over more time: the usual 30 an hour" in page
    checked = stack.postbag("campaign", "check", "flood", "--json")
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["reasons"][0]["kind"] == "flood"
    # The command line does it, and says so: who can run it is trusted to know why.
    done = stack.postbag("campaign", "status", "flood", "live")
    assert done.returncode == 0
    assert f"Warning: {FLOOD}" in done.stderr
    assert status(stack, "flood") == "live"
    # What is live can always be paused. To resume it is to send again, so it is checked again.
    ana.post("/desk/flood/status", {"status": "paused"})
    assert status(stack, "flood") == "paused"
    bo = sign_in("bo@live.example", "organiser")
    stack.postbag("organiser", "give", "bo@live.example", "flood")
    for who, overrule in ((ana, ""), (bo, ""), (bo, "yes")):
        answer = who.post("/desk/flood/status", {"status": "live", "overrule": overrule})
        assert answer.headers["Location"] == "/desk/flood/ready"
        assert status(stack, "flood") == "paused"
    assert "Resume all the same" in ana.page("/desk/flood/ready")
    assert "Resume all the same" not in bo.page("/desk/flood/ready")
    ana.post("/desk/flood/status", {"status": "live", "overrule": "yes"})
    assert status(stack, "flood") == "live"
    audit = json.loads(stack.postbag("audit", "flood", "--json").stdout)["audit"]
    told = [(one["by"], one["detail"]) for one in audit if one["deed"] == "overruled"]
    assert told == [(ana.email, "flood"), (None, "flood")]


def test_what_ends_too_late_cannot_go_live(stack: Stack, sign_in: Callable[..., AtDesk]) -> None:
    ana = sign_in("ana@live.example")
    ends = (datetime.now(UTC) + timedelta(days=2)).date()
    fields = campaign_fields("Late", "a@late.example", slug="late", goal="5000", ends=str(ends))
    assert ana.post("/desk/new", fields).status == 303
    assert ana.post("/desk/late/status", {"status": "live"}).headers["Location"].endswith("ready")
    page = html.unescape(ana.page("/desk/late/ready"))
    assert "At 30 an hour to each office the last of 5,000 letters would leave on" in page
    assert "Move the last day to" in page
    assert "letters an hour go to each office." in page
    assert status(stack, "late") == "draft"


def test_a_pace_is_shown_before_it_is_stored_and_acts(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    ana = sign_in("ana@live.example")
    stack.load("paced", "a@paced.example", pacing="per_target_per_hour = 30", more="goal = 600\n")
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    faster = {"per_hour": "60", "opens": "", "closes": "", "days": days}
    shown = ana.post("/desk/paced/pace", {**faster, "do": "look"}).body.decode()
    assert "With the change" in shown
    assert "30 letters" in shown
    assert "60 letters" in shown
    assert stored(stack, "paced").pacing.per_target_per_hour == 30
    flood = ana.post("/desk/paced/pace", {**faster, "per_hour": "400", "do": "save"})
    assert flood.status == 422
    assert FLOOD in flood.body.decode()
    assert ana.post("/desk/paced/pace", {**faster, "do": "save"}).status == 303
    assert stored(stack, "paced").pacing.per_target_per_hour == 60
    entry = json.loads(stack.postbag("audit", "paced", "--json").stdout)["audit"][0]
    assert (entry["deed"], entry["by"]) == ("paced", ana.email)
    assert entry["detail"] == "30/h → 60/h"


def test_an_open_campaign_becomes_a_flood_only_by_an_admins_word(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    """To save and to change the pace is checked as publishing is, and overruled in the same way."""
    ana, bo = sign_in("ana@live.example"), sign_in("bo@live.example", "organiser")
    fields = campaign_fields("Open", "a@open.example", slug="open-one")
    ana.post("/desk/new", fields)
    stack.postbag("organiser", "give", "bo@live.example", "open-one")
    ana.post("/desk/open-one/status", {"status": "live"})
    page = ana.page("/desk/open-one/edit")
    version = page.partition('name="version" value="')[2].partition('"')[0]
    flood = {**fields, "version": version, "per_hour": "400"}
    for path, changed in (("edit", flood), ("pace", {"per_hour": "400", "days": fields["days"]})):
        for who, act, may in ((ana, "save", True), (bo, "save", False), (bo, "overrule", False)):
            answer = who.post(f"/desk/open-one/{path}", {**changed, "do": act})
            assert answer.status == 422
            assert FLOOD in answer.body.decode()
            assert ("Store it all the same" in answer.body.decode()) is may
        assert stored(stack, "open-one").pacing.per_target_per_hour == 30
        assert ana.post(f"/desk/open-one/{path}", {**changed, "do": "overrule"}).status == 303
        assert stored(stack, "open-one").pacing.per_target_per_hour == 400
        stack.load("open-one", "a@open.example", pacing="per_target_per_hour = 30")
    audit = json.loads(stack.postbag("audit", "open-one", "--json").stdout)["audit"]
    told = [(one["by"], one["detail"]) for one in audit if one["deed"] == "overruled"]
    assert told == [(ana.email, "flood"), (ana.email, "flood")]


def test_the_command_line_warns_wherever_the_desk_would_refuse(
    stack: Stack, tmp_path: Path
) -> None:
    pacing, ends = "per_target_per_hour = 1", datetime.now(UTC).date() + timedelta(days=9)
    stack.load("thin", *(f"a@{n}.example" for n in range(9)), pacing=pacing,
               more=f"goal = 900\nends = {ends}\n")  # fmt: skip
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("name,email\nAna,a@1.example\n")
    done = stack.postbag("targets", "load", "thin", str(fewer))
    assert "Warning: At 1 an hour to each office the last of 900 letters" in done.stderr
    stack.postbag("campaign", "status", "thin", "draft")
    for status, is_warned in (("paused", True), ("live", True), ("paused", False)):
        said = stack.postbag("campaign", "status", "thin", status).stderr
        assert ("Warning: At 1 an hour" in said) is is_warned, status
