"""Write a campaign in the browser, from nothing to what can go live."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from flask import Response, make_response, render_template, request
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from letters.campaign import Campaign, Status, Target
from letters.campaigns import areas, lists, store
from letters.campaigns.store import UnknownCampaign
from letters.campaigns.stored import StoredCampaign
from letters.desk import drafts, opening, organisers
from letters.files.campaign_file import check_campaign, faults_with_targets
from letters.files.faults import Fault, Flaw, What
from letters.files.organisation_file import not_named
from letters.files.rules import RESERVED_SLUGS
from letters.files.spreadsheet import AT_DESK, TargetList, glimpse, read_targets
from letters.notices import rehearsal
from letters.organisations import store as organisations
from letters.organisations.store import NotNamed
from letters.pacing.readiness import Kind, Reason
from letters.sending import outlook
from letters.text.compose import line_feeds
from webapp.action.page import summary
from webapp.desk.checklist import check, may_overrule
from webapp.desk.editor import buttons
from webapp.desk.editor.attributes import Unreadable, read_attributes
from webapp.desk.editor.faults import Wrong, labels, row_cells, wrongs
from webapp.desk.editor.form import (
    ALL_POINTS,
    MOST_ROWS,
    SOME_POINTS,
    EditorForm,
    blank_fields,
    campaign_fields,
    fields_of,
    form_with,
    groups,
    rows,
    target_fields,
    typed_groups,
)
from webapp.desk.editor.reading import suggested_slug
from webapp.desk.editor.values import values
from webapp.desk.editor.words import choices
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.wording.done import done
from webapp.desk.wording.lacks import lacking
from webapp.desk.wording.reasons import told
from webapp.site.fields import typed
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.wake import wake_worker

_MOST_SHEETS = 1
MOST_SHOWN = 100
"""So many rows of a list stand on the page; the list itself goes with it whole."""
_NOT_KEPT = frozenset({"csrf_token", "do", "unfinished", "version"})


@dataclass(slots=True)
class View:
    """What one rendering of the editor adds to its form."""

    notice: str = ""
    wrongs: list[Wrong] = field(default_factory=list)
    focus: str = ""
    report: TargetList | None = None
    looked_at: Campaign | None = None
    may_overrule: bool = False
    """An admin may store it all the same."""
    status: HTTPStatus = HTTPStatus.OK


@blueprint.get("/new")
def new() -> str | Response:
    """Show an empty campaign, or one that was begun."""
    begun_id = request.args.get("unfinished", "")
    with services().database.read() as connection:
        begun = drafts.find(connection, signed_in().id, begun_id)
    if begun is None:
        return _page(form_with(blank_fields()), View(), None)
    form = EditorForm(formdata=MultiDict(begun.fields))
    form.unfinished.data = begun.id
    return _page(form, View(), None)


@blueprint.post("/new")
def create() -> Response:
    """Take a new campaign, or do what one of the editor's buttons asks for."""
    form, view = EditorForm(), View()
    act = request.form.get("do", "save")
    if act == "drop":
        with services().database.write() as connection:
            drafts.drop(connection, signed_in().id, typed(form.unfinished))
        return done(_("What you had begun is thrown away."), "desk.list_campaigns")
    slug = typed(form.slug) or suggested_slug(typed(form.title))
    form, campaign = _read(form, act, slug, view)
    if campaign is not None:
        with services().database.write() as connection:
            is_placed = not _is_taken(connection, slug, view)
            if is_placed and _has_organisation(connection, campaign, view):
                return _store_new(connection, campaign, typed(form.unfinished))
    if typed(form.title) or act in {"keep", "autosave"}:
        # What cannot be stored as a campaign yet is kept all the same. A long form is read before
        # anybody's turn to write begins.
        fields = [(k, v) for k, v in _posted(form) if k not in _NOT_KEPT]
        title, now, me = typed(form.title)[:200], services().now(), signed_in()
        with services().database.write() as connection:
            form.unfinished.data = drafts.keep(
                connection,
                me.id,
                typed(form.unfinished),
                title or _("Without a title"),
                fields,
                now,
            )
    if act == "autosave":  # by the page's script, while somebody types
        return Response(typed(form.unfinished), mimetype="text/plain")
    if act == "keep":
        return done(_("What you have begun is kept. Only you see it."), "desk.list_campaigns")
    return _page(form, view, None)


