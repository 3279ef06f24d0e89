"""What becomes of a letter when SendGrid misbehaves. The stand-in's own books are the judge."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from letters.campaigns import store
from letters.notices import post
from letters.notices.notice import Notice
from letters.sending import gate
from letters.storage.schema import account as account_table
from letters.storage.schema import letter
from rig.servers import wait_for
from tests.support.stack import Stack

_numbers = count(1)


@pytest.fixture
def slug(stack: Stack) -> Iterator[str]:
    made = f"fault-{next(_numbers)}"
    stack.load(made, f"delivered@{made}.example")
    yield made
    stack.stand_in.request("DELETE", "/chaos")
    with stack.database.write() as connection:
        gate.recover(connection)
        connection.execute(update(account_table).values(not_before=None))


def order(stack: Stack, slug: str, **fault: object) -> None:
    stack.stand_in.order({"match": f"@{slug}.example", **fault})


def taken(stack: Stack, slug: str) -> int:
    """Count how often the stand-in took this campaign's letter."""
    entries = stack.stand_in.request("GET", "/ledger.json").json()
    mine = [entry for entry in entries if str(entry["to"]).endswith(f"@{slug}.example")]
    times = Counter(entry["letter_id"] for entry in mine if entry["taken"])
    return max(times.values(), default=0)


def write(stack: Stack, slug: str) -> None:
    assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303


def letter_id(stack: Stack, slug: str, state: str) -> str:
    wait_for(lambda: stack.states(slug) == {state: 1})
    with stack.database.read() as connection:
        rows = connection.execute(
            select(letter.c.id).where(letter.c.kind == "letter").order_by(letter.c.id.desc())
        )
        return str(rows.scalars().first())


@pytest.mark.parametrize(
    "fault",
    [
        {"mode": "accept-then-reset"},
        {"mode": "status", "status": 500, "accept": True},
        {"mode": "accept-then-hang", "seconds": 10},
        {"mode": "status", "status": 302, "accept": True},
    ],
)
def test_a_lost_answer_is_settled_by_the_event(
    stack: Stack, slug: str, fault: dict[str, object]
) -> None:
    order(stack, slug, **fault)
    write(stack, slug)
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert taken(stack, slug) == 1


@pytest.mark.parametrize(("word", "state"), [("sent", "accepted"), ("failed", "failed")])
def test_what_is_unknown_waits_for_a_persons_word(
    stack: Stack, slug: str, word: str, state: str
) -> None:
    order(stack, slug, mode="reset-before")
    write(stack, slug)
    found = letter_id(stack, slug, "unknown")
    assert taken(stack, slug) == 0
    assert stack.postbag("letter", "settle", found, word).returncode == 0
    assert stack.states(slug) == {state: 1}
    refused = stack.postbag("letter", "settle", found, word)
    assert refused.returncode == 1
    assert state in refused.stderr


def test_a_refused_letter_can_be_queued_again(stack: Stack, slug: str) -> None:
    order(stack, slug, mode="status", status=400, accept=False, count=1)
    write(stack, slug)
    found = letter_id(stack, slug, "failed")
    assert stack.postbag("letter", "again", found).returncode == 0
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert taken(stack, slug) == 1


def test_a_429_waits_and_uses_nothing_up(stack: Stack, slug: str) -> None:
    order(stack, slug, mode="status", status=429, accept=False, count=2,
          headers={"Retry-After": "1"})  # fmt: skip
    write(stack, slug)
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert taken(stack, slug) == 1


def test_a_refused_key_stops_all_sending_until_it_works(stack: Stack, slug: str) -> None:
    order(stack, slug, mode="status", status=401, accept=False)
    write(stack, slug)

    def stopped() -> bool:
        with stack.database.read() as connection:
            return gate.look(connection).refused

    wait_for(stopped)
    wait_for(lambda: stack.states(slug) == {"queued": 1})
    assert stack.postbag("doctor").returncode == 1
    stack.stand_in.request("DELETE", "/chaos")
    with stack.database.write() as connection:  # the minute until the probe is over
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(account_table).values(not_before=past))
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    wait_for(lambda: not stopped())  # the event can be there before the answer is recorded
    assert taken(stack, slug) == 1


def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(stack: Stack, slug: str) -> None:
    order(stack, slug, mode="accept-then-hang", seconds=10)
    write(stack, slug)
    wait_for(lambda: taken(stack, slug) == 1)
    stack.kill_worker(stack.workers.pop())
    stack.start_worker()
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert taken(stack, slug) == 1


def test_what_nobody_foresaw_is_left_for_a_person_at_once(stack: Stack, slug: str) -> None:
    # SendGrid's library raises a KeyError for such an address; no form and no file lets one in.
    with stack.database.write() as connection:
        stored = store.find(connection, slug)
        notice_id = post.post(
            connection,
            stack.tokens,
            Notice("S", "B"),
            post.Purpose.TEST,
            "not an address",
            datetime.now(UTC),
            stored.id,
        )

    def state() -> str:
        with stack.database.read() as connection:
            found = select(letter.c.state).where(letter.c.id == notice_id)
            return str(connection.execute(found).scalar_one())

    wait_for(lambda: state() == "unknown")
    write(stack, slug)
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
