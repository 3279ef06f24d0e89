"""Let every page that a supporter meets say whose it is, in place of our name."""

from dataclasses import dataclass
from typing import Final

from flask import Flask, g, url_for

from letters.campaigns.stored import StoredCampaign
from letters.organisation import Organisation
from webapp.site import ground

_LOGO_HEIGHT: Final = 40
_LOGO_WIDTH: Final = 160


@dataclass(frozen=True, slots=True)
class ShownLogo:
    """A logo with the size at which it is shown."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Whose:
    """An organisation as pages show it."""

    organisation: Organisation
    home: str
    """Where its name leads."""
    logo: ShownLogo | None
    accent_url: str
    """Of the style that has its colour; empty: it has none."""

    @property
    def name(self) -> str:
        """Return its name."""
        return self.organisation.name


def enter_campaign(stored: StoredCampaign) -> None:
    """Let this answer speak the campaign's language, and say whose campaign it is."""
    g.language = stored.campaign.language
    g.campaign = stored.campaign.slug
    enter_organisation(stored.organisation)


def enter_organisation(organisation: Organisation | None) -> None:
    """Let this answer say whose it is; None: it is ours."""
    g.organisation = organisation


def campaigns_url() -> str:
    """Return where the campaigns are listed: those of whose page this is, or all."""
    found: Organisation | None = g.get("organisation")
    if found is None or not found.name:
        return url_for("listed.index")
    return url_for("listed.of_organisation", key=found.key)


def register(app: Flask) -> None:
    """Tell every template of `app` whose the page is."""
    app.context_processor(_words)


def _words() -> dict[str, object]:
    found: Organisation | None = g.get("organisation")
    slug: str | None = g.get("campaign")
    whose = None
    if found is not None and found.name:
        campaign = url_for("action.show", slug=slug) if slug else campaigns_url()
        whose = Whose(found, found.website or campaign, _logo(found), _accent_url(found))
    privacy = (
        url_for("privacy.of_campaign", slug=slug) if slug else url_for("privacy.of_installation")
    )
    return {"whose": whose, "privacy_url": privacy}


def _logo(of: Organisation) -> ShownLogo | None:
    if of.logo is None:
        return None
    scale = min(_LOGO_HEIGHT / of.logo.height, _LOGO_WIDTH / of.logo.width)
    url = url_for("face.logo", key=of.key, v=of.logo.digest)
    return ShownLogo(
        url, max(1, round(of.logo.width * scale)), max(1, round(of.logo.height * scale))
    )


def _accent_url(of: Organisation) -> str:
    if not of.accent:
        return ""
    under = ground.entered()
    on = None if under is None else under.scheme
    return url_for("face.accent", key=of.key, v=of.accent.removeprefix("#"), on=on)
