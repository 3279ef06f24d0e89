"""Make letters of what was posted. Pure.

    posted -> whom, written_of -> page, preview and, through submission_of, the books

Everything that is shown or stored is made from one :class:`Written`, so that all of it agrees.
"""

from dataclasses import dataclass, replace

from letters.campaign import AsksAddress, Campaign, Target
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.intake.faults import Fault, Wrong, faults_in
from letters.intake.posted import BODY_MAX, Field, Posted
from letters.intake.routing import Whom
from letters.submission import Draft, Submission
from letters.text import compose
from letters.text.addresses import canonical, read_address
from letters.text.versions import for_target, version_key
from letters.text.visible import is_empty

_MOST_MEASURED = 2 * BODY_MAX  # as posted, where every line end is two characters


@dataclass(frozen=True, slots=True)
class Written:
    """What a posted form makes of a campaign."""

    stored: StoredCampaign
    posted: Posted
    whom: Whom
    shown: StoredTarget
    """The target that the sheet on the page is addressed to."""
    faults: tuple[Fault, ...]

    @property
    def as_shown(self) -> Campaign:
        """Return the campaign with the version of the letter that the page shows."""
        return for_target(self.campaign, self.shown.target)

    @property
    def campaign(self) -> Campaign:
        """Return the campaign as its organisers wrote it."""
        return self.stored.campaign


def written_of(stored: StoredCampaign, posted: Posted, to: Whom) -> Written:
    """Return what `posted` makes of a campaign, with all that is wrong with it.

    `to` is by :func:`letters.intake.routing.whom`, and has somebody to offer.
    """
    everybody = (*to.targets, *to.too_late, *to.offered)
    closing = compose.own_closing(
        stored.campaign, (each.target for each in everybody), posted.closing
    )
    posted = replace(posted, closing=closing)
    return Written(stored, posted, to, everybody[0], tuple(_faults(stored, posted, to)))


def _faults(stored: StoredCampaign, posted: Posted, to: Whom) -> list[Fault]:
    found = list(faults_in(posted))
    fields = {fault.field for fault in found}
    if stored.campaign.asks_postcode and not posted.postcode:
        found.append(Fault(Field.POSTCODE, Wrong.MISSING))
    if stored.campaign.asks_address is AsksAddress.NEEDED and is_empty(posted.address):
        found.append(Fault(Field.ADDRESS, Wrong.MISSING))
    if to.fault is not None and to.fault.field not in fields:
        found.append(to.fault)
    if Field.EMAIL not in fields and canonical(read_address(posted.email)) in {
        canonical(target.target.email) for target in stored.targets if not target.withdrawn
    }:
        found.append(Fault(Field.EMAIL, Wrong.A_TARGETS))
    if not found and posted.has_hidden_control:
        found.append(Fault(Field.LETTER, Wrong.HIDDEN_CONTROL))
    return found


def turned_to_shown(written: Written, before: StoredTarget) -> Written:
    """Return the form for whom it shows now; what was left as it was offered for `before`, anew."""
    posted, campaign, to = written.posted, written.campaign, written.shown.target
    writer = {"name": posted.name, "postcode": posted.postcode, "address": posted.address}
    body = compose.line_feeds(posted.body)
    turned = replace(
        posted,
        subject=compose.subject_for_each(campaign, before.target, to, posted.subject, **writer),
        body=compose.for_each(campaign, before.target, to, body, **writer),
    )
    return replace(written, posted=turned)


def drafts_of(written: Written) -> tuple[Draft, ...]:
    """Return the letters exactly as they would leave, in the order of their targets."""
    posted, campaign, shown = written.posted, written.campaign, written.shown.target
    writer = {"name": posted.name, "postcode": posted.postcode, "address": posted.address}
    body = compose.line_feeds(posted.body)

    def draft(to: StoredTarget, subject: str, words: str) -> Draft:
        target: Target = to.target
        values = compose.merge_values(target, **writer)
        theirs = for_target(campaign, target)
        text = compose.text(
            theirs, values, reason=posted.reason, body=words, closing=posted.closing, foot=to.foot
        )
        return Draft(to.id, subject, text, version_key(campaign.letter, target))

    to = written.whom.targets
    all_of_them = [each.target for each in to]
    subjects = compose.subjects_for_all(campaign, shown, all_of_them, posted.subject, **writer)
    bodies = compose.for_all(campaign, shown, all_of_them, body, **writer)
    return tuple(map(draft, to, subjects, bodies))


def submission_of(written: Written, token_id: str, *, must_confirm: bool) -> Submission:
    """Return what goes into the books; raise ValueError where something is wrong with it.

    `token_id` is of the form it was posted with.
    """
    if written.faults:
        raise ValueError("what is wrong has to be mended first")
    posted = written.posted
    reason = compose.line_feeds(posted.reason)
    known = {point.key for point in written.campaign.letter.points}
    return Submission(
        token_id=token_id,
        name=posted.name,
        email=read_address(posted.email),
        postcode=posted.postcode,
        reason="" if is_empty(reason) else reason,
        points=tuple(key for key in dict.fromkeys(posted.points) if key in known),
        personal_share=personal_share(written),
        opt_in=posted.opt_in,
        drafts=drafts_of(written),
        postal_address=posted.address,
        source=posted.source,
        must_confirm=must_confirm,
    )


def recomposed(written: Written) -> str:
    """Return the body composed anew from the points kept."""
    posted = written.posted
    values = compose.merge_values(
        written.shown.target,
        name=posted.name,
        postcode=posted.postcode,
        address=posted.address,
    )
    return compose.body(written.as_shown, values, posted.points)


def is_own(written: Written) -> bool:
    """Tell whether words of the writer's own stand in the body."""
    return personal_share(replace(written, posted=replace(written.posted, reason=""))) > 0


def personal_share(written: Written) -> float:
    """Return how much of what was typed is the writer's own, from 0 to 1.

    What is longer than a letter can be is measured from its beginning only.
    """
    posted = written.posted
    values = compose.merge_values(written.shown.target, name=posted.name)
    everything = [point.key for point in written.campaign.letter.points]
    return compose.personal_share(
        f"{posted.reason[:_MOST_MEASURED]}\n\n{posted.body[:_MOST_MEASURED]}",
        compose.body(written.as_shown, values, everything),
    )
