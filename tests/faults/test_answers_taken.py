"""Web processes are killed at each step of taking an answer. It is passed on exactly once.

Each message is posted five times at once, to two processes of which each dies once at that step; a
post that gets no answer is posted again, as SendGrid does. Then the worker that passes them on dies
as well. The short run takes every sixth step, and one of the processes dies.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from letters.states import State
from letters.storage.schema import answer, letter
from rig.inbound import PATH, parsed_post, raw_message, raw_post
from rig.servers import wait_for
from sandbox.behaviour.events import signature_headers
from tests.answers.office import THROUGH_US
from tests.faults.conftest import StartStack
from tests.faults.judge import sweep_later, taken
from tests.faults.test_crashes import deaths
from tests.support.books import Books, settings
from tests.support.stack import REPLY_DOMAIN, SECRET_KEY, Stack
from worker.failpoints import Step

SLUG = "answered"
FAST = "per_target_per_hour = 360000"
COPIES, PROCESSES, EVERY = 5, 2, 6
SETTLED_WITHIN_SECONDS = 60.0
TRIES = 50


@dataclass
class Inbound:
    """SendGrid's end, and the letters that are answered."""

    stack: Stack
    deaths: Path
    letters: Iterator[str]
    dying: int
    """So many processes die at a step."""
    messages: int = 0
    retries: int = 0

    @classmethod
    def of(cls, stack: Stack, deaths: Path, dying: int, number: int) -> "Inbound":
        """Let so many letters arrive."""
        books = Books(stack.database, datetime.now(UTC), settings(SECRET_KEY=SECRET_KEY))
        stack.load(SLUG, "minister@harbours.example", pacing=FAST, more=THROUGH_US)
        for _ in range(number):
            books.write(SLUG)
        ids = []
        while sent := books.send():
            ids += [one.letter_id for one in sent]
            books.wait(seconds=10)
        return cls(stack, deaths, iter(ids), dying)

    def answer(self, step: int) -> bool:
        """Answer one letter, and let processes die at a step; tell whether one came to it."""
        to = f"{self.stack.tokens.reply(next(self.letters))}@{REPLY_DOMAIN}"
        is_automatic = self.messages % 3 == 2
        headers = ["Auto-Submitted: auto-replied"] if is_automatic else []
        body, kind = (
            parsed_post(to, headers=headers)
            if self.messages % 2
            else raw_post(to, raw_message(to, "Yes.", "Re: trees", *headers))
        )
        self.messages += 1
        for n in range(self.dying):
            (self.deaths / f"{step}-{n}").touch()
        with ThreadPoolExecutor(COPIES) as threads:
            list(threads.map(lambda _: self.post(body, kind), range(COPIES)))
        left = list(self.deaths.iterdir())
        for death in left:
            death.unlink()
        return len(left) < self.dying

    def post(self, body: bytes, kind: str) -> None:
        """Post a message until it is taken."""
        signed = signature_headers(self.stack.inbound_key, body, time.time())
        for _ in range(TRIES):
            try:
                status = self.stack.put(PATH, body, {"Content-Type": kind, **signed}).status
            except aiohttp.ClientError:
                self.retries += 1
                continue
            assert status == 204, status
            return
        raise AssertionError("never taken")


def relays(stack: Stack) -> dict[str, State]:
    """Give the state of what passes each answer on, by its id."""
    with stack.database.read() as connection:
        found = select(answer.c.relay_id, letter.c.state).select_from(
            answer.outerjoin(letter, letter.c.id == answer.c.relay_id)
        )
        return {relay_id: State(state) for relay_id, state in connection.execute(found)}


def let_the_worker_die(stack: Stack, step: Step) -> None:
    """Let a worker pass some answers on until it dies at a step."""
    before = deaths(stack)
    worker = stack.start_worker(POSTBAG_FAILPOINT=step)
    wait_for(lambda: deaths(stack) > before)
    stack.kill_worker(worker)
    stack.workers.remove(worker)
    sweep_later(stack)


@pytest.mark.long
def test_an_answer_is_passed_on_once_wherever_the_web_dies(
    start_stack: StartStack, tmp_path: Path, is_long: bool, say: Callable[[str], None]
) -> None:
    dying = tmp_path / "deaths"
    dying.mkdir()
    stack = start_stack(
        worker_count=0,
        SEND_TIMEOUT="1",
        WEB_CONCURRENCY=str(PROCESSES),
        PYTHONPATH=str(Path(__file__).with_name("dying_web")),
        DEATHS=str(dying),
    )
    inbound = Inbound.of(stack, dying, PROCESSES if is_long else 1, 80 if is_long else 8)
    step, worker_steps = 0, cycle(Step)
    while inbound.answer(step):
        if is_long:
            inbound.answer(step)
            if step < len(Step):
                let_the_worker_die(stack, next(worker_steps))
        step += 1 if is_long else EVERY
    if not is_long:
        let_the_worker_die(stack, Step.BYTES_OUT)
    stack.start_worker()
    ends = {State.DELIVERED, State.UNKNOWN}
    wait_for(lambda: set(relays(stack).values()) <= ends, SETTLED_WITHIN_SECONDS)
    stack.stop_workers()

    times = taken(stack, "notice_id")
    assert set(times.values()) <= {1}
    # News of what was taken as a worker died may still be on its way, and settles it.
    wait_for(lambda: all(times[i] == (s is State.DELIVERED) for i, s in relays(stack).items()))
    found = relays(stack)
    assert len(found) == inbound.messages
    assert step > 6
    books = stack.books(SLUG)  # they reconcile
    programs = inbound.messages // 3
    assert books["answers"] == {"people": inbound.messages - programs, "automatic": programs}
    assert sum(books["notices"].values()) == inbound.messages + books["submitted"]
    unknown = Counter(found.values())[State.UNKNOWN]
    say(
        f"{step} steps: {inbound.messages} messages, each posted {COPIES} times at once, with "
        f"{inbound.retries} posts that died on the way: {inbound.messages - unknown} passed on "
        f"once, {unknown} visibly unknown"
    )
