"""Judge a run by the stand-in's own books: what was lost, what was doubled, what nobody knows."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from letters.states import State
from letters.storage.schema import campaign, history, letter
from rig.servers import wait_for
from tests.support.stack import Stack
from worker.sweep import sweep

GOES_ON_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Verdict:
    """What the stand-in's books say of a campaign's letters, which agree with ours."""

    submitted: int
    taken: int
    unknown: int
    arrivals: tuple[float, ...]
    """When each request came in, taken or not, in Unix seconds."""

    @property
    def longest_gap_seconds(self) -> float:
        """Return the longest time in which nothing came in."""
        pairs = zip(self.arrivals, self.arrivals[1:], strict=False)
        return max((later - earlier for earlier, later in pairs), default=0.0)


def requests(stack: Stack) -> list[dict[str, Any]]:
    """Give the stand-in's entries, oldest first."""
    entries: list[dict[str, Any]] = stack.stand_in.request("GET", "/ledger.json").json()
    return entries


def taken(stack: Stack, kind: str = "letter_id") -> Counter[str]:
    """Count how often the stand-in took each letter, or each notice."""
    return Counter(e[kind] for e in requests(stack) if e["taken"] and e[kind])


def states(stack: Stack, slug: str) -> dict[str, State]:
    """Give the state of each letter of a campaign."""
    with stack.database.read() as connection:
        rows = connection.execute(
            select(letter.c.id, letter.c.state)
            .select_from(letter.join(campaign))
            .where(campaign.c.slug == slug, letter.c.kind == "letter")
        ).all()
    return {letter_id: State(state) for letter_id, state in rows}


def unsettled(stack: Stack, slug: str) -> list[tuple[State, int]]:
    """Give state and times taken of the letters that are not yet where they will stay.

    Delivered is what was taken, unknown is what was not.
    """
    found, times = states(stack, slug), taken(stack)
    return [
        (state, times[i])
        for i, state in found.items()
        if state is not (State.DELIVERED if times[i] else State.UNKNOWN)
    ]


def settle(stack: Stack, slug: str, seconds: float) -> None:
    """Wait until every letter is where it will stay."""
    left: list[tuple[State, int]] = []

    def is_settled() -> bool:
        left[:] = unsettled(stack, slug)
        return not left

    try:
        wait_for(is_settled, seconds)
    except AssertionError:
        raise AssertionError(f"unsettled, with times taken: {Counter(left)}") from None


def finish(stack: Stack, slug: str, seconds: float) -> None:
    """Let everything leave, and what dead workers claimed be found, without waiting for its age."""
    wait_for(lambda: State.QUEUED not in states(stack, slug).values(), seconds)
    stack.stop_workers()  # they give back what they had not begun to send
    sweep_later(stack)
    stack.start_worker()
    settle(stack, slug, seconds)


def judge(stack: Stack, slug: str, submitted: int) -> Verdict:
    """Hold our books against the stand-in's: none lost, none twice, and the desk shows the same."""
    found = states(stack, slug)
    assert len(found) == submitted
    entries = [entry for entry in requests(stack) if entry["letter_id"] in found]
    times = Counter(entry["letter_id"] for entry in entries if entry["taken"])
    assert set(times.values()) <= {1}, Counter(times.values())
    assert set(taken(stack, "notice_id").values()) <= {1}
    for letter_id, state in found.items():
        assert state is (State.DELIVERED if letter_id in times else State.UNKNOWN)

    books = stack.books(slug)  # they reconcile
    shown = json.loads(see_desk(stack, f"/{slug}/ledger.json"))
    assert shown["states"] == books["states"]
    assert shown["submitted"] == submitted
    assert shown["states"]["delivered"] == len(times)
    assert shown["states"]["unknown"] == submitted - len(times)
    arrivals = tuple(sorted(entry["received_at"] for entry in entries))
    return Verdict(submitted, len(times), submitted - len(times), arrivals)


def see_desk(stack: Stack, path: str) -> str:
    """Give a page of the organisers' desk."""
    answer = stack.get(f"/desk{path}", Cookie=stack.at_desk("olu@postbag.example"))
    assert answer.status == 200
    return answer.body.decode()


def sweep_later(stack: Stack, seconds: float = 60.0) -> int:
    """Sweep as it will be in a while; give how many letters changed. No worker may be alive."""
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    return sweep(stack.database, stack.settings, later).found


def causes(stack: Stack, slug: str) -> Counter[str]:
    """Count what has happened to a campaign's letters, by kind of cause."""
    with stack.database.read() as connection:
        return Counter(
            connection.execute(
                select(history.c.cause)
                .select_from(history.join(letter).join(campaign))
                .where(campaign.c.slug == slug)
            ).scalars()
        )


def goes_on(stack: Stack, since: float) -> Callable[[], bool]:
    """Give a question: has a request come in after `since`, in Unix seconds?"""
    return lambda: any(entry["received_at"] > since for entry in requests(stack)[-1:])


def most_in_a_second(stack: Stack, since: float = 0.0) -> int:
    """Count the requests in the fullest second, wherever it begins: letters and notices."""
    arrivals = sorted(e["received_at"] for e in requests(stack) if e["received_at"] >= since)
    most = first = 0
    for last, arrival in enumerate(arrivals):
        while arrival - arrivals[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
