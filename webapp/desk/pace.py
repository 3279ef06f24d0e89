"""Change how fast letters leave: the plan before and after is shown before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from flask import Response, make_response, render_template, request
from flask_babel import format_decimal
from markupsafe import Markup

from letters.campaign import Pacing, Status, Target
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.files.campaign_file import check_pacing
from letters.files.faults import Fault
from letters.pacing.plan import Plan, TargetPlan
from letters.pacing.readiness import Readiness, Reason
from letters.sending import outlook
from webapp.desk.checklist import check, may_overrule
from webapp.desk.editor.faults import Wrong, labels, wrongs
from webapp.desk.editor.form import PaceForm, pacing_fields
from webapp.desk.editor.values import pacing_values
from webapp.desk.editor.words import choices
from webapp.desk.entry.door import acting, blueprint
from webapp.desk.wording.done import done
from webapp.desk.wording.reasons import told
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.words import marked, moment

_MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One target's line of the comparison."""

    name: str
    ends: tuple[Markup, Markup]
    busiest: tuple[str, str]
    shared: Markup | str
    """How many leave singly and how many together, where the campaign's moment comes too soon."""


@blueprint.get("/<slug>/pace")
def show_pace(slug: str) -> Response:
    """Show how fast letters leave, and the plan."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        now = check(connection, stored, stored.campaign)
    form = PaceForm(formdata=None, data=pacing_fields(stored.campaign.pacing))
    return _page(stored, form, (now, now), [], is_changed=False)


@blueprint.post("/<slug>/pace")
def pace(slug: str) -> Response:
    """Show what a change would do; store it when it was looked at."""
    form = PaceForm()
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        before = stored.campaign
        pacing, found = _read(form, before.pacing)
        now = check(connection, stored, before)
        # Of a pacing that cannot be, nothing can be foreseen.
        then = now if found else check(connection, stored, replace(before, pacing=pacing))
    act, is_draft = request.form.get("do"), before.status is Status.DRAFT
    changed = not found and pacing != before.pacing
    reasons = () if is_draft else then.reasons
    overrules = act == "overrule" and may_overrule(reasons)
    is_wanted = act in {"save", "overrule"} and not found and (overrules or not reasons)
    if is_wanted and _store(stored, pacing, reasons):
        wake_worker(services().redis)
        where = "desk.ready" if is_draft else "desk.show"
        return done(_("The pace is changed."), where, slug=slug)
    return _page(stored, form, (now, then), found, is_changed=changed)


def _store(looked_at: StoredCampaign, pacing: Pacing, against: Sequence[Reason]) -> bool:
    """Store a pacing whose plan was looked at; tell whether the campaign is still as it was then.

    Plans are worked out before: while this writes, every letter that is handed in waits for it.
    """
    now = services().now()
    with services().database.write() as connection:
        stored = store.find(connection, looked_at.campaign.slug)
        before = stored.campaign.pacing
        if stored.campaign != looked_at.campaign:
            return False
        if pacing != before:
            store.repace(connection, stored.campaign.slug, pacing, now, acting())
            outlook.overrule(connection, stored.id, against, now, acting())
    return True


def _read(form: PaceForm, before: Pacing) -> tuple[Pacing, list[Wrong]]:
    unread: list[Fault] = []
    values = pacing_values(form, unread)
    values["resend_unknown"] = str(before.resend_unknown)
    values["hold_after_soft_failures"] = before.hold_after_soft_failures
    pacing, found = check_pacing(values)
    return pacing, wrongs([*unread, *found], 0)


def _page(
    stored: StoredCampaign,
    form: PaceForm,
    plans: tuple[Readiness, Readiness],
    found: list[Wrong],
    *,
    is_changed: bool,
) -> Response:
    beside: dict[str, list[str]] = {}
    for wrong in found:
        beside.setdefault(wrong.field, []).append(wrong.sentence)
    before, after = plans
    is_refused = bool(after.reasons) and stored.campaign.status is not Status.DRAFT
    timezone = stored.campaign.timezone
    matters_at = stored.campaign.matters_at
    number = len(stored.campaign.targets)
    shown = _MOST_ROWS if number > 2 * _MOST_ROWS else number
    page = render_template(
        "desk/pace.html",
        campaign=stored.campaign,
        form=form,
        labels=labels(),
        choices=choices(),
        wrongs=found,
        beside=beside,
        is_changed=is_changed,
        can_save=is_changed and not is_refused,
        reasons=list(map(told, after.reasons)) if is_changed or is_refused else (),
        may_overrule=is_changed and is_refused and may_overrule(after.reasons),
        letters=after.letters,
        ends=(_ends(before.plan, timezone), _ends(after.plan, timezone)),
        matters=None if matters_at is None else moment(matters_at, timezone),
        rows=_rows(stored.campaign.targets[:shown], before.plan, after.plan),
        more_rows=number - shown,
    )
    is_wrong = bool(found) or (is_changed and is_refused)
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK)


def _rows(targets: Sequence[Target], before: Plan[str], after: Plan[str]) -> list[Row]:
    found = []
    for target in targets:
        both = [plan.targets[target.email] for plan in (before, after)]
        ends = [
            moment(one.ends_at, target.timezone, beside=True) if one.ends_at else Markup("–")
            for one in both
        ]
        busiest = [_busiest(one.busiest_hour_letters) for one in both]
        shared = _shared(after.targets[target.email], target.timezone)
        found.append(Row(target.name, (ends[0], ends[1]), (busiest[0], busiest[1]), shared))
    return found


def _shared(plan: TargetPlan, timezone: str) -> Markup | str:
    if plan.bundle is None:
        return "–"
    return marked(
        _("%(singly)s singly, then %(together)s in one bundle, about %(time)s"),
        singly=format_decimal(plan.bundle.singly),
        together=format_decimal(plan.bundle.bundled),
        time=moment(plan.bundle.begins_at, timezone, beside=True),
    )


def _ends(plan: Plan[str], timezone: str) -> str:
    if plan.ends_at is None:
        return _("no letter waits, and there is no goal")
    return moment(plan.ends_at, timezone)


def _busiest(letters: int) -> str:
    return ngettext("%(n)s letter", "%(n)s letters", letters, n=format_decimal(letters))
