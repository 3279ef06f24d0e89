"""A submission on its way into the books, with all that can be made ready before anybody waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from letters.campaign import Confirm, Identical
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.notices.foot import foot
from letters.notices.links import Links
from letters.notices.notice import Notice
from letters.notices.post import names
from letters.notices.to_writers import first_notice
from letters.states import State
from letters.storage.identity import new_id
from letters.submission import Draft, Submission, writer_key
from letters.text.addresses import canonical
from letters.text.digest import is_untouched


@dataclass(frozen=True, slots=True)
class Arrival:
    """A submission, and what is known of it without the books."""

    stored: StoredCampaign
    targets: Mapping[int, StoredTarget]
    """The campaign's, by their ids."""
    new: Submission
    now: datetime
    id: str
    key: str
    """What makes it one submission: the form's token and the address, told to nobody."""
    address: str
    """Canonical."""
    known_as: str
    """The address's name among those that got notices."""
    must_confirm: bool
    notice: Notice
    identical: frozenset[int]
    """The targets whose letters were left as offered and go in a digest."""
    opt_in_wording: str | None
    """Of the consent that came with it; None: it came with none."""
    before: tuple[tuple[str, str], ...] = ()
    """Its key and the address's name as older secret keys made them."""
    sharer: str = ""
    """Of another person at an address that has written already: what tells them apart."""

    def letter_key(self, target_id: int) -> str:
        """Return what is unique to its writer's letter to one target."""
        key = writer_key(target_id, self.address)
        return f"{key}/{self.sharer}" if self.sharer else key

    def first_state(self, target_id: int) -> State:
        """Return the state in which a letter to a target begins."""
        if self.must_confirm:
            return State.UNCONFIRMED
        can_go = self.targets[target_id].can_be_written_to(self.now)
        return State.QUEUED if can_go else State.HELD


@dataclass(frozen=True, slots=True)
class Owner:
    """A submission whose letters stand in an arrival's way, as its owner has it."""

    id: str
    name: str | None
    email: str | None
    postcode: str | None
    opt_in_wording: str | None
    waits: bool
    """For its owner's yes."""
    has_repeat: bool
    """Something else that was written once more waits for its owner already."""


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A letter that the address has written already, and the draft that it stands in the way of."""

    owner: Owner
    subject: str | None
    text: str | None
    draft: Draft

    @property
    def says_the_same(self) -> bool:
        """Tell whether it holds the same words as the draft."""
        return (self.subject, self.text) == (self.draft.subject, self.draft.text)


@dataclass(slots=True)
class Known:
    """What the books have of an arrival."""

    arrival: Arrival
    earlier: str | None = None
    """The submission that the same form brought before, from the same address."""
    free: list[Draft] = field(default_factory=list)
    """Those of its drafts in whose way no letter of its address stands."""
    taken: list[InTheWay] = field(default_factory=list)
    """The others, each with the letter that does."""
    ended: list[str] = field(default_factory=list)
    """Keys of letters that ended without arriving, and do not stand in the way any more."""
    may_be_mailed: bool = True
    is_blocked: bool = False
    """The owner of the address wants nothing of this campaign."""


def ready(
    stored: StoredCampaign,
    new: Submission,
    links: Links,
    now: datetime,
    *,
    is_confirmed: bool = False,
    sharer: str = "",
    consent: str | None = None,
) -> Arrival:
    """Return a submission as an arrival.

    `consent` is what its writer was shown, where that need not be what the campaign asks today.
    """
    must_confirm = not is_confirmed and (
        new.must_confirm or stored.campaign.confirm is Confirm.BEFORE_SENDING
    )
    submission_id = new_id(now)
    address = canonical(new.email)
    forms = links.tokens.blinds("form post", f"{new.token_id}/{address}")
    key, *older_keys = (form[:32] for form in forms)
    name, *older_names = names(links.tokens, new.email)
    notice = first_notice(
        stored.campaign,
        links.first(submission_id, must_confirm=must_confirm),
        links.not_me(submission_id),
        must_confirm=must_confirm,
        foot=foot(stored, links),
    )
    targets = {each.id: each for each in stored.targets}
    gathers = stored.campaign.identical is Identical.DIGEST
    return Arrival(
        stored,
        targets,
        new,
        now,
        submission_id,
        key,
        address,
        name,
        must_confirm,
        notice,
        frozenset(
            draft.target_id
            for draft in new.drafts
            if gathers
            and is_untouched(
                stored.campaign,
                targets[draft.target_id].target,
                name=new.name,
                postcode=new.postcode,
                address=new.postal_address,
                subject=draft.subject,
                text=draft.text,
            )
        ),
        (consent or stored.campaign.opt_in or None) if new.opt_in else None,
        tuple(zip(older_keys, older_names, strict=True)),
        sharer,
    )
