"""Each alert is set off once by what it watches, and is quiet while all is well.

Prometheus' own promtool plays the time: its rules are fed with figures, a minute at a time.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from rig import ROOT

RULES = ROOT / "deploy/prometheus/alerts.yml"
ANSWERS = 'postbag_sendgrid_answers_total{answer="taken"}'
EVENTS = 'postbag_http_requests_total{route="/webhooks/sendgrid",status="%s"}'

# Figures as promtool writes them: "0+1x60" goes up by one in each of 60 minutes.
WELL = {
    'postbag_sending_stopped{reason="behind"}': "0x240",
    'postbag_sending_stopped{reason="key_refused"}': "0x240",
    'postbag_sending_stopped{reason="out_of_credits"}': "0x240",
    'postbag_sending_stopped{reason="unreachable"}': "0x240",
    "postbag_strange_news": "0x240",
    "postbag_oldest_due_seconds": "20x240",
    "postbag_last_sweep_timestamp_seconds": "0+60x240",
    "postbag_workers": "2x240",
    "postbag_database_up": "1x240",
    "postbag_redis_up": "1x240",
    "postbag_waiting_for_word": "0x240",
    'postbag_complaint_ratio{campaign="trees"}': "0.0005x240",
    EVENTS % "204": "0+5x240",
    EVENTS % "403": "0x240",
    EVENTS % "500": "0x240",
    ANSWERS: "0+5x240",
    "postbag_last_event_timestamp_seconds": "0+60x240",
}
SET_OFF = {
    "PostbagBooksAreBehind": {'postbag_sending_stopped{reason="behind"}': "1x240"},
    "PostbagStrangeNews": {"postbag_strange_news": "1x240"},
    "PostbagKeyRefused": {'postbag_sending_stopped{reason="key_refused"}': "1x240"},
    "PostbagOutOfCredits": {'postbag_sending_stopped{reason="out_of_credits"}': "1x240"},
    "PostbagSendGridUnreachable": {'postbag_sending_stopped{reason="unreachable"}': "1x240"},
    "PostbagLettersAreLate": {"postbag_oldest_due_seconds": "0+60x240"},
    "PostbagNoSweep": {"postbag_last_sweep_timestamp_seconds": "0x240"},
    "PostbagNoWorker": {"postbag_workers": "0x240"},
    "PostbagDatabaseAway": {"postbag_database_up": "0x240"},
    "PostbagRedisAway": {"postbag_redis_up": "0x240"},
    "PostbagEventsRefused": {EVENTS % "204": "7x240", EVENTS % "403": "0+5x240"},
    "PostbagNoEvents": {"postbag_last_event_timestamp_seconds": "0x240"},
    "PostbagErrors": {EVENTS % "500": "0+10x240"},
    "PostbagLettersWaitForAWord": {"postbag_waiting_for_word": "3x240"},
    "PostbagComplaints": {'postbag_complaint_ratio{campaign="trees"}': "0.002x240"},
}
# A webhook that was wrong from the start: what never happened has no figures at all.
NEVER_AN_EVENT = {
    EVENTS % "204": None,
    EVENTS % "403": "0+5x240",
    "postbag_last_event_timestamp_seconds": None,
}
HOURS = 3


@dataclass(frozen=True)
class Rule:
    """What an alert says when it sounds."""

    labels: dict[str, str]
    annotations: dict[str, str]


def rules() -> dict[str, Rule]:
    """Give the rules by the names of their alerts."""
    found = re.findall(
        r"- alert: (\w+)\n.*?severity: (\w+)}\n.*?summary: ([^\n]+)\n\s+runbook: (\S+)",
        RULES.read_text(), re.DOTALL,
    )  # fmt: skip
    return {
        name: Rule({"severity": severity}, {"summary": summary, "runbook": runbook})
        for name, severity, summary, runbook in found
    }


def promtool(*words: str | Path) -> str:
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_ones_that_prometheus_takes() -> None:
    assert f"SUCCESS: {len(rules())} rules found" in promtool("check", "rules", RULES)


def test_every_alert_is_tried_here() -> None:
    assert rules().keys() == SET_OFF.keys()


@pytest.mark.parametrize("wrong", [None, *SET_OFF])
def test_what_is_wrong_sets_off_its_alert_and_no_other(wrong: str | None, tmp_path: Path) -> None:
    play(tmp_path, SET_OFF[wrong] if wrong else {}, {wrong} if wrong else set())


def test_a_webhook_that_was_wrong_from_the_start_sets_off_its_alerts(tmp_path: Path) -> None:
    play(tmp_path, NEVER_AN_EVENT, {"PostbagEventsRefused", "PostbagNoEvents"})


def test_before_anything_leaves_no_event_is_missed(tmp_path: Path) -> None:
    new = dict.fromkeys((ANSWERS, *NEVER_AN_EVENT), None)
    play(tmp_path, new, set())


def play(folder: Path, changes: Mapping[str, str | None], sounding: set[str]) -> None:
    """Let all be well but for `changes`, where None is no figures: these alerts sound, no other."""
    figures = {series: values for series, values in {**WELL, **changes}.items() if values}
    expected = [
        {
            "alertname": name,
            "eval_time": f"{HOURS}h",
            "exp_alerts": [
                {
                    "exp_labels": rule.labels
                    | ({"campaign": "trees"} if name == "PostbagComplaints" else {})
                    | ({"answer": "taken"} if name == "PostbagNoEvents" else {}),
                    "exp_annotations": rule.annotations,
                }
            ]
            if name in sounding
            else [],
        }
        for name, rule in rules().items()
    ]
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": s, "values": v} for s, v in figures.items()],
                "alert_rule_test": expected,
            }
        ],
    }
    file = folder / "alerts_test.yml"
    file.write_text(json.dumps(test))
    promtool("test", "rules", file)
