"""The fields of the campaign editor, and what stands in them for a campaign."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import count
from types import MappingProxyType
from typing import Final, TypeVar

from flask import abort
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from letters.campaign import (
    WEEKDAYS,
    AsksAddress,
    Campaign,
    Confirm,
    Identical,
    Pacing,
    Replies,
    ResendUnknown,
    Routing,
    Target,
    Version,
)
from letters.files.spreadsheet import write_targets
from letters.text.postcodes import write_areas
from webapp.desk.editor.attributes import write_attributes, write_wanted
from webapp.site.fields import trimmed, typed

MOST_TYPED: Final = 12
"""More targets than these are a list, which is changed as a spreadsheet."""
MOST_ROWS: Final = MappingProxyType({"points": 60, "versions": 60, "targets": 30, "follows": 30})
"""So many can be typed one by one."""
_APART: Final = frozenset({*MOST_ROWS, "spreadsheet"})
ALL_POINTS, SOME_POINTS = "all", "some"
"""Which points a version offers: also those that are added later, or those that are ticked."""
NEW_KEY: Final = "~"
"""How a point's key begins that is still to be made of its sentence: no point's own does."""

Row = dict[str, str]
_Group = TypeVar("_Group", bound=Form)


class PointForm(Form):
    """One argument of the letter."""

    key = HiddenField()
    lead = StringField(filters=[trimmed])
    text = TextAreaField()


class TickedField(StringField):
    """Boxes of one name. What is ticked is one text, with spaces between."""

    def process_formdata(self, valuelist: Iterable[str]) -> None:
        """Take what was ticked, or nothing."""
        self.data = " ".join(valuelist)


class VersionForm(Form):
    """What takes the place of parts of the letter for some of those it goes to."""

    key = StringField(filters=[trimmed])
    when = TextAreaField()
    subjects = TextAreaField()
    salutation = StringField(filters=[trimmed])
    opening = TextAreaField()
    closing = TextAreaField()
    offers = SelectField(validate_choice=False)
    points = TickedField()


class FollowForm(Form):
    """People of a list, who change with it."""

    list = SelectField(validate_choice=False)
    only = TextAreaField()


class TargetForm(Form):
    """One decision-maker."""

    name = StringField(filters=[trimmed])
    email = StringField(filters=[trimmed])
    salutation = StringField(filters=[trimmed])
    role = StringField(filters=[trimmed])
    address = TextAreaField()
    timezone = StringField(filters=[trimmed])
    areas = StringField(filters=[trimmed])
    valid_until = StringField(filters=[trimmed])
    attributes = TextAreaField()


class PaceForm(FlaskForm):  # type: ignore[misc]  # flask-wtf brings no types
    """How fast, and when, letters go to one office."""

    class Meta:
        """The desk's door has checked the token already."""

        csrf = False

    per_hour = StringField(filters=[trimmed])
    opens = StringField(filters=[trimmed])
    closes = StringField(filters=[trimmed])
    days = SelectMultipleField(validate_choice=False)


class _Rows(FieldList):  # type: ignore[type-arg]  # of forms of either kind
    """Rows by their numbers, as the page writes them.

    WTForms takes whatever is a digit in any script, at any length, and fails on "²". Each row costs
    milliseconds, so more than the page ever has are refused.
    """

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        numbers = {
            int(found[1])
            for name in formdata
            if (found := re.match(rf"{re.escape(prefix)}-([0-9]{{1,6}})-", name)) is not None
        }
        if len(numbers) > MOST_ROWS[prefix]:
            abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        yield from numbers


