"""Read and write campaign files: TOML, as docs/campaign-file.md describes it. Pure.

Reading finds every fault of a file at once, each with its key and its line.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import tomlkit

from letters.campaign import (
    MOST_CHOSEN,
    WEEKDAYS,
    AsksAddress,
    Campaign,
    Confirm,
    Followed,
    Identical,
    Pacing,
    Replies,
    ResendUnknown,
    Routing,
    Status,
    Target,
)
from letters.files import rules
from letters.files.checks import CheckedTable, shape_of
from letters.files.faults import Fault, Flaw, What
from letters.files.letter_file import (
    as_text,
    faults_of_letter,
    filled,
    letter_values,
    read_letter,
    read_wanted,
    wanted_values,
)
from letters.files.toml_file import read_toml
from letters.languages import Language

_ASKED: Final = MappingProxyType(
    {AsksAddress.NO: None, AsksAddress.NEEDED: True, AsksAddress.OPTIONAL: "optional"}
)


def read_campaign(text: str) -> Campaign:
    """Return the campaign in a file's text; raise FaultyFile with every fault in it."""
    return read_toml(text, check_campaign)


def check_campaign(values: Mapping[str, object]) -> tuple[Campaign, tuple[Fault, ...]]:
    """Return the campaign in values that stand as in a file, and every fault in them.

    With a fault the campaign is one that can stand in, and must not be kept.
    """
    faults: list[Fault] = []
    return _read(CheckedTable(values, (), faults), faults), tuple(faults)


def check_pacing(values: Mapping[str, object]) -> tuple[Pacing, tuple[Fault, ...]]:
    """Return the pacing in values that stand as in a file's [pacing], and every fault in them."""
    faults: list[Fault] = []
    return _read_pacing(CheckedTable(values, ("pacing",), faults)), tuple(faults)


def _read(top: CheckedTable, faults: list[Fault]) -> Campaign:
    campaign = Campaign(
        slug=top.text("slug", rules.SLUG),
        title=top.text("title", rules.TITLE),
        organisation=top.text("organisation", rules.KEY, ""),
        summary=top.text("summary", rules.SUMMARY, ""),
        outcome=top.text("outcome", rules.SUMMARY, ""),
        language=top.choice("language", Language, Language.EN),
        status=top.choice("status", Status, Status.DRAFT),
        goal=top.whole("goal", 1, 1_000_000_000),
        opens=top.moment("opens"),
        ends=top.day("ends"),
        matters_by=top.moment("matters_by"),
        timezone=top.text("timezone", rules.TIMEZONE, "UTC"),
        asks_postcode=top.flag("asks_postcode"),
        asks_address=_read_asks_address(top),
        confirm=top.choice("confirm", Confirm, Confirm.BEFORE_SENDING),
        routing=top.choice("routing", Routing, Routing.ALL),
        most_chosen=top.whole("most_chosen", 1, 1_000) or MOST_CHOSEN,
        areas_from=top.text("areas_from", rules.LIST_NAME, ""),
        follows=_read_follows(top),
        identical=top.choice("identical", Identical, Identical.SEND),
        replies=top.choice("replies", Replies, Replies.DIRECT),
        office_page=top.flag("office_page"),
        embed_origins=top.texts("embed_origins", rules.ORIGIN),
        opt_in=top.text("opt_in", rules.OPT_IN, ""),
        proof_of_work=top.flag("proof_of_work"),
        pacing=_read_pacing(top.table("pacing")),
        letter=read_letter(top.table("letter")),
        targets=_read_targets(top),
    )
    top.end()
    if campaign.ends_at and campaign.matters_at and campaign.matters_at > campaign.ends_at:
        top.wrong("matters_by", Flaw(What.AFTER_THE_END))
    if campaign.ends_at and campaign.opens_at and campaign.opens_at >= campaign.ends_at:
        top.wrong("opens", Flaw(What.OPENS_AFTER_THE_END))
    if campaign.routing is Routing.AREA:
        if not campaign.asks_postcode:
            top.wrong("routing", Flaw(What.AREA_WITHOUT_POSTCODE))
        if _serves_no_area(campaign):
            top.wrong("routing", Flaw(What.AREA_WITHOUT_AREAS))
    if not any(fault.path[0] in {"letter", "targets"} for fault in faults):
        faults += faults_of_letter(campaign)
    return campaign


def _serves_no_area(campaign: Campaign) -> bool:
    return (
        campaign.routing is Routing.AREA
        and not any(target.areas for target in campaign.targets)
        and not campaign.follows
    )


def faults_with_targets(campaign: Campaign) -> list[Fault]:
    """Return what is wrong with a campaign that has other targets now, and was in order before."""
    faults = faults_of_letter(campaign)
    if _serves_no_area(campaign):
        faults.append(Fault(("routing",), Flaw(What.AREA_WITHOUT_AREAS)))
    return faults


def _read_asks_address(top: CheckedTable) -> AsksAddress:
    value = top.value("asks_address")
    known = {None: AsksAddress.NO, False: AsksAddress.NO, True: AsksAddress.NEEDED}
    if value is None or isinstance(value, bool):
        return known[value]
    if value == str(AsksAddress.OPTIONAL):
        return AsksAddress.OPTIONAL
    top.wrong("asks_address", Flaw(What.NOT_ASKED, shape_of(value)))
    return AsksAddress.NO


