"""The people: what writers and organisers do, by the product's own code."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from letters.campaign import Status
from letters.campaigns import store, targets
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.offices import mailbox
from letters.receipts import confirmation, erasure, receipt
from letters.sending import settling
from letters.states import State
from letters.storage.database import StorageUnavailable
from letters.storage.schema import campaign, letter, office, submission, target
from letters.submission import Draft, Submission
from letters.text import compose
from letters.tokens import Tokens
from tests.simulation.processes import Scene
from tests.support.books import URL

_SLUGS: Final = ("trees", "quay", "bells")
_REFUSALS: Final = (
    settling.CannotSettle,
    targets.CannotDecide,
    confirmation.ChangedSince,
    receipt.TooLate,
    receipt.UnknownSubmission,
    erasure.StillLeaving,
    mailbox.UnknownOffice,
)


def write(scene: Scene, roll: int) -> None:
    """Let somebody write to some targets of a campaign."""
    roll, place = divmod(roll, len(_SLUGS))
    roll, chosen = divmod(roll, 7)
    is_identical = roll % 2 == 0
    scene.world.wait(timedelta(milliseconds=1))  # no two in one moment: their order is in their ids
    now = scene.now
    with suppress(StorageUnavailable):
        stored = scene.find(lambda c: store.find(c, _SLUGS[place]))
        scene.writers += 1
        who = scene.writers
        drafts = tuple(
            Draft(each.id, "Keep the trees", _text(stored, each, is_identical=is_identical))
            for n, each in enumerate(stored.targets)
            if (chosen + 1) >> n & 1
        )
        new = Submission(
            f"{who:032x}", "Ana Reed", f"ana.{who}@readers.example", "", "", ("trees",), 0.5,
            opt_in=False, drafts=drafts,
        )  # fmt: skip
        links = Links(URL, Tokens(scene.settings.secret_keys))
        intake = Intake(scene.database, links)
        intake.take(stored, new, now)


def _text(stored: StoredCampaign, to: StoredTarget, *, is_identical: bool) -> str:
    """Return a letter as it is offered, or in words of its writer's own."""
    if not is_identical:
        return "Dear Minister,\n\nPlease."
    values = compose.merge_values(to.target, name="Ana Reed")
    body = compose.body(stored.campaign, values, [p.key for p in stored.campaign.letter.points])
    return compose.text(stored.campaign, values, reason="", body=body)


def _one_of(scene: Scene, roll: int, *states: State, kind: str = "letter") -> str | None:
    """Return a letter in one of some states; None: there is none."""
    ids = scene.find(
        lambda c: (
            c.execute(
                select(letter.c.id)
                .where(letter.c.state.in_([str(s) for s in states]), letter.c.kind == kind)
                .order_by(func.substr(letter.c.id, 1, 12), letter.c.target_id)  # the rest is random
            )
            .scalars()
            .all()
        )
    )
    return ids[roll % len(ids)] if ids else None


def confirm(scene: Scene, roll: int) -> None:
    found = _one_of(scene, roll, State.UNCONFIRMED)
    if found is not None:
        submission_id = _submission_of(scene, found)
        seen = scene.find(lambda c: confirmation.seen(c, submission_id))
        with scene.database.write() as connection:
            confirmation.confirm(connection, submission_id, seen, scene.now)


def _submission_of(scene: Scene, letter_id: str) -> str:
    found = select(letter.c.submission_id).where(letter.c.id == letter_id)
    submission_id: str = scene.find(lambda c: c.execute(found).scalar_one())
    return submission_id


def cancel(scene: Scene, roll: int) -> None:
    found = _one_of(scene, roll, State.QUEUED, State.HELD, State.UNCONFIRMED, State.SENDING)
    if found is not None:
        submission_id = _submission_of(scene, found)
        with scene.database.write() as connection:
            receipt.cancel(connection, submission_id, [found], scene.now)


def edit(scene: Scene, roll: int) -> None:
    found = _one_of(scene, roll, State.QUEUED, State.HELD, State.UNCONFIRMED, State.SENDING)
    if found is not None:
        submission_id = _submission_of(scene, found)
        with scene.database.write() as connection:
            receipt.edit(connection, submission_id, found, "Trees", "Other words", scene.now)


def erase(scene: Scene, roll: int) -> None:
    ids = scene.find(
        lambda c: (
            c.execute(
                select(submission.c.id)
                .where(submission.c.erased_at.is_(None))
                .order_by(submission.c.submitted_at)
            )
            .scalars()
            .all()
        )
    )
    if ids:
        with scene.database.write() as connection:
            erasure.erase(connection, ids[roll % len(ids)], scene.now)