class EditorForm(PaceForm):
    """A whole campaign."""

    title = StringField(filters=[trimmed])
    slug = StringField(filters=[trimmed])
    organisation = SelectField(validate_choice=False)
    summary = TextAreaField()
    language = SelectField(validate_choice=False)
    outcome = TextAreaField()
    goal = StringField(filters=[trimmed])
    opens_at = StringField(filters=[trimmed])
    ends = StringField(filters=[trimmed])
    matters_by = StringField(filters=[trimmed])
    timezone = StringField(filters=[trimmed])
    subjects = TextAreaField()
    salutation = StringField(filters=[trimmed])
    opening = TextAreaField()
    points = _Rows(FormField(PointForm))
    closing = TextAreaField()
    prompts = TextAreaField()
    versions = _Rows(FormField(VersionForm))
    follows = _Rows(FormField(FollowForm))
    targets = _Rows(FormField(TargetForm))
    listed = TextAreaField()
    spreadsheet = FileField()
    routing = SelectField(validate_choice=False)
    most_chosen = StringField(filters=[trimmed])
    areas_from = SelectField(validate_choice=False)
    identical = SelectField(validate_choice=False)
    replies = SelectField(validate_choice=False)
    confirm = SelectField(validate_choice=False)
    proof_of_work = BooleanField()
    resend_unknown = SelectField(validate_choice=False)
    hold_after_soft_failures = StringField(filters=[trimmed])
    asks_postcode = BooleanField()
    asks_address = SelectField(validate_choice=False)
    office_page = BooleanField()
    opt_in = StringField(filters=[trimmed])
    embed_origins = TextAreaField()
    version = HiddenField()
    unfinished = HiddenField()


def rows(of: "FieldList[FormField[_Group]]") -> list[Row]:
    """Return what was typed into each of some groups of fields."""
    return [{field.short_name: typed(field) for field in group.form} for group in of]


def groups(of: EditorForm) -> dict[str, list[Row]]:
    """Return what was typed into each group, by its name."""
    found = {name: rows(of[name]) for name in MOST_ROWS}
    taken = {point["key"] for point in found["points"]}
    free = (key for number in count() if (key := f"{NEW_KEY}{number}") not in taken)
    for point in found["points"]:
        # So that a version can offer a point whose sentence is not written yet.
        point["key"] = point["key"] or next(free)
    return found


def filled(given: Iterable[Row], *, but: Iterable[str] = ()) -> list[Row]:
    """Return the groups in which something was typed, in other fields than `but`."""
    return [row for row in given if any(text.strip() for k, text in row.items() if k not in but)]


def pacing_fields(pacing: Pacing) -> dict[str, object]:
    """Return the fields of a pacing."""
    window = pacing.window
    return {
        "per_hour": str(pacing.per_target_per_hour),
        "opens": f"{window.opens:%H:%M}" if window else "",
        "closes": f"{window.closes:%H:%M}" if window else "",
        "days": list(pacing.days),
    }


def blank_fields() -> dict[str, object]:
    """Return the fields of a campaign that nobody has written yet."""
    return {
        **pacing_fields(Pacing()),
        "language": "en",
        "timezone": "UTC",
        "salutation": "Dear {salutation},",
        "closing": "Yours sincerely,\n{name}",
        "points": [{"key": f"{NEW_KEY}0"}],
        "targets": [{}],
        "routing": str(Routing.ALL),
        "identical": str(Identical.SEND),
        "replies": str(Replies.DIRECT),
        "confirm": str(Confirm.BEFORE_SENDING),
        "resend_unknown": str(ResendUnknown.NEVER),
        "asks_address": str(AsksAddress.NO),
        "days": list(WEEKDAYS),
    }


