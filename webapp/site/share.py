"""Let people pass a campaign on: its link with a code, words to go with it, and where to."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from letters.campaign import Campaign
from letters.languages import translations
from webapp.site.services import services

SHARED: Final = "shared"
"""The source code of links that writers pass on."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a page offers for passing a campaign on."""

    url: str
    title: str
    words: str
    """Prepared, in the campaign's language, without the link."""
    ways: tuple[tuple[str, str], ...]
    """A name and a plain link each: nothing of theirs is loaded before somebody follows it."""


def link(slug: str, source: str = "") -> str:
    """Return a campaign's public link, with a source code if there is one."""
    url = f"{services().settings.public_url}/c/{slug}"
    return f"{url}?source={source}" if source else url


def share(campaign: Campaign, source: str = SHARED) -> Share:
    """Return how a campaign is passed on."""
    _ = translations(campaign.language).gettext
    url, title = link(campaign.slug, source), campaign.title
    words = _("“{title}”: will you write a letter, too? It takes a few minutes.")
    words = words.format(title=title)
    text, at = quote(f"{words} {url}", safe=""), quote(url, safe="")
    ways = (
        ("WhatsApp", f"https://wa.me/?text={text}"),
        (_("E-mail"), f"mailto:?subject={quote(title, safe='')}&body={text}"),
        ("Telegram", f"https://t.me/share/url?url={at}&text={quote(words, safe='')}"),
        ("Facebook", f"https://www.facebook.com/sharer/sharer.php?u={at}"),
        ("Bluesky", f"https://bsky.app/intent/compose?text={text}"),
        ("X", f"https://x.com/intent/post?text={text}"),
    )
    return Share(url, title, words, ways)
