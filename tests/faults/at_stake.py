"""Write the letters that a fault puts at stake, as supporters' submissions do."""

import secrets
from datetime import UTC, datetime

from letters.campaigns import store
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.submission import Draft, Submission
from tests.support.stack import Stack


def load(stack: Stack, slug: str, targets: int, pacing: str = "") -> None:
    """Load a live campaign with so many targets, all of whose mail is delivered."""
    stack.load(slug, *(f"delivered@t{n}.{slug}.example" for n in range(targets)), pacing=pacing)


def write(stack: Stack, slug: str, writers: int) -> int:
    """Let so many supporters write to every target; return the number of letters."""
    with stack.database.read() as connection:
        stored = store.find(connection, slug)
    assert stored is not None
    drafts = tuple(Draft(target.id, "Trees", "Dear Minister,") for target in stored.targets)
    for _ in range(writers):
        token_id = secrets.token_hex(16)
        new = Submission(
            token_id, "Ana", f"{token_id}@readers.example", "", "", (), 0, opt_in=False,
            drafts=drafts,
        )  # fmt: skip
        Intake(stack.database, Links(stack.url, stack.tokens)).take(stored, new, datetime.now(UTC))
    return writers * len(drafts)
