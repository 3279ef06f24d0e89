"""Say below a notice whose it is, why somebody gets it, and where it stands what is kept."""

from letters.campaign import Campaign
from letters.campaigns.stored import StoredCampaign
from letters.languages import translations
from letters.notices.links import Links


def foot(stored: StoredCampaign, links: Links) -> str:
    """Return the last paragraph of a notice to a writer.

    Its link stands in a line with its words: the one on a line of its own is the one to follow.
    """
    _ = translations(stored.campaign.language).gettext
    privacy = links.privacy(stored.campaign.slug)
    if stored.organisation is None or not stored.organisation.name:
        return _(
            "You get this mail because a letter in this campaign was written with this address. "
            "What is kept of you, why and how long: {link}"
        ).format(link=privacy)
    return _(
        "This mail is from {organisation}. You get it because a letter in one of its campaigns was "
        "written with this address. What is kept of you, why and how long: {link}"
    ).format(organisation=stored.organisation.name, link=privacy)


def foot_of_all(campaign: Campaign, links: Links) -> str:
    """Return the same of a notice about several campaigns of nobody's, in the language of one."""
    _ = translations(campaign.language).gettext
    return _(
        "You get this mail because letters were written with this address. What is kept of you, "
        "why and how long: {link}"
    ).format(link=links.privacy())
