"""Every way in which an answer can be lost, half of the letters being taken all the same.

The short run loses four answers of each kind; with --long a hundred.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from letters.states import State
from rig.servers import wait_for
from tests.faults.at_stake import write
from tests.faults.conftest import StartStack
from tests.faults.judge import causes, requests, see_desk, settle, states, sweep_later, taken
from tests.support.stack import Stack

GRACE_SECONDS = 1
MOST_SHOWN = 50  # the desk shows the newest
KINDS: dict[str, dict[str, object]] = {
    "reset": {"mode": "reset"},
    "hang": {"mode": "hang"},
    "hang-then-reset": {"mode": "hang", "seconds": 0.2},
    "drip": {"mode": "drip"},
    "endless": {"mode": "endless", "status": 500},
    "200": {"mode": "status", "status": 200},
    "302": {"mode": "status", "status": 302, "headers": {"Location": "/elsewhere"}},
    "500": {"mode": "status", "status": 500},
    "503": {"mode": "status", "status": 503, "headers": {"Retry-After": "1"}},
}
"""A reset comes once the whole request is in; whether the letter is taken is told for each half."""


def order(stack: Stack, slug: str, each: int) -> None:
    """Let the answers of each kind be lost so often with the letter taken, and so often without."""
    stack.stand_in.order(
        [
            {**fault, "match": f"@{kind}.{slug}.example", "accept": accept, "count": each}
            for kind, fault in KINDS.items()
            for accept in (True, False)
        ]
    )


def kinds_of(stack: Stack) -> Counter[tuple[str, bool]]:
    """Count the requests of letters by the kind of loss, and by whether they were taken."""
    return Counter(
        (entry["to"].partition("@")[2].partition(".")[0], entry["taken"])
        for entry in requests(stack)
        if entry["letter_id"]
    )


def test_lost_answers_are_settled_by_events_or_by_a_person(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    half, slug = (50 if is_long else 2), "lost"
    stack = start_stack(SEND_TIMEOUT="1", UNKNOWN_GRACE=str(GRACE_SECONDS))
    order(stack, slug, half)
    stack.load(slug, *(f"delivered@{kind}.{slug}.example" for kind in KINDS))
    write(stack, slug, 2 * half)
    settle(stack, slug, 300 + half)
    settled_at = time.time()

    assert kinds_of(stack) == {(kind, was): half for kind in KINDS for was in (True, False)}
    number = half * len(KINDS)
    assert Counter(states(stack, slug).values()) == {
        State.DELIVERED: number,
        State.UNKNOWN: number,
    }
    wait_for(lambda: time.time() > settled_at + GRACE_SECONDS)
    page = see_desk(stack, f"/{slug}")
    shown = [i for i in states(stack, slug) if i in page]
    assert len(shown) == min(number, MOST_SHOWN)
    assert {states(stack, slug)[i] for i in shown} == {State.UNKNOWN}

    stack.stop_workers()
    sweep_later(stack, timedelta(days=2).total_seconds())
    assert set(taken(stack).values()) == {1}
    assert len([e for e in requests(stack) if e["letter_id"]]) == 2 * number  # none again
    say(
        f"{len(KINDS)} kinds, {2 * half} times each: {number} taken and settled by their events, "
        f"{number} not taken and left for a person; none was sent again"
    )


def test_proven_lost_goes_again_only_while_events_come(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    half, slug = (50 if is_long else 2), "proven"
    stack = start_stack(SEND_TIMEOUT="1", UNKNOWN_GRACE=str(GRACE_SECONDS))
    stack.load("later", "delivered@later.example")
    stack.stand_in.order({"events": {"hold": True}})
    order(stack, slug, half)
    stack.load(
        slug,
        *(f"delivered@{kind}.{slug}.example" for kind in KINDS),
        pacing='per_target_per_hour = 3600000\nresend_unknown = "when-proven"',
    )
    submitted = write(stack, slug, 2 * half)
    wait_for(lambda: set(states(stack, slug).values()) == {State.UNKNOWN}, 300 + half)

    # Later letters leave, but no event of theirs comes: nothing is proven, however long it takes.
    write(stack, "later", 1)
    wait_for(lambda: set(states(stack, "later").values()) == {State.ACCEPTED})
    assert sweep_later(stack, seconds=20) == 0
    assert set(states(stack, slug).values()) == {State.UNKNOWN}

    stack.stand_in.order({"mode": "release-events"})
    write(stack, "later", 1)
    wait_for(lambda: set(states(stack, slug).values()) == {State.DELIVERED}, 300 + half)
    times = taken(stack)
    assert {times[i] for i in states(stack, slug)} == {1}
    number = half * len(KINDS)
    assert causes(stack, slug)["again"] == number
    assert len([e for e in requests(stack) if e["letter_id"] in states(stack, slug)]) == (
        submitted + number
    )
    say(
        f"{len(KINDS)} kinds, {2 * half} times each: none again without events; with them "
        f"{number} not taken were sent again and taken once, {number} taken were not"
    )