def _read_follows(top: CheckedTable) -> tuple[Followed, ...]:
    follows: list[Followed] = []
    for table in top.tables("targets_from"):
        name = table.text("list", rules.LIST_NAME)
        only = read_wanted(table, "only") if table.has("only") else ()
        table.end()
        follows.append(Followed(name, only))
    return tuple(follows)


def _read_pacing(table: CheckedTable) -> Pacing:
    usual = Pacing()
    days = table.texts("days", rules.DAY, usual.days, needs_one=True)
    if len(set(days)) < len(days):
        table.wrong("days", Flaw(What.A_DAY_TWICE))
    per_hour = table.whole("per_target_per_hour", 1, 3_600_000)
    pacing = Pacing(
        per_target_per_hour=per_hour or usual.per_target_per_hour,
        window=rules.window(table.text("window", rules.WINDOW, "")),
        days=tuple(day for day in WEEKDAYS if day in days) or usual.days,
        resend_unknown=table.choice("resend_unknown", ResendUnknown, usual.resend_unknown),
        hold_after_soft_failures=table.whole("hold_after_soft_failures", 1, 1_000)
        or usual.hold_after_soft_failures,
    )
    table.end()
    return pacing


def _read_targets(top: CheckedTable) -> tuple[Target, ...]:
    targets: list[Target] = []
    first: dict[tuple[str, str], int] = {}
    tables = top.tables("targets")
    for number, table in enumerate(tables, 1):
        target = read_target(table)
        known = (target.email.lower(), target.name)  # two people may share a mailbox
        if target.email and first.setdefault(known, number) != number:
            table.wrong("email", Flaw(What.SAME_AS_TARGET, number=first[known]))
        targets.append(target)
    if not tables and not top.has("targets_from"):
        top.wrong("targets", Flaw(What.NO_TARGETS))
    return tuple(targets)


def read_target(table: CheckedTable) -> Target:
    """Return the target in a table, noting its faults there."""
    return Target(
        name=table.text("name", rules.NAME),
        email=table.address("email", rules.EMAIL),
        salutation=table.text("salutation", rules.SALUTATION),
        role=table.text("role", rules.ROLE, ""),
        address=table.text("address", rules.ADDRESS, ""),
        timezone=table.text("timezone", rules.TIMEZONE, "UTC"),
        areas=table.texts("areas", rules.AREA),
        valid_until=table.day("valid_until"),
        attributes=table.others(rules.ATTRIBUTE),  # last: what nobody asked for is known by then
    )


def write_campaign(campaign: Campaign) -> str:
    """Return a file that `read_campaign` takes back to an equal campaign."""
    letter, pacing = campaign.letter, campaign.pacing
    file: dict[str, object] = {
        "slug": campaign.slug,
        "title": campaign.title,
        "organisation": campaign.organisation,
        "summary": as_text(campaign.summary),
        "outcome": as_text(campaign.outcome),
        "language": str(campaign.language),
        "status": str(campaign.status),
        "goal": campaign.goal,
        "opens": campaign.opens,
        "ends": campaign.ends,
        "matters_by": campaign.matters_by,
        "timezone": campaign.timezone,
        "asks_postcode": campaign.asks_postcode,
        "asks_address": _ASKED[campaign.asks_address],
        "confirm": str(campaign.confirm),
        "routing": str(campaign.routing),
        "most_chosen": campaign.most_chosen if campaign.most_chosen != MOST_CHOSEN else None,
        "areas_from": campaign.areas_from,
        "identical": str(campaign.identical),
        "office_page": campaign.office_page or None,
        "replies": str(campaign.replies) if campaign.replies is not Replies.DIRECT else None,
        "embed_origins": list(campaign.embed_origins),
        "proof_of_work": campaign.proof_of_work or None,
        "opt_in": campaign.opt_in,
        "pacing": filled(
            {
                "per_target_per_hour": pacing.per_target_per_hour,
                "window": str(pacing.window) if pacing.window else None,
                "days": list(pacing.days) if pacing.days != WEEKDAYS else None,
                "resend_unknown": str(pacing.resend_unknown),
                "hold_after_soft_failures": pacing.hold_after_soft_failures
                if pacing.hold_after_soft_failures != Pacing().hold_after_soft_failures
                else None,
            }
        ),
        "letter": letter_values(letter),
        "targets": [_target(target) for target in campaign.targets if not target.of_list],
        "targets_from": [
            filled({"list": followed.of_list, "only": wanted_values(followed.only)})
            for followed in campaign.follows
        ],
    }
    return tomlkit.dumps(filled(file))


def _target(target: Target) -> dict[str, object]:
    return filled(
        {
            "name": target.name,
            "salutation": target.salutation,
            "role": target.role,
            "address": as_text(target.address),
            "email": target.email,
            "timezone": target.timezone,
            "areas": list(target.areas),
            "valid_until": target.valid_until,
            **dict(target.attributes),
        }
    )