def campaign_fields(campaign: Campaign) -> dict[str, object]:
    """Return the fields of a campaign."""
    letter = campaign.letter
    return {
        **pacing_fields(campaign.pacing),
        **target_fields(t for t in campaign.targets if not t.of_list),
        "title": campaign.title,
        "slug": campaign.slug,
        "organisation": campaign.organisation,
        "summary": campaign.summary,
        "language": campaign.language,
        "goal": "" if campaign.goal is None else str(campaign.goal),
        "outcome": campaign.outcome,
        "opens_at": "" if campaign.opens is None else shown_moment(campaign.opens),
        "ends": "" if campaign.ends is None else campaign.ends.isoformat(),
        "matters_by": "" if campaign.matters_by is None else shown_moment(campaign.matters_by),
        "timezone": campaign.timezone,
        "subjects": "\n".join(letter.subjects),
        "salutation": letter.salutation,
        "opening": letter.opening,
        "points": [{"key": p.key, "lead": p.lead, "text": p.text} for p in letter.points],
        "closing": letter.closing,
        "prompts": "\n".join(letter.prompts),
        "versions": [_version_row(version) for version in letter.versions],
        "follows": [
            {"list": followed.of_list, "only": write_wanted(followed.only)}
            for followed in campaign.follows
        ],
        "routing": str(campaign.routing),
        "most_chosen": str(campaign.most_chosen),
        "areas_from": campaign.areas_from,
        "identical": str(campaign.identical),
        "replies": str(campaign.replies),
        "confirm": str(campaign.confirm),
        "proof_of_work": campaign.proof_of_work,
        "resend_unknown": str(campaign.pacing.resend_unknown),
        "hold_after_soft_failures": str(campaign.pacing.hold_after_soft_failures),
        "asks_postcode": campaign.asks_postcode,
        "asks_address": str(campaign.asks_address),
        "office_page": campaign.office_page,
        "opt_in": campaign.opt_in,
        "embed_origins": "\n".join(campaign.embed_origins),
    }


def shown_moment(moment: datetime) -> str:
    """Return a moment as a browser's field for one has it."""
    is_whole = not (moment.second or moment.microsecond)
    return moment.isoformat(timespec="minutes" if is_whole else "auto")


def target_fields(targets: Iterable[Target]) -> dict[str, object]:
    """Return the fields of targets: typed ones, or a list if they are many."""
    given = tuple(targets)
    if len(given) > MOST_TYPED:
        return {"listed": write_targets(given), "targets": []}
    return {"listed": "", "targets": [target_row(target) for target in given]}


def target_row(target: Target) -> Row:
    """Return the fields of one target."""
    return {
        "name": target.name,
        "email": target.email,
        "salutation": target.salutation,
        "role": target.role,
        "address": target.address,
        "timezone": target.timezone,
        "areas": write_areas(target.areas),
        "valid_until": "" if target.valid_until is None else target.valid_until.isoformat(),
        "attributes": write_attributes(target.attributes),
    }


def _version_row(version: Version) -> Row:
    return {
        "key": version.key,
        "when": write_wanted(version.when),
        "subjects": "\n".join(version.subjects),
        "salutation": version.salutation,
        "opening": version.opening,
        "closing": version.closing,
        "offers": ALL_POINTS if version.points is None else SOME_POINTS,
        "points": " ".join(version.points or ()),
    }


BLANK_ROWS: Final = MappingProxyType(
    {
        "points": {"key": "", "lead": "", "text": ""},
        "versions": _version_row(Version("", ())),
        "targets": {**target_row(Target("", "", "")), "timezone": ""},
        "follows": {"list": "", "only": ""},
    }
)
_NOT_TYPED: Final = MappingProxyType(
    {"points": ("key",), "versions": ("offers", "points"), "targets": ("timezone",), "follows": ()}
)


def typed_groups(given: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the groups without the rows in which nobody typed anything."""
    return {name: filled(each, but=_NOT_TYPED[name]) for name, each in given.items()}


def form_with(fields: Mapping[str, object]) -> EditorForm:
    """Return the form with `fields` in it, numbered anew."""
    return EditorForm(formdata=None, data=dict(fields))


def fields_of(form: EditorForm) -> dict[str, object]:
    """Return all that stands in a form, to be put into another."""
    plain = {f.short_name: f.data for f in form if f.short_name not in _APART}
    return {**plain, **groups(form)}