@blueprint.get("/<slug>/edit")
def show_editor(slug: str) -> Response:
    """Show a stored campaign in the editor."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    form = form_with(campaign_fields(stored.campaign))
    form.version.data = stored.loaded_at.isoformat()
    return _page(form, View(), stored)


@blueprint.post("/<slug>/edit")
def edit(slug: str) -> Response:
    """Take changes to a stored campaign, or do what one of the editor's buttons asks for."""
    view, act = View(), request.form.get("do", "save")
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    form, campaign = _read(EditorForm(), act, slug, view, stored.campaign)
    if campaign is not None:
        campaign = replace(campaign, status=stored.campaign.status)
    reasons: tuple[Reason, ...] = ()
    with services().database.read() as connection:
        is_fine = campaign is not None and _has_organisation(connection, campaign, view, stored)
        if campaign is not None and opening.must_be_looked_at(stored.campaign, campaign):
            reasons = check(connection, stored, campaign).reasons
    overrules = act == "overrule" and may_overrule(reasons)
    if campaign is None or not is_fine or (reasons and not overrules):
        _tell(view, reasons)
        return _page(form, view, stored)
    answer = None
    with services().database.write() as connection:
        found = store.find(connection, slug)
        # Others may have changed it since this page was served, or since it was checked just now.
        if typed(form.version) == found.loaded_at.isoformat() and found.campaign == stored.campaign:
            answer = _store_changes(connection, found, campaign, reasons)
    if answer is None:
        form.version.data = found.loaded_at.isoformat()
        view.status = HTTPStatus.CONFLICT
        view.notice = _(
            "Somebody else changed this campaign while you did. Nothing of yours was "
            "stored yet: look at the record, then save again to put yours in its place."
        )
        return _page(form, view, found)
    wake_worker(services().redis)
    return answer


def _read(
    form: EditorForm, act: str, slug: str, view: View, kept: Campaign | None = None
) -> tuple[EditorForm, Campaign | None]:
    """Return the form as it goes on, and the campaign in it if it is to be stored and can be."""
    given = groups(form)
    changed: dict[str, object] = {}
    if buttons.is_small(act):
        given, view.focus = buttons.acted(act, given)
    elif act == "read-spreadsheet":
        changed = _spreadsheet(form, view)
    elif act == "remove-list":
        changed = {"listed": ""}
    else:
        given = typed_groups(given)
    form = form_with({**fields_of(form), **given, **changed, "slug": slug})
    if act not in {"save", "preview", "overrule"}:
        return form, None
    listed = _listed(form, kept)
    campaign, found = _checked(form, slug, listed.targets, kept)
    view.wrongs = wrongs(found, len(listed.targets))
    view.wrongs += [
        Wrong("spreadsheet", f"{_('Row %(row)d', row=report.row)}: {cell.sentence}")
        for report in listed.reports[:MOST_SHOWN]
        for cell in row_cells(report)
    ]
    if view.wrongs:
        view.status = HTTPStatus.UNPROCESSABLE_ENTITY
        if not rows(form.targets) and not listed.targets and not rows(form.follows):
            form = form_with({**fields_of(form), "targets": [{}]})
        return form, None
    if act == "preview":
        view.looked_at, view.focus = campaign, ""
        return form, None
    return form, campaign


def _listed(form: EditorForm, kept: Campaign | None) -> TargetList:
    """Read the list that goes with the page; one that is as it was stored is known already."""
    text = line_feeds(typed(form.listed))
    stored = tuple(t for t in (kept.targets if kept else ()) if not t.of_list)
    if text and text == target_fields(stored)["listed"]:
        return TargetList(stored, ())
    return read_targets(text, as_written=True, most=AT_DESK) if text else TargetList((), ())


def _checked(
    form: EditorForm, slug: str, listed: tuple[Target, ...], kept: Campaign | None
) -> tuple[Campaign, list[Fault]]:
    given, unread = values(form, slug, listed, kept)
    campaign, found = check_campaign(given)
    # Of what could not be read the rules know nothing yet.
    paths = {fault.path for fault in unread}
    faults = [*unread, *(fault for fault in found if fault.path not in paths)]
    if faults or not campaign.follows:
        return campaign, faults
    with services().database.read() as connection:
        campaign = replace(campaign, targets=lists.with_followed(connection, campaign))
    if not campaign.targets:
        return campaign, [Fault(("targets_from", 0, "list"), Flaw(What.NO_TARGETS))]
    return campaign, faults_with_targets(campaign)


def _spreadsheet(form: EditorForm, view: View) -> dict[str, object]:
    file = request.files.get("spreadsheet")
    found = buttons.read_spreadsheet(file.read() if file else b"")
    if isinstance(found, str):
        view.wrongs, view.status = [Wrong("spreadsheet", found)], HTTPStatus.UNPROCESSABLE_ENTITY
        return {}
    view.report = found
    if found.reports:
        view.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return {}
    return buttons.joined(typed(form.listed), rows(form.targets), found.targets)


def _is_taken(connection: Connection, slug: str, view: View) -> bool:
    try:
        store.find(connection, slug)
    except UnknownCampaign:
        if slug not in RESERVED_SLUGS:
            return False
        sentence = _("Our own pages use this word: choose another.")
    else:
        sentence = _("Another campaign has this address: choose another.")
    view.wrongs, view.status = [Wrong("slug", sentence)], HTTPStatus.UNPROCESSABLE_ENTITY
    return True


