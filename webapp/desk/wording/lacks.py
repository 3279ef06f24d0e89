"""Say what has to be known of whose campaign it is before it goes live."""

from letters.organisation import Lack, Organisation
from webapp.site.language import gettext as _


def lacking(organisation: Organisation | None) -> list[str]:
    """Return what is not said yet, a sentence for each; none: all is said."""
    if organisation is None:
        return [
            _("Nobody is named whose campaign it is: an admin adds an organisation, and its name "
              "and privacy notice then stand on the page.")
        ]  # fmt: skip
    return [_sentence(lack, organisation.name or organisation.key) for lack in organisation.lacks]


def _sentence(lack: Lack, name: str) -> str:
    match lack:
        case Lack.NAME:
            return _("The organisation “%(name)s” has no name yet.", name=name)
        case Lack.CONTACT:
            return _("%(name)s names no address that people can write to.", name=name)
        case Lack.PRIVACY:
            return _("%(name)s does not say yet what it does with data.", name=name)
        case Lack.CONTROLLER:
            return _("%(name)s does not say yet who is answerable for the data.", name=name)
