"""Say in plain words what can be chosen in the editor."""

from functools import lru_cache
from zoneinfo import available_timezones

from letters.campaign import AsksAddress, Confirm, Identical, Replies, ResendUnknown, Routing
from webapp.site.language import gettext as _


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return what each field offers, by its name: the value and its words."""
    return {
        "language": [("en", "English"), ("es", "Español"), ("ar", "العربية")],
        "routing": [
            (str(Routing.ALL), _("every target gets it")),
            (str(Routing.CHOICE), _("the writer chooses")),
            (str(Routing.AREA), _("those who serve the writer's postcode")),
        ],
        "asks_address": [
            (str(AsksAddress.NO), _("is not asked for")),
            (str(AsksAddress.OPTIONAL), _("may be given")),
            (str(AsksAddress.NEEDED), _("has to be given")),
        ],
        "confirm": [
            (str(Confirm.BEFORE_SENDING), _("its writer says yes by mail")),
            (str(Confirm.NONE), _("nothing: it takes its turn at once")),
        ],
        "identical": [
            (str(Identical.SEND), _("are sent one by one")),
            (str(Identical.DIGEST), _("are gathered into one")),
        ],
        "replies": [
            (str(Replies.DIRECT), _("straight to the writer")),
            (str(Replies.THROUGH_US), _("to us, and we pass them on")),
        ],
        "resend_unknown": [
            (str(ResendUnknown.NEVER), _("waits for a person's word")),
            (str(ResendUnknown.WHEN_PROVEN), _("is sent again where news of later ones came")),
        ],
        "days": [
            ("mon", _("Monday")),
            ("tue", _("Tuesday")),
            ("wed", _("Wednesday")),
            ("thu", _("Thursday")),
            ("fri", _("Friday")),
            ("sat", _("Saturday")),
            ("sun", _("Sunday")),
        ],
        "timezones": [(zone, zone) for zone in _zones()],
    }


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    # The names without a slash are old ones, but for UTC.
    return ("UTC", *sorted(z for z in available_timezones() if "/" in z and z[:4] != "Etc/"))
