"""Desk, command line, spreadsheet and SendGrid's own side tell the same of every letter, always."""

import csv
import html
import io
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaigns import store
from letters.desk import figures
from letters.desk.figures import Series
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.states import Cause
from letters.submission import Draft, Submission
from rig.servers import Valkey, wait_for
from tests.support.stack import Stack

# SendGrid has these for sure; of a letter in doubt it may; of all others it knows nothing.
PROVEN = {"accepted", "deferred", "delivered", "bounced", "dropped"}
IN_DOUBT = {"sending", "unknown"}
OFFICES = ("delivered", "blocked", "deferred", "anybody")


@pytest.fixture
def slow_stack(
    make_database_url: Callable[[], str], valkey: Valkey, tmp_path: Path
) -> Iterator[Stack]:
    """Give a stack that sends slowly enough to be looked at while it does."""
    with Stack(tmp_path, make_database_url(), valkey.new_database(), SEND_RATE="60") as running:
        yield running


class Watcher:
    """Looks at one campaign from every side."""

    def __init__(self, stack: Stack, slug: str) -> None:
        self.stack, self.slug = stack, slug
        self._cookie = stack.at_desk("desk@postbag.example")

    def _get(self, path: str) -> str:
        answer = self.stack.get(f"/desk/{self.slug}{path}", Cookie=self._cookie)
        assert answer.status == 200
        return answer.body.decode()

    def desk_json(self) -> dict[str, Any]:
        """Give ledger.json; its targets must add up to its states."""
        found: dict[str, Any] = json.loads(self._get("/ledger.json"))
        by_state: Counter[str] = Counter()
        for states in found["targets"].values():
            by_state.update(states)
        assert {s: n for s, n in by_state.items() if n} == self.nonzero(found["states"])
        assert sum(found["states"].values()) == found["submitted"]
        return found

    @staticmethod
    def nonzero(states: dict[str, int]) -> dict[str, int]:
        return {state: n for state, n in states.items() if n}

    def sentence(self) -> list[int]:
        """Give the numbers of the page's sentence, the total first; it must add up."""
        (words,) = re.findall(r'<p class="books">(.*?)</p>', self._get(""))
        numbers = [int(n.replace(",", "")) for n in re.findall(r"[\d,]+", html.unescape(words))]
        assert numbers[0] == sum(numbers[1:])
        return numbers

    def spreadsheet(self) -> dict[str, str]:
        """Give each letter's state by its id."""
        rows = csv.DictReader(io.StringIO(self._get("/letters.csv").removeprefix("\ufeff")))
        return {row["letter_id"]: row["state"] for row in rows}

    def taken(self) -> set[str]:
        """Give the ids of the letters that SendGrid's side took."""
        entries = self.stack.stand_in.request("GET", "/ledger.json").json()
        return {e["letter_id"] for e in entries if e["taken"] and e["letter_id"]}

    def command_line(self) -> dict[str, Any]:
        done = self.stack.postbag("ledger", self.slug, "--json")
        assert done.returncode == 0, done.stderr
        books: dict[str, Any] = json.loads(done.stdout)["campaigns"][self.slug]
        assert books["reconciled"]
        return books

    def check_moving(self, handed_in: int) -> None:
        """Check what must hold at every moment, while letters move between one look and another."""
        taken_before, books_before = self.taken(), self.desk_json()
        letters = self.spreadsheet()
        books_after, taken_after = self.desk_json(), self.taken()
        assert books_before["submitted"] == books_after["submitted"] == handed_in
        assert len(letters) == handed_in
        assert self.sentence()[0] == handed_in
        proven = {letter_id for letter_id, state in letters.items() if state in PROVEN}
        possible = {i for i, state in letters.items() if state in PROVEN | IN_DOUBT}
        assert proven <= taken_after
        assert taken_before & letters.keys() <= possible
        assert self.stack.books(self.slug)["submitted"] == handed_in
        if books_before == books_after:
            assert Counter(letters.values()) == self.nonzero(books_before["states"])

    def wait_until_quiet(self) -> None:
        """Wait until nothing moves: no letter is on its way, and no event comes any more."""
        before: list[object] = []

        def is_quiet() -> bool:
            states = self.desk_json()["states"]
            moving = states["sending"] + states["accepted"] + states["deferred"]
            before.append((states, len(self.taken())))
            return moving == 0 and len(before) > 15 and before[-15:] == [before[-1]] * 15

        wait_for(is_quiet, 60)

    def check_quiet(self, handed_in: int) -> dict[str, int]:
        """Check that every side tells exactly the same."""
        self.check_moving(handed_in)
        books = self.desk_json()
        states = self.nonzero(books["states"])
        assert self.nonzero(self.command_line()["states"]) == states
        assert Counter(self.spreadsheet().values()) == states
        wait_for(lambda: sorted(self.sentence()[1:]) == sorted(states.values()))
        wait_for(lambda: self._drawn() == (handed_in, states.get("delivered", 0)))
        return states

    def _drawn(self) -> tuple[int, int]:
        """Give how many letters the pictures show as handed in and as delivered."""
        with self.stack.database.read() as connection:
            read = figures.read(connection, store.find(connection, self.slug).id)
        return read[Series.SUBMITTED].total(), read[Series.DELIVERED].total()


def hand_in(stack: Stack, slug: str, letters: int) -> None:
    with stack.database.read() as connection:
        stored = store.find(connection, slug)
    for n in range(letters // len(OFFICES)):
        new = Submission(
            token_id=secrets.token_hex(16),
            name="Ana Reed",
            email=f"ana{n}@readers.example",
            postcode="",
            reason="",
            points=(),
            personal_share=n % 3 / 3,
            opt_in=False,
            drafts=tuple(Draft(t.id, "Trees", "Keep the trees.") for t in stored.targets),
        )
        Intake(stack.database, Links(stack.url, stack.tokens)).take(stored, new, datetime.now(UTC))


def test_all_sides_tell_the_same_at_every_moment_of_a_run(slow_stack: Stack, is_long: bool) -> None:
    stack, slug = slow_stack, f"agree-{secrets.token_hex(3)}"
    letters = 2_000 if is_long else 120
    stack.load(slug, *(f"{office}@{slug}.example" for office in OFFICES))
    stack.stand_in.order({"match": f"@{slug}.example", "mode": "reset", "share": 0.08, "seed": 7})
    stack.postbag("campaign", "status", slug, "paused")
    hand_in(stack, slug, letters)
    watcher = Watcher(stack, slug)
    assert watcher.check_quiet(letters) == {"queued": letters}

    waiting = sorted(watcher.spreadsheet())[:: letters // 20]
    with stack.database.write() as connection:
        changes = apply(
            connection, [Happening(i, Cause.CANCEL, datetime.now(UTC)) for i in waiting]
        )
    assert len(changes) == len(waiting)

    looks = 0
    for part in (0.35, 0.7, 1.0):  # paused twice on the way, to look at it standing still
        stack.postbag("campaign", "status", slug, "live")
        is_far = False
        while not is_far:  # a quick machine is there before anybody can look twice
            watcher.check_moving(letters)
            looks += 1
            is_far = watcher.desk_json()["states"]["queued"] <= letters * (1 - part)
        if part < 1:
            stack.postbag("campaign", "status", slug, "paused")
        watcher.wait_until_quiet()
        states = watcher.check_quiet(letters)
        looks += 1

    assert looks >= 5
    assert states["cancelled"] == len(waiting)
    assert {"delivered", "bounced", "unknown", "cancelled"} <= states.keys()
    assert "queued" not in states
