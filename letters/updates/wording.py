"""Put the notice together that a mailing sends to one person."""

from letters.campaigns.stored import StoredCampaign
from letters.languages import translations
from letters.notices.foot import foot
from letters.notices.links import Links
from letters.notices.mailings import Audience, Draft, Sort
from letters.notices.notice import Notice


def notice_of(draft: Draft, stored: StoredCampaign, links: Links, no_more: str) -> Notice:
    """Return what one person gets; `no_more` is the link that ends it."""
    _ = translations(stored.campaign.language).gettext
    if draft.audience is Audience.NEWS:
        why = _("You agreed to hear more about the campaign “{title}”.")
    elif draft.sort is Sort.OUTCOME:
        why = _("You wrote a letter in the campaign “{title}”, and this is what came of it.")
    else:
        why = _("You wrote a letter in the campaign “{title}”.")
    return Notice.of(
        draft.subject,
        draft.text.rstrip("\n"),
        "---",
        why.format(title=stored.campaign.title),
        _("Here you end these mails, with one press:"),
        no_more,
        foot(stored, links),
    )


def test_of(draft: Draft, stored: StoredCampaign, links: Links, no_more: str) -> Notice:
    """Return the same as a test: its link ends nobody's mails."""
    _ = translations(stored.campaign.language).gettext
    notice = notice_of(draft, stored, links, no_more)
    return Notice(_("[Test] {subject}").format(subject=notice.subject), notice.body)
