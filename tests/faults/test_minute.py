"""Three web servers and two workers: a campaign opens and ends at its minute, once, for all."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from letters.storage.schema import campaign, history
from rig.servers import wait_for
from tests.conftest import AtMost
from tests.faults.conftest import StartStack
from tests.faults.test_clock import wrong_clock
from tests.support.stand_in import StandInProcess

SLUG = "minute"
END = datetime(2027, 4, 1, tzinfo=UTC)
"""Of the last day, by UTC. The servers' clocks are set shortly before it."""
LEAD = timedelta(seconds=90)
OPENS = END - timedelta(seconds=20)
WITHIN_SECONDS = 2.0


def told(web: StandInProcess) -> str:
    """Give what one server says of the campaign."""
    answer = web.request("GET", f"/c/{SLUG}")
    if answer.status == 410:
        return "over"
    return "open" if b'name="token"' in answer.body else "not yet"


@dataclass(frozen=True, slots=True)
class Change:
    """A server says something else than before."""

    said: str
    last_asked: datetime
    """When it was asked for the last time that it still said what it had said before."""
    seen: datetime


def watch(web: StandInProcess, ahead: timedelta) -> list[Change]:
    """Give each change in what a server says until it is over."""
    changes: list[Change] = []
    said, last_asked = "", datetime.now(UTC) + ahead
    while said != "over":
        asked = datetime.now(UTC) + ahead
        before, said = said, told(web)
        if said != before:
            changes.append(Change(said, last_asked, datetime.now(UTC) + ahead))
        last_asked = asked
        time.sleep(0.05)
    return changes


def test_it_opens_and_is_over_at_its_minute_on_every_server(
    start_stack: StartStack, at_most: AtMost, say: Callable[[str], None]
) -> None:
    ahead = END - LEAD - datetime.now(UTC)
    stack = start_stack(worker_count=0, **wrong_clock(int(ahead.total_seconds())))
    ahead = timedelta(seconds=int(ahead.total_seconds()))
    more = f"opens = {OPENS:%Y-%m-%dT%H:%M:%S}\nends = {END - timedelta(days=1):%Y-%m-%d}\n"
    stack.load(SLUG, f"delivered@{SLUG}.example", more=more)
    webs = [StandInProcess(url=stack.url), stack.start_another_web(), stack.start_another_web()]
    with ThreadPoolExecutor(len(webs)) as pool:
        seen = list(pool.map(lambda web: watch(web, ahead), webs))
    for changes in seen:
        assert [one.said for one in changes] == ["not yet", "open", "over"]  # each once
        for one, moment in zip(changes[1:], (OPENS, END), strict=True):
            assert one.seen >= moment
            at_most((one.last_asked - moment).total_seconds(), WITHIN_SECONDS)
            say(f"{one.said}, seen {(one.seen - moment).total_seconds():.2f} s after its minute")


def test_what_waits_expires_at_the_end_once_with_two_workers(
    start_stack: StartStack, at_most: AtMost, say: Callable[[str], None]
) -> None:
    stack = start_stack(worker_count=2, SEND_TIMEOUT="15")
    stack.load(SLUG, f"delivered@{SLUG}.example", pacing="per_target_per_hour = 1")
    for _ in range(5):
        assert stack.post(f"/c/{SLUG}", stack.form(SLUG)).status == 303
    wait_for(lambda: stack.states(SLUG) == {"queued": 4, "delivered": 1})
    end = datetime.now(UTC) + timedelta(seconds=8)
    with stack.database.write() as connection:  # no zone has its midnight in eight seconds
        connection.execute(update(campaign).where(campaign.c.slug == SLUG).values(ends_at=end))
    wait_for(lambda: stack.states(SLUG) == {"expired": 4, "delivered": 1})
    with stack.database.read() as connection:
        expired = history.c.state == "expired"
        number, first, last = connection.execute(
            select(func.count(), func.min(history.c.at), func.max(history.c.at)).where(expired)
        ).one()
    assert number == 4
    assert first >= end
    at_most((last - end).total_seconds(), WITHIN_SECONDS)
    say(f"{(last - end).total_seconds():.2f} s after its minute")
