"""One worker's clock is an hour wrong. It sends as the others do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from letters.states import State
from letters.storage.schema import attempt, history
from rig.servers import Valkey, wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import causes, judge, requests, settle, states
from tests.support.seldom import seldom

SLUG = "clock"
HOUR_SECONDS = 3600
SETTLED_WITHIN_SECONDS = 60.0


def wrong_clock(seconds: int) -> dict[str, str]:
    """Give the environment of a worker whose clock is so far ahead."""
    return {
        "PYTHONPATH": str(Path(__file__).with_name("wrong_clock")),
        "WRONG_CLOCK_SECONDS": str(seconds),
    }


@pytest.mark.parametrize(
    "ahead",
    [
        pytest.param(HOUR_SECONDS, id="ahead"),
        seldom(-HOUR_SECONDS, id="behind"),
    ],
)
def test_a_wrong_clock_starves_no_letter_and_doubles_none(
    ahead: int, start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    stack = start_stack(SEND_TIMEOUT="1", SEND_RATE="50")
    stack.start_worker(**wrong_clock(ahead))
    # An hour's cap that a clock an hour ahead would break, and an hour behind would stretch.
    load(stack, SLUG, targets=10, pacing="per_target_per_hour = 3600")
    submitted = write(stack, SLUG, 30 if is_long else 5)
    settle(stack, SLUG, SETTLED_WITHIN_SECONDS)
    verdict = judge(stack, SLUG, submitted)
    assert verdict.unknown == 0
    assert set(causes(stack, SLUG)) <= {"written", "taken", "deliver"}  # nobody was presumed dead
    with stack.database.read() as connection:
        latest = connection.execute(select(func.max(attempt.c.claimed_at))).scalar_one()
    assert abs(latest - datetime.now(UTC)) < timedelta(minutes=5)
    say(f"{verdict.taken} letters of two workers taken once, none unknown")


@pytest.mark.parametrize(
    "ahead",
    [
        seldom(HOUR_SECONDS, id="ahead"),
        pytest.param(-HOUR_SECONDS, id="behind"),
    ],
)
def test_a_worker_with_a_wrong_clock_sends_alone(ahead: int, start_stack: StartStack) -> None:
    stack = start_stack(worker_count=0, SEND_TIMEOUT="1", SEND_RATE="50")
    stack.start_worker(**wrong_clock(ahead))
    load(stack, SLUG, targets=10)
    submitted = write(stack, SLUG, 5)
    settle(stack, SLUG, SETTLED_WITHIN_SECONDS)
    assert judge(stack, SLUG, submitted).unknown == 0


@pytest.mark.long
def test_a_wrong_clock_abandons_no_claim_while_redis_is_away(
    start_stack: StartStack, own_valkey: Valkey
) -> None:
    stack = start_stack(worker_count=0, SEND_TIMEOUT="12", SEND_RATE="50")
    stack.start_worker(**wrong_clock(HOUR_SECONDS))
    load(stack, SLUG, targets=1)
    stack.stand_in.order({"mode": "hang", "accept": False, "seconds": 6})
    write(stack, SLUG, 1)
    wait_for(lambda: any(entry["letter_id"] for entry in requests(stack)))
    own_valkey.kill()
    try:
        wait_for(lambda: set(states(stack, SLUG).values()) == {State.UNKNOWN})
    finally:
        own_valkey.start()
    with stack.database.read() as connection:
        said = connection.execute(
            select(history.c.detail).where(history.c.state == State.UNKNOWN)
        ).scalars()
        assert "its worker stopped" not in set(said)  # it was in flight, and brought its answer
