"""Describe an organisation: whose campaigns they are, and what its pages and mails say of it.

Values only. They come from an organisation file (:mod:`letters.files.organisation_file`), from the
desk or from the database.
"""

from dataclasses import dataclass
from enum import StrEnum


class Lack(StrEnum):
    """What an organisation has to say before a campaign of its goes live; a key of its file."""

    NAME = "name"
    CONTACT = "contact"
    PRIVACY = "privacy"
    CONTROLLER = "controller"


@dataclass(frozen=True, slots=True)
class Logo:
    """What is known of a logo as we wrote it anew; the picture itself is kept apart."""

    digest: str
    """Of its bytes: another picture has another address."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo as we wrote it anew, as WebP."""

    facts: Logo
    content: bytes


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that runs campaigns."""

    key: str
    name: str = ""
    website: str = ""
    contact: str = ""
    """An e-mail address."""
    privacy: str = ""
    """Markdown: in its own words, what it does with what people entrust to it."""
    privacy_url: str = ""
    """Where it says so itself, in place of `privacy`."""
    controller: str = ""
    """Who is answerable for the data, as the law wants it named."""
    imprint: str = ""
    """Markdown."""
    accent: str = ""
    """The colour of the one thing to do next, as #rrggbb; empty: ours."""
    mail_from: str = ""
    """Its sending address; empty: that of the installation."""
    logo: Logo | None = None

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """Return what it does not say yet."""
        said = {
            Lack.NAME: self.name,
            Lack.CONTACT: self.contact,
            Lack.PRIVACY: self.privacy or self.privacy_url,
            Lack.CONTROLLER: self.controller,
        }
        return tuple(lack for lack, words in said.items() if not words.strip())


def lacks_of(organisation: Organisation | None) -> tuple[Lack, ...]:
    """Return what is not said yet before a campaign goes live: all of it, where it is nobody's."""
    return tuple(Lack) if organisation is None else organisation.lacks