def _has_organisation(
    connection: Connection, campaign: Campaign, view: View, stored: StoredCampaign | None = None
) -> bool:
    """Tell whether it is said whose campaign it is; an open one's has to say all that it must."""
    try:
        (_id, key), *_rest = organisations.whose(connection, [campaign.organisation])
    except NotNamed as error:
        fault = not_named(error.key, error.known)
        view.wrongs = wrongs([fault], 0)
    else:
        is_open = stored is not None and stored.campaign.status in opening.OPEN
        is_other = stored is not None and key != stored.campaign.organisation
        lacks = lacking(organisations.find(connection, key)) if is_open and is_other else []
        view.wrongs = [Wrong("organisation", lack) for lack in lacks]
    if view.wrongs:
        view.status = HTTPStatus.UNPROCESSABLE_ENTITY
    return not view.wrongs


def _store_new(connection: Connection, campaign: Campaign, begun_id: str) -> Response:
    now, me = services().now(), signed_in()
    draft = replace(campaign, status=Status.DRAFT)
    campaign_id = store.load(connection, draft, now, acting())
    organisers.keep(connection, campaign_id, me)
    drafts.drop(connection, me.id, begun_id)
    sentence = _("The campaign is stored as a draft. Nobody sees it until you publish it.")
    return done(sentence, "desk.ready", slug=campaign.slug)


def _tell(view: View, reasons: Sequence[Reason]) -> None:
    """Put what is against an open campaign beside its fields."""
    beside = {Kind.FLOOD: "per_hour", Kind.TOO_LATE: "ends", Kind.OVER: "ends"}
    if reasons:
        view.may_overrule = not view.wrongs and may_overrule(reasons)
        view.wrongs += [Wrong(beside[reason.kind], str(told(reason))) for reason in reasons]
        view.status = HTTPStatus.UNPROCESSABLE_ENTITY


def _store_changes(
    connection: Connection, stored: StoredCampaign, campaign: Campaign, against: Sequence[Reason]
) -> Response:
    is_changed = campaign != stored.campaign
    if is_changed:
        now = services().now()
        store.load(connection, campaign, now, acting())
        outlook.overrule(connection, stored.id, against, now, acting())
    is_draft = campaign.status is Status.DRAFT
    where = "desk.ready" if is_draft else "desk.show"
    sentence = _("Your changes are stored.") if is_changed else _("Nothing was changed.")
    return done(sentence, where, slug=campaign.slug)


def _posted(form: EditorForm) -> list[tuple[str, str]]:
    """Return the form as its page would post it."""
    found: list[tuple[str, str]] = []
    for name, value in fields_of(form).items():
        if isinstance(value, bool):
            found += [(name, "y")] if value else []
        elif isinstance(value, list):
            for place, one in enumerate(value):
                if isinstance(one, dict):
                    found += [(f"{name}-{place}-{key}", text) for key, text in one.items()]
                else:
                    found.append((name, str(one)))
        else:
            found.append((name, str(value or "")))
    return found


def _attribute_names(form: EditorForm, stored: StoredCampaign | None) -> list[str]:
    """Return what is known of those whom a campaign writes to, as far as it can be read."""
    found = {name for of in (stored.targets if stored else ()) for name, _ in of.target.attributes}
    for row in rows(form.targets):
        with suppress(Unreadable):
            found |= read_attributes(row["attributes"]).keys()
    return sorted(found)


def _page(form: EditorForm, view: View, stored: StoredCampaign | None) -> Response:
    beside: dict[str, list[str]] = {}
    for wrong in view.wrongs:
        beside.setdefault(wrong.field, []).append(wrong.sentence)
    how_many, listed = glimpse(typed(form.listed), MOST_SHOWN) if typed(form.listed) else (0, ())
    looked_at = view.looked_at
    with services().database.read() as connection:
        owners = [(one.key, one.name or one.key) for one in organisations.find_all(connection)]
        tables = sorted({*areas.names(connection), typed(form.areas_from)} - {""})
        followed = {row["list"] for row in rows(form.follows)}
        known = {name for name, _number, _at in lists.names(connection)}
    return make_response(
        render_template(
            "desk/editor.html",
            form=form,
            labels=labels(),
            most_rows=MOST_ROWS,
            choices=choices(),
            owners=[("", _("Choose")), *owners] if len(owners) > 1 else [],
            tables=[("", _("None: areas are postcodes")), *((n, n) for n in tables)],
            people=[("", _("Choose")), *((n, n) for n in sorted((known | followed) - {""}))],
            offers=[
                (ALL_POINTS, _("all, those that are added later too")),
                (SOME_POINTS, _("those that are ticked")),
            ],
            attributes=_attribute_names(form, stored),
            campaign=None if stored is None else stored.campaign,
            wrongs=view.wrongs,
            beside=beside,
            notice=view.notice,
            focus=view.focus,
            report=view.report,
            row_cells=row_cells,
            most_shown=MOST_SHOWN,
            listed=listed,
            how_many=how_many,
            looked_at=looked_at,
            may_overrule=view.may_overrule,
            summary_html=summary(looked_at.summary) if looked_at else "",
            sheets=rehearsal.sheets(looked_at, _MOST_SHEETS) if looked_at else [],
            mail_from=services().settings.mail_from,
            public_url=services().settings.public_url,
        ),
        view.status,
    )
