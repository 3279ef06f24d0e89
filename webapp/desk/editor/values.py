"""Take what was typed in the editor to the values of a campaign file.

What a value has to be like is not said here: :mod:`letters.files.campaign_file` says it, for files
too.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from letters.campaign import AsksAddress, Campaign, Replies, Routing, Target
from letters.files.faults import Fault, Flaw, What
from letters.text.compose import line_feeds
from webapp.desk.editor import in_groups, reading
from webapp.desk.editor.form import EditorForm, PaceForm, groups
from webapp.site.fields import typed

_ADDRESS: Final[Mapping[str, bool | str]] = MappingProxyType(
    {AsksAddress.NEEDED: True, AsksAddress.OPTIONAL: "optional"}
)


def pacing_values(form: PaceForm, faults: list[Fault]) -> dict[str, object]:
    """Return a file's values for [pacing], noting what cannot be read."""
    values: dict[str, object] = {"days": list(form.days.data or [])}
    per_hour = reading.whole(typed(form.per_hour), ("pacing", "per_target_per_hour"), faults)
    if per_hour is not None:
        values["per_target_per_hour"] = per_hour
    opens, closes = typed(form.opens), typed(form.closes)
    if bool(opens) != bool(closes):
        faults.append(Fault(("pacing", "window"), Flaw(What.HALF_A_WINDOW)))
    elif opens:
        values["window"] = f"{opens[:5]}-{closes[:5]}"
    return values


def values(
    form: EditorForm, slug: str, listed: Iterable[Target], kept: Campaign | None = None
) -> tuple[dict[str, object], list[Fault]]:
    """Return a file's values for all that was typed, and what could not be read.

    `listed` are targets from a spreadsheet; those that were typed follow them.
    """
    faults: list[Fault] = []
    pacing = pacing_values(form, faults)
    pacing["resend_unknown"] = typed(form.resend_unknown)
    soft = ("pacing", "hold_after_soft_failures")
    hold_after = reading.whole(typed(form.hold_after_soft_failures), soft, faults)
    if hold_after is not None:
        pacing["hold_after_soft_failures"] = hold_after
    given = groups(form)
    targets = [in_groups.listed_values(target) for target in listed]
    targets += in_groups.targets(given["targets"], typed(form.timezone), len(targets), faults)
    points, keys = in_groups.points(given["points"])
    subjects = reading.lines(typed(form.subjects))
    found: dict[str, object] = {
        "slug": slug,
        "title": typed(form.title),
        "summary": line_feeds(typed(form.summary)),
        "outcome": line_feeds(typed(form.outcome)),
        "language": typed(form.language),
        "timezone": typed(form.timezone) or "UTC",
        # Who is written to by postcode has to be asked for it.
        "asks_postcode": bool(form.asks_postcode.data) or form.routing.data == Routing.AREA,
        "office_page": bool(form.office_page.data),
        "asks_address": _ADDRESS.get(typed(form.asks_address), False),
        "confirm": typed(form.confirm),
        "proof_of_work": bool(form.proof_of_work.data),
        "routing": typed(form.routing),
        "identical": typed(form.identical),
        "replies": typed(form.replies) or str(Replies.DIRECT),
        "embed_origins": reading.lines(typed(form.embed_origins)),
        "opt_in": typed(form.opt_in),
        "pacing": pacing,
        "letter": {
            **({"subjects": subjects} if len(subjects) > 1 else {"subject": "".join(subjects)}),
            "salutation": typed(form.salutation),
            "opening": reading.paragraphs(typed(form.opening)),
            "closing": reading.paragraphs(typed(form.closing)),
            "prompts": reading.lines(typed(form.prompts)),
            "points": points,
            "versions": in_groups.versions(given["versions"], keys, faults),
        },
        "targets": targets,
    }
    follows = in_groups.follows(given["follows"], faults)
    # Where there is one organisation only, the page does not ask.
    organisation = typed(form.organisation) or (kept.organisation if kept else "")
    goal = reading.whole(typed(form.goal), ("goal",), faults)
    ends = reading.day(typed(form.ends), ("ends",), faults)
    opens = reading.moment(typed(form.opens_at), ("opens",), faults)
    matters_by = reading.moment(typed(form.matters_by), ("matters_by",), faults)
    most_chosen = reading.whole(typed(form.most_chosen), ("most_chosen",), faults)
    others = (
        *(("goal", goal), ("opens", opens), ("ends", ends)),
        *(("matters_by", matters_by), ("most_chosen", most_chosen)),
        *(("areas_from", typed(form.areas_from) or None), ("targets_from", follows or None)),
        ("organisation", organisation or None),
    )
    return {**found, **{k: v for k, v in others if v is not None}}, faults
