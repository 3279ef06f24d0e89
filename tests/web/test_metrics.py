"""What an operator may count, and that what is documented is there."""

import re
from pathlib import Path

from letters.sending.outcomes import Answer
from rig import ROOT
from rig.servers import wait_for
from tests.support.stack import Stack


def metrics(stack: Stack) -> str:
    return stack.get("/metrics").body.decode()


def test_a_campaign_in_preparation_is_not_counted_in_public(stack: Stack) -> None:
    stack.load("in-preparation", more="")
    assert 'campaign="in-preparation"' in metrics(stack)
    stack.postbag("campaign", "status", "in-preparation", "draft")
    assert "in-preparation" not in metrics(stack)
    assert stack.get("/c/in-preparation").status == 404


def test_what_leaves_and_what_comes_is_counted(stack: Stack) -> None:
    stack.load("measured", "delivered@measured.example")
    form = stack.form("measured")
    taken = f'postbag_sendgrid_answers_total{{answer="{Answer.TAKEN}"}}'
    before = number(metrics(stack), taken)
    assert stack.post("/c/measured", form).status == 303
    wait_for(lambda: stack.states("measured") == {"delivered": 1})
    # The event can be there before the answer is recorded, and so before it is counted.
    wait_for(lambda: number(metrics(stack), taken) >= before + 1)
    told = metrics(stack)
    assert 'postbag_letters{campaign="measured",state="delivered"} 1.0' in told
    post = 'postbag_http_requests_total{method="POST",route="/c/<slug>",status="303"}'
    assert number(told, post) >= 1
    assert number(told, "postbag_workers") >= 1
    assert number(told, 'postbag_sending_stopped{reason="behind"}') == 0


def test_who_calls_a_letter_unwanted_is_counted(stack: Stack) -> None:
    stack.load("unwanted", "spam@unwanted.example", "delivered@unwanted.example")
    complaints = 'postbag_complaint_ratio{campaign="unwanted"}'
    assert number(metrics(stack), complaints) == 0
    assert stack.post("/c/unwanted", stack.form("unwanted")).status == 303
    # Two targets, two letters delivered, and one of them reported.
    wait_for(lambda: number(metrics(stack), complaints) == 0.5)


def number(told: str, name: str) -> float:
    (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE)
    return float(value)


def names(told: str) -> set[str]:
    """Give the names of all series, as a query would use them."""
    return {
        line.partition("{")[0].partition(" ")[0] for line in told.splitlines() if line[0] != "#"
    }


def test_every_metric_is_documented_and_every_documented_one_is_there(stack: Stack) -> None:
    stack.get("/nowhere")  # something is refused
    page = (ROOT / "docs/operations/metrics.md").read_text()
    documented = set(re.findall(r"^\| `(postbag_\w+)", page, re.MULTILINE))
    there = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in names(metrics(stack))}
    assert there == documented


def test_alerts_and_dashboard_ask_for_what_is_there(stack: Stack) -> None:
    stack.get("/nowhere")
    there = names(metrics(stack))
    for file in (Path("prometheus/alerts.yml"), Path("grafana/postbag.json")):
        asked = set(re.findall(r"\bpostbag_\w+", (ROOT / "deploy" / file).read_text()))
        assert asked
        assert asked <= there, asked - there


def test_every_alert_has_a_page(stack: Stack) -> None:
    rules = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    page = (ROOT / "docs/operations/alerts.md").read_text()
    alerts = re.findall(r"^\s+- alert: (\w+)$", rules, re.MULTILINE)
    assert alerts
    for alert in alerts:
        assert f"## {alert}\n" in page
        assert f"docs/operations/alerts.md#{alert.lower()}" in rules