def _look(scene: Scene, roll: int, *states: State) -> tuple[str, str, int] | None:
    """Look at a letter, at its attempt and at SendGrid's own log, and think for a while.

    None: there is none, or the database was put back meanwhile, after which one looks anew.
    """
    found = _one_of(scene, roll, *states)
    if found is None:
        return None
    latest = select(letter.c.attempt_id).where(letter.c.id == found)
    attempt_id = scene.find(lambda c: c.execute(latest).scalar_one())
    sent, put_back_at = scene.judge.sent(found), scene.judge.put_back_at
    scene.world.pause("a person's thoughts")
    if scene.judge.put_back_at != put_back_at:
        return None
    return found, attempt_id or "", sent


def settle(scene: Scene, roll: int) -> None:
    """Let a person say of an unknown letter what SendGrid's own log showed when they looked."""
    looked_at = _look(scene, roll, State.UNKNOWN)
    if looked_at is None:
        return
    found, seen, sent = looked_at
    word = settling.Word.FAILED if roll % 7 == 0 else settling.Word.AGAIN
    with scene.database.write() as connection:
        word = settling.Word.SENT if sent else word
        scene.parts.settle(connection, found, word, scene.now, seen=seen)


def again(scene: Scene, roll: int) -> None:
    looked_at = _look(scene, roll, *settling.AGAIN_FROM)
    if looked_at is not None:
        found, seen, _sent = looked_at
        with scene.database.write() as connection:
            settling.again(connection, found, scene.now, seen=seen)


def _target(scene: Scene, roll: int) -> tuple[str, str]:
    rows = scene.find(
        lambda c: c.execute(
            select(campaign.c.slug, target.c.email)
            .select_from(target.join(campaign))
            .order_by(target.c.id)
        ).all()
    )
    slug, email = rows[roll % len(rows)]
    return slug, email


def hold_target(scene: Scene, roll: int) -> None:
    slug, email = _target(scene, roll)
    with scene.database.write() as connection:
        targets.hold_by_hand(connection, slug, email, scene.now)


def release_target(scene: Scene, roll: int) -> None:
    slug, email = _target(scene, roll)
    scene.sendgrid.suppressed.discard(email)
    with scene.database.write() as connection:
        targets.release(connection, slug, email, scene.now)


def hold_office(scene: Scene, roll: int) -> None:
    _slug, email = _target(scene, roll)
    with scene.database.write() as connection:
        mailbox.hold(connection, email, "on leave", scene.now)


def release_office(scene: Scene, roll: int) -> None:
    _slug, email = _target(scene, roll)
    scene.sendgrid.suppressed.discard(email)
    with scene.database.write() as connection:
        mailbox.release(connection, email, scene.now)


def pause(scene: Scene, roll: int) -> None:
    slug = _SLUGS[roll % len(_SLUGS)]
    with scene.database.write() as connection:
        store.set_status(connection, slug, Status.PAUSED, scene.now)


def resume(scene: Scene, _roll: int) -> None:
    for slug in _SLUGS:
        with scene.database.write() as connection:
            store.set_status(connection, slug, Status.LIVE, scene.now)


def restart(scene: Scene) -> None:
    """Let everything go on that anybody holds."""
    with scene.database.read() as connection:
        statuses = dict(connection.execute(select(campaign.c.slug, campaign.c.status)).all())
    for slug in _SLUGS:
        if statuses[slug] != Status.CLOSED:  # which sends what waits at once, a digest too
            with scene.database.write() as connection:
                store.set_status(connection, slug, Status.CLOSED, scene.now)
    scene.sendgrid.suppressed.clear()
    held = (
        select(campaign.c.slug, target.c.email)
        .select_from(target.join(campaign).join(office, office.c.id == target.c.office_id))
        .where(target.c.hold_reason.is_not(None) | office.c.hold_reason.is_not(None))
    )
    for slug, email in scene.find(lambda c: c.execute(held).all()):
        with scene.database.write() as connection:
            targets.release(connection, slug, email, scene.now)


def person(work: "Callable[[Scene, int], None]") -> "Callable[[Scene, int], None]":
    """Let a person do something once: a refusal, or a page of sorry, is no fault."""

    def once(scene: Scene, roll: int) -> None:
        with suppress(StorageUnavailable, *_REFUSALS):
            work(scene, roll)

    return once


PEOPLE: Final[dict[str, Callable[[Scene, int], None]]] = {
    "write": write,
    **{
        work.__name__: person(work)
        for work in (
            confirm, cancel, edit, erase, settle, again, hold_target, release_target,
            hold_office, release_office, pause, resume,
        )
    },
}  # fmt: skip
