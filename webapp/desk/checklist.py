"""The check list before going live, the letter as everybody will see it, and a test to oneself."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, url_for
from flask_babel import format_date, format_decimal
from sqlalchemy import Connection

from letters.campaign import Campaign, Status
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import opening
from letters.notices import rehearsal, trial
from letters.pacing.readiness import Kind, Readiness, Reason
from letters.record import Deed, record
from webapp.action.shown import shown
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.wording.done import done
from webapp.desk.wording.lacks import lacking
from webapp.desk.wording.reasons import cautions, crowd_sentence, terms_over, told
from webapp.site import errors
from webapp.site.guards.throttle import admit
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.whose import enter_organisation
from webapp.site.words import marked, moment

_MOST_SHEETS = 5
PREVIEW_LIFE = timedelta(days=14)


def check(connection: Connection, stored: StoredCampaign | None, campaign: Campaign) -> Readiness:
    """Return what can be foreseen of a campaign that is stored so or would be."""
    settings, now = services().settings, services().now()
    return opening.look(connection, stored, campaign, now=now, send_rate=settings.send_rate)


def may_overrule(reasons: Sequence[Reason]) -> bool:
    """Tell whether whoever asks may let a campaign be open against these reasons."""
    return bool(reasons) and signed_in().is_admin and opening.may_be_overruled(reasons)


@blueprint.get("/<slug>/ready")
def ready(slug: str) -> str:
    """Show whether a campaign can go live, and the letter as it will leave."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        found = check(connection, stored, stored.campaign)
    sheets = rehearsal.sheets(stored.campaign, _MOST_SHEETS)
    return render_template(
        "desk/checklist.html",
        campaign=stored.campaign,
        is_open=stored.campaign.status in opening.OPEN,
        reasons=list(map(told, found.reasons)),
        lacks=lacking(stored.organisation),
        whose_key=stored.campaign.organisation,
        is_paused=stored.campaign.status is Status.PAUSED,
        may_overrule=stored.campaign.status is not Status.LIVE and may_overrule(found.reasons),
        known=_known(stored.campaign, found),
        sheets=sheets,
        has_versions=bool(stored.campaign.letter.versions),
        more=max(0, len(stored.campaign.targets) - len(sheets)),
        subjects=stored.campaign.letter.subjects,
        mail_from=services().settings.mail_from,
    )


def _known(campaign: Campaign, found: Readiness) -> list[tuple[str, str]]:
    """Return what else is known, each as a shape and a sentence: in order, or worth a thought."""
    kinds = {reason.kind for reason in found.reasons}
    number, per_hour = len(campaign.targets), campaign.pacing.per_target_per_hour
    sentence = ngettext(
        "The letter goes to %(figure)s target and reads as you see it below.",
        "The letter goes to %(figure)s targets and reads as you see it below.",
        number,
        figure=format_decimal(number),
    )
    told = [*terms_over(found.terms_over), *cautions(campaign)]
    known = [("check", sentence), *(("dash", caution) for caution in told)]
    if Kind.FLOOD not in kinds:
        sentence = ngettext(
            "No office gets more than %(figure)s letter an hour.",
            "No office gets more than %(figure)s letters an hour.",
            per_hour,
            figure=format_decimal(per_hour),
        )
        known.append(("check", sentence))
    known.append(("dash", crowd_sentence(services().settings.form_limit, campaign)))
    if found.plan.ends_at is None:
        sentence = _("There is no goal, so nobody can foresee when the last letter leaves.")
        known.append(("dash", sentence))
    elif not kinds:
        sentence = _(
            "The last of %(letters)s letters would leave about %(day)s.",
            letters=format_decimal(found.letters),
            day=format_date(found.plan.ends_at, "d MMMM y"),
        )
        known.append(("check", sentence))
    if campaign.opens_at is not None and campaign.opens_at > services().now():
        sentence = marked(
            _("It opens by itself on %(time)s."), time=moment(campaign.opens_at, campaign.timezone)
        )
        known.append(("check", sentence))
    if not campaign.opt_in:
        sentence = _("Supporters are not asked whether you may write to them later.")
        known.append(("dash", sentence))
    return known


@blueprint.get("/<slug>/preview")
def preview(slug: str) -> Response:
    """Show the campaign's page as supporters will see it, closed for writing."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    enter_organisation(stored.organisation)
    return shown(stored, "desk/preview.html")


@blueprint.post("/<slug>/preview")
def link_preview(slug: str) -> Response:
    """Make a link that shows the page to whoever has it, for some days."""
    now = services().now()
    until = now + PREVIEW_LIFE
    with services().database.write() as connection:
        stored = store.find(connection, slug)
        detail = f"{until:%Y-%m-%d %H:%M} UTC"
        record(
            *(connection, Deed.PREVIEW_LINKED, now),
            by=acting(),
            campaign_id=stored.id,
            detail=detail,
        )
    path = url_for("action.preview", slug=slug, token=services().tokens.preview(stored.id, until))
    sentence = _(
        "For a fortnight, whoever has this link sees the page, without an account: %(link)s",
        link=f"{services().settings.public_url}{path}",
    )
    return done(sentence, "desk.ready", slug=slug)


@blueprint.post("/<slug>/test")
def send_test(slug: str) -> Response:
    """Mail the letter to the organiser who asks, marked as a test and outside the books."""
    if not admit(services(), "test", services().settings.form_limit):
        return errors.page(
            HTTPStatus.TOO_MANY_REQUESTS, _("That was too often"), _("Please try again in an hour.")
        )
    now = services().now()
    with services().database.write() as connection:
        stored = store.find(connection, slug)
        trial.send(connection, services().links, stored, signed_in().email, now, acting())
    wake_worker(services().redis)
    return make_response(redirect(url_for("desk.ready", slug=slug, tested=1), HTTPStatus.SEE_OTHER))
