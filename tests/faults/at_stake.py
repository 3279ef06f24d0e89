"""Write the letters that a fault puts at stake, as supporters' submissions do."""

import secrets
from datetime import UTC, datetime

from letters.intake import Intake
from letters.storage import campaigns
from letters.submission import Draft, Submission
from tests.stack import Stack


def load(stack: Stack, slug: str, targets: int, pacing: str = "") -> None:
    """Load a live campaign with so many targets, all of whose mail is delivered."""
    stack.load(slug, *(f"delivered@t{n}.{slug}.example" for n in range(targets)), pacing=pacing)


def write(stack: Stack, slug: str, writers: int) -> int:
    """Let so many supporters write to every target; return the number of letters."""
    with stack.database.read() as connection:
        stored = campaigns.find(connection, slug)
    assert stored is not None
    drafts = tuple(Draft(target.id, "Trees", "Dear Minister,") for target in stored.targets)
    for _ in range(writers):
        token_id = secrets.token_hex(16)
        new = Submission(
            token_id, "Ana", f"{token_id}@readers.example", "", "", (), 0, opt_in=False,
            drafts=drafts,
        )  # fmt: skip
        Intake(stack.database, stack.tokens, stack.url).take(stored, new, datetime.now(UTC))
    return writers * len(drafts)
