"""Count letters by version, and take waiting ones along when a target gets another version.

Those that were left as they were offered are offered anew; what somebody wrote stays as written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from letters.campaign import Campaign, Target
from letters.campaigns.stored import StoredCampaign
from letters.states import NOT_LEFT, State
from letters.storage.batch import given, text_at
from letters.storage.schema import HAS_VERSION, letter, submission, writing
from letters.text import compose, digest
from letters.text.merge import merge
from letters.text.versions import for_target, version_key


@dataclass(frozen=True, slots=True)
class Moved:
    """A target that gets another version."""

    before: Target
    after: Target


@dataclass(frozen=True, slots=True)
class Along:
    """What may go along with targets that get another version."""

    before: Campaign
    after: Campaign
    targets: Mapping[int, Moved]
    letters: tuple[str, ...]
    """Those that have not left."""


@dataclass(frozen=True, slots=True)
class OfVersion:
    """What became of the letters to those who get one version."""

    key: str
    """Empty: the letter itself."""
    targets: int
    """Who get it today. Letters were perhaps written when they got another."""
    states: Counter[State]


def by_version(
    connection: Connection, stored: StoredCampaign, by_target: Mapping[int, Counter[State]]
) -> tuple[OfVersion, ...]:
    """Return what became of the letters written from each version; none where there are none.

    Versions come in the file's order, and then those that it does not have any more.
    """
    states: dict[str, Counter[State]] = {}
    others = sum(by_target.values(), Counter[State]())
    rows = connection.execute(
        select(letter.c.version, letter.c.state, func.count())
        .where(letter.c.campaign_id == stored.id, HAS_VERSION)
        .group_by(letter.c.version, letter.c.state)
    )
    for key, state, number in rows:
        states.setdefault(str(key), Counter())[State(state)] = number
        others[State(state)] -= number
    if not (states or stored.campaign.letter.versions):
        return ()
    states[""] = +others
    people = Counter(version_key(stored.campaign.letter, one) for one in stored.campaign.targets)
    of_file = [version.key for version in stored.campaign.letter.versions]
    keys = dict.fromkeys((*of_file, *sorted(states.keys() - {""}), ""))
    return tuple(
        OfVersion(key, people[key], states.get(key, Counter()))
        for key in keys
        if people[key] or states.get(key)
    )


def along(
    connection: Connection,
    before: StoredCampaign,
    after: Campaign,
    paired: Iterable[tuple[int | None, Target]],
) -> Along:
    """Return what may go along; `paired` are targets as they will be, with the ids they have."""
    was = {stored.id: stored.target for stored in before.targets}
    moved = {
        target_id: Moved(was[target_id], new)
        for target_id, new in paired
        if target_id is not None
        if version_key(before.campaign.letter, was[target_id]) != version_key(after.letter, new)
    }
    letters = connection.execute(
        select(letter.c.id)
        .where(letter.c.target_id.in_(list(moved)), letter.c.state.in_(NOT_LEFT))
        .order_by(letter.c.id)
    ).scalars()
    return Along(before.campaign, after, moved, tuple(letters) if moved else ())


def take(connection: Connection, along: Along) -> int:
    """Offer letters anew that were left as offered; return how many. The caller has their locks."""
    rows = connection.execute(
        select(
            letter.c.id,
            letter.c.target_id,
            submission.c.name,
            submission.c.postcode,
            writing.c.subject,
            writing.c.body,
        )
        .select_from(letter.join(submission).join(writing))
        .where(letter.c.id.in_(select(text_at(0))), letter.c.state.in_(NOT_LEFT))
        .where(submission.c.erased_at.is_(None)),
        given([i] for i in along.letters),
    ).all()
    anew: list[dict[str, str]] = []
    for row in rows:
        of = along.targets[row.target_id]
        writer = {"name": row.name, "postcode": row.postcode or ""}
        written = _offered_anew(along, of, row.subject, row.body, writer)
        if written is not None:
            key = version_key(along.after.letter, of.after)
            anew.append({"of": row.id, "subject": written[0], "body": written[1], "version": key})
    for one in anew:
        connection.execute(
            update(writing)
            .where(writing.c.letter_id == one["of"])
            .values(subject=one["subject"], body=one["body"])
        )
        connection.execute(
            update(letter).where(letter.c.id == one["of"]).values(version=one["version"])
        )
    return len(anew)


def _offered_anew(
    along: Along, of: Moved, subject: str, text: str, writer: dict[str, str]
) -> tuple[str, str] | None:
    """Return subject and text of the version that a target gets now; None: it was changed."""
    own = for_target(along.before, of.before)
    address = digest.address_in(own, of.before, text, **writer)
    values = {**writer, "address": address}
    if not digest.is_untouched(own, of.before, subject=subject, text=text, **values):
        return None
    offered = [merge(one, compose.merge_values(of.before, **values)) for one in own.letter.subjects]
    to = for_target(along.after, of.after)
    fresh = compose.merge_values(of.after, **values)
    subjects = to.letter.subjects
    whole = compose.text(
        to,
        fresh,
        reason="",
        body=compose.body(to, fresh, [point.key for point in to.letter.points]),
        foot=compose.foot_of(text),
    )
    return merge(subjects[offered.index(subject) % len(subjects)], fresh), whole
