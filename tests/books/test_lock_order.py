"""Whatever two people, workers or events do at once, none of them waits for ever."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from sqlalchemy import Connection, select, update

from letters.books import locks
from letters.campaign import Status
from letters.campaigns import store, targets
from letters.files.campaign_file import read_campaign
from letters.notices import alarms, reminders, undelivered
from letters.notices.links import Links
from letters.offices import mailbox
from letters.reasons import Hold
from letters.receipts import confirmation, erasure, expiry, receipt, refusal, successors
from letters.sending import gate, lost, settling
from letters.sending.claiming import claims
from letters.sending.claiming.claimed import Claim
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.events.record import record as record_events
from letters.sending.outcomes import Answer, Outcome, record
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import letter, target
from rig.campaigns import campaign_file
from tests.conftest import MakePostgres
from tests.support.books import URL, Books
from tests.support.interleaved import Change, Interleaved

A, B, C = "a@x.example", "b@x.example", "c@x.example"
PACING = "per_target_per_hour = 3600\nhold_after_soft_failures = 2"
MORE = 'routing = "choice"'


@dataclass
class Scene:
    """A campaign in the middle of its life: letters in every state, to targets in several."""

    books: Books
    people: dict[str, str] = field(default_factory=dict)
    under_way: list[Claim] = field(default_factory=list)
    left: list[Claim] = field(default_factory=list)

    def letters(self, who: str) -> list[str]:
        with self.books.database.read() as connection:
            found = select(letter.c.id).where(
                letter.c.submission_id == self.books.submission(self.people[who]),
                letter.c.kind == "letter",
            )
            return list(connection.execute(found.order_by(letter.c.id)).scalars())

    def id_of(self, who: str) -> str:
        return self.books.submission(self.people[who])


def make_scene(database: Database) -> Scene:
    books = Books(database)
    scene = Scene(books)
    books.load("trees", A, B, C, pacing=PACING, more=MORE)

    def write(who: str, *places: int) -> None:
        scene.people[who] = books.write("trees", targets=places)

    def claim_all() -> list[Claim]:
        """Claim what is there, a second apart."""
        won: list[Claim] = []
        for _ in range(4):
            claimed = books.claim()
            books.answer([c for c in claimed if c.is_notice], Answer.TAKEN)
            won += [c for c in claimed if not c.is_notice]
            books.wait(seconds=5)
        return won

    write("left", 0, 1)
    scene.left = claim_all()
    books.answer(scene.left, Answer.TAKEN)
    write("refused", 0, 1)
    books.answer(claim_all(), Answer.REFUSED)
    write("unknown", 0, 1)
    books.answer(claim_all(), Answer.UNKNOWN)
    write("under way", 0, 1)
    scene.under_way = claim_all()
    write("held", 2)
    with database.write() as connection:
        targets.name_successor(connection, "trees", C, A, books.now)
    write("unconfirmed", 0, 1)
    with database.write() as connection:
        connection.execute(
            update(letter)
            .where(letter.c.id.in_(scene.letters("unconfirmed")))
            .values(state="unconfirmed")
        )
        term = books.now + timedelta(days=100)
        connection.execute(update(target).where(target.c.email == B).values(valid_before=term))
        gate.back_off(connection, "no-answer", books.now, probe=True, jitter=1)  # type: ignore[arg-type]
    write("waiting", 0, 1)
    write("waiting too", 1, 0)
    books.wait(minutes=10)
    return scene


def changes(scene: Scene) -> dict[str, Change]:
    """Return everything that changes something, by name."""
    books, now = scene.books, scene.books.now
    later = now + timedelta(days=200)  # a term is over
    links = Links(URL, books.tokens)
    waiting = scene.letters("waiting")
    all_targets = [target.id for target in books.find("trees").targets]
    ids = {who: (scene.id_of(who), scene.letters(who)) for who in scene.people}

    def told(cause: Cause, ends_with: Hold | None = None) -> Change:
        news = [
            DeliveryEvent(f"{cause}-{n}", c.attempt_id, None, cause, now, "550", ends_with)
            for n, c in enumerate(scene.left)
        ]
        return lambda c: record_events(c, news, now)

    def confirm(c: Connection, submission_id: str) -> None:
        confirmation.confirm(c, submission_id, confirmation.seen(c, submission_id), now)

    def claim(c: Connection) -> None:
        stands = replace(gate.look(c), not_before=None)
        claims.claim(c, most=10, gate=replace(stands, since=None), now=now)
        gate.pass_through(c, gate.look(c), now)

    def load(*addresses: str, pacing: str) -> Change:
        text = campaign_file("trees", *addresses, pacing=pacing, more=MORE)
        return lambda c: store.load(c, read_campaign(text), now)

    outcomes = [(c, Outcome(Answer.TAKEN, now)) for c in scene.under_way]
    return {
        "confirm": lambda c: confirm(c, ids["unconfirmed"][0]),
        "edit": lambda c: receipt.edit(c, ids["waiting"][0], waiting[1], "Trees", "Text", now),
        "cancel": lambda c: receipt.cancel(c, ids["waiting"][0], waiting, now),
        "erase": lambda c: erasure.erase(c, ids["waiting too"][0], now),
        "not me": lambda c: refusal.refuse(c, books.tokens, ids["waiting too"][0], now),
        "retention": lambda c: erasure.erase_all(
            c, [ids[who][0] for who in ("unknown", "left", "waiting")], now
        ),
        "expire": lambda c: expiry.expire(
            c, [*ids["waiting"][1], *ids["unconfirmed"][1], *ids["held"][1]], now
        ),
        "hold office": lambda c: mailbox.hold(c, B, "on leave", now),
        "release office": lambda c: mailbox.release(c, A, now),
        "hold": lambda c: targets.hold_by_hand(c, "trees", A, now),
        "release": lambda c: targets.release(c, "trees", C, now),
        "address": lambda c: targets.change_address(c, "trees", C, "new@x.example", now),
        "successor": lambda c: targets.name_successor(c, "trees", B, A, now),
        "send on": lambda c: successors.send_on(
            c, ids["held"][0], ids["held"][1][0], "Trees", "Text", now
        ),
        "take successor back": lambda c: successors.take_back(c, "trees", C, now),
        "ask": lambda c: successors.ask(c, links, [ids["held"][0]], now),
        "load": load(A, pacing="per_target_per_hour = 30"),
        "load anew": load(C, B, A, pacing=PACING),
        "status": lambda c: store.set_status(c, "trees", Status.PAUSED, now),
        "claim": claim,
        "record": lambda c: record(c, outcomes, now),
        "record in trouble": lambda c: record(
            c,
            [(one, Outcome(Answer.KEY_REFUSED, None, "401")) for one, _ in reversed(outcomes)],
            now,
        ),
        "delivered": told(Cause.DELIVER),
        "blocked": told(Cause.BOUNCE),
        "bounced": told(Cause.BOUNCE, Hold.BOUNCED),
        "settle": lambda c: settling.settle(c, ids["unknown"][1][0], settling.Word.AGAIN, now),
        "again": lambda c: settling.again(c, ids["refused"][1][1], now),
        "sweep": lambda c: lost.settle(c, lost.find(c, books.settings, now)),
        "hold what waits": lambda c: mailbox.next_part(c, all_targets, Cause.HOLD, later),
        "tell": lambda c: undelivered.tell(c, links, [ids["refused"][0]], now),
        "remind": lambda c: reminders.remind(c, links, [i for i, _ in ids.values()], now),
        "alarm": lambda c: alarms.sound(c, links, 0, now),
    }  # fmt: skip


@pytest.fixture(scope="module")
def scene(postgres_url: MakePostgres) -> Iterator[Scene]:
    database = Database(postgres_url())
    migrate(database)
    yield make_scene(database)
    database.close()


def test_every_change_finds_something_to_change(scene: Scene) -> None:
    with Interleaved(scene.books.database.engine) as run:
        counted = {name: run.statements(change) for name, change in changes(scene).items()}
    assert min(counted.values()) > 0, counted


def test_no_two_changes_wait_for_each_other(scene: Scene, is_long: bool) -> None:
    """Every pair of changes, the first stopped before each of its statements that lock.

    That takes minutes, with --long; else it is one in sixteen of them.
    """
    everything = changes(scene)
    chance = Random(20)
    with Interleaved(scene.books.database.engine) as run:
        for first, change in everything.items():
            places = range(2, run.statements(change) + 1)
            for second, place in product(everything, places):
                if is_long or chance.random() < 1 / 16:
                    found = run.deadlocks(change, everything[second], place)
                    assert not found, (first, second, place)


def test_a_lock_that_comes_too_late_is_refused(database: Database) -> None:
    with database.write() as connection:
        locks.take(connection, targets=[5])
        with pytest.raises(locks.OutOfOrder, match="LETTER after TARGET"):
            locks.take(connection, letters=["a"])
        with pytest.raises(locks.OutOfOrder, match="TARGET after TARGET"):
            locks.take(connection, targets=[4])
        locks.take(connection, targets=[5, 6])
    with database.write() as connection:  # another transaction begins anew
        locks.take(connection, letters=["a"], targets=[4])
