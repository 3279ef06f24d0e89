"""Nothing that anybody types, no address and no token stands in a log, whatever comes in."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from letters.storage.schema import submission, target
from letters.tokens import Tokens
from rig.servers import Valkey, wait_for
from tests.server.test_arrivals import MALFORMED, ask
from tests.support.stack import SECRET_KEY, Stack

# Each could only come from what somebody typed.
CANARIES = {
    "name": "Ana Can4ry-Name",
    "email": "can4ry.address@readers.example",
    "subject": "A can4ry subject",
    "reason": "My can4ry reason",
    "body": "My can4ry letter.",
}


def test_a_whole_run_leaves_no_word_of_anybody_in_any_log(
    make_database_url: Callable[[], str], valkey: Valkey, tmp_path: Path
) -> None:
    with Stack(tmp_path, make_database_url(), valkey.new_database(), LOG_FORMAT="json") as running:
        to = "bounced@can4ry-office.example"
        running.load("birds", to, more='confirm = "before-sending"\n')
        assert running.post("/c/birds", running.form("birds", **CANARIES)).status == 303
        path = running.receipt_path(CANARIES["email"]).removesuffix("/confirm")
        shown = running.get(f"{path}/confirm").body.decode()
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', shown))
        assert running.post(f"{path}/confirm", fields).status == 303
        wait_for(lambda: running.states("birds").get("bounced") == 1)
        for bad in ("", "x", "\u2026", "/edit", "//"):
            running.get(f"{path}{bad}")
        running.post("/desk/sign-in", {"email": CANARIES["email"]})
        running.post("/c/birds", {**CANARIES, "name": "Can4ry\0"})
        made = Tokens((SECRET_KEY,))
        with running.database.read() as connection:
            target_id = connection.execute(select(target.c.id)).scalar_one()
            submission_id = connection.execute(select(submission.c.id)).scalar_one()
        tokens = {
            "l": path.removeprefix("/l/"),
            "o": made.office(target_id),
            "u": made.updates(submission_id),
        }
        for door, token in tokens.items():
            for bad in ("", "x", "\u2026", "//"):
                running.get(f"/{door}/{token}{bad}")
            running.post(f"/{door}/{token}", {"word": "can4ry"})
            for request in MALFORMED.values():
                asked = request.replace(b"/l/", b"/%b/" % door.encode())
                ask(running, asked.replace(b"can4ry-of-a-token", token.encode()))
        for request in MALFORMED.values():
            ask(running, request)
    logs = sorted(tmp_path.glob("*.log"))
    assert {log.name for log in logs} >= {"web.log", "worker-0.log"}
    for log in logs:
        for line in log.read_text().splitlines():
            assert set(json.loads(line)) >= {"time", "level", "logger", "message"}, log.name
            assert "can4ry" not in line.lower(), log.name
            assert not [token for token in tokens.values() if token in line], log.name
            assert "127.0.0.1" not in line, log.name
