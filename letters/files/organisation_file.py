"""Read and write organisation files: TOML, as docs/organisation-file.md describes it. Pure.

What a file names as its logo is handed on as it stands: the picture is another file's.
"""

from collections.abc import Mapping

import tomlkit

from letters.files import rules
from letters.files.checks import CheckedTable
from letters.files.faults import Fault, Flaw, What
from letters.files.letter_file import as_text, filled
from letters.files.toml_file import read_toml
from letters.organisation import Organisation


def read_organisation(text: str) -> tuple[Organisation, str]:
    """Return the organisation in a file's text, and what it names as its logo.

    Raises FaultyFile with every fault in it.
    """
    return read_toml(text, check_organisation)


def check_organisation(
    values: Mapping[str, object],
) -> tuple[tuple[Organisation, str], tuple[Fault, ...]]:
    """Return the organisation and the name of its logo in values that stand as in a file.

    With them comes every fault; with a fault the organisation must not be kept.
    """
    faults: list[Fault] = []
    top = CheckedTable(values, (), faults)
    organisation = Organisation(
        key=top.text("key", rules.KEY),
        name=top.text("name", rules.ORGANISATION_NAME, "").strip(),
        website=top.text("website", rules.URL, "").strip(),
        contact=top.address("contact", rules.CONTACT, ""),
        privacy=top.text("privacy", rules.MARKDOWN, ""),
        privacy_url=top.text("privacy_url", rules.URL, "").strip(),
        controller=top.text("controller", rules.CONTROLLER, "").strip(),
        imprint=top.text("imprint", rules.MARKDOWN, ""),
        accent=top.text("accent", rules.ACCENT, "").strip().lower(),
        mail_from=top.address("mail_from", rules.CONTACT, ""),
    )
    logo = top.text("logo", rules.LOGO, "").strip()
    if organisation.privacy.strip() and organisation.privacy_url:
        top.wrong("privacy_url", Flaw(What.PRIVACY_AND_URL))
    top.end()
    return (organisation, logo), tuple(faults)


def not_named(named: str, known: tuple[str, ...]) -> Fault:
    """Return the fault of a campaign that does not say whose it is, or names who is not there."""
    what = What.UNKNOWN_ORGANISATION if named else What.NO_ORGANISATION
    return Fault(("organisation",), Flaw(what, found=named, options=known))


def write_organisation(organisation: Organisation, logo: str = "") -> str:
    """Return a file that `read_organisation` takes back to an equal organisation and logo."""
    return tomlkit.dumps(
        filled(
            {
                "key": organisation.key,
                "name": organisation.name,
                "website": organisation.website,
                "contact": organisation.contact,
                "privacy": as_text(organisation.privacy),
                "privacy_url": organisation.privacy_url,
                "controller": as_text(organisation.controller),
                "imprint": as_text(organisation.imprint),
                "logo": logo,
                "accent": organisation.accent,
                "mail_from": organisation.mail_from,
            }
        )
    )
