"""Write the notices to writers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.lists import format_list

from letters.campaign import Campaign, Target
from letters.languages import Language, translations
from letters.notices.notice import Notice
from letters.reasons import Reason
from letters.states import State

_NAMED: Final = 3
"""So many of those that somebody wrote to are named."""


@dataclass(frozen=True, slots=True)
class Leading:
    """One link of several, and to what it leads."""

    link: str
    title: str
    """The campaign's."""
    targets: Sequence[str]
    day: date
    """When it was written."""
    waits: bool
    """Something waits for a yes."""
    has_repeat: bool
    """Something that was written once more waits for a decision."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A letter that did not arrive."""

    target: Target
    state: State
    words: str | None
    """What the other side said."""
    text: str | None
    """The letter's text."""
    reason: Reason | None = None


def first_notice(
    campaign: Campaign, link: str, not_me: str, *, must_confirm: bool, foot: str
) -> Notice:
    """Return what follows a first submission: the link to confirm, or to the receipt.

    `not_me` is the link for whoever did not write it. It stands in a line with its words, so that
    the one on a line of its own is the one to follow. `foot` is by
    :func:`letters.notices.foot.foot`.
    """
    _ = translations(campaign.language).gettext
    title = campaign.title
    if must_confirm:
        subject = _("Please confirm your letter: {title}")
        parts = [
            _("A letter in the campaign “{title}” was written with this address."),
            _("It leaves once you have read it and said yes on this page:"),
            link,
            _("Without your yes nothing is sent, and the letter expires after seven days."),
        ]
    else:
        subject = _("Your letter: {title}")
        parts = [
            _("Thank you for writing in the campaign “{title}”."),
            _("This page shows your letter and where it is. You can change or withdraw it there "
              "until it has left:"),
            link,
            _("Keep this mail: the link is yours alone."),
        ]  # fmt: skip
    parts[0] = parts[0].format(title=title)
    stranger = _(
        "Was this not you? Somebody may have typed your address by mistake. Here you have all of "
        "it erased, and get no more mail about this campaign: {not_me}"
    ).format(not_me=not_me)
    return Notice.of(subject.format(title=title), *parts, stranger, foot)


def repeated(campaign: Campaign, link: str, *, foot: str) -> Notice:
    """Return what the owner of an address learns when it is used a second time."""
    _ = translations(campaign.language).gettext
    return Notice.of(
        _("A second letter with your address: {title}").format(title=campaign.title),
        _("A letter in the campaign “{title}” was just written with this address once more.")
        .format(title=campaign.title),
        _("The first one stays as it is. This page shows both, and you decide: the new one "
          "instead of the first, both because somebody else uses this address too, or the first "
          "alone:"),
        link,
        _("If you do nothing, only the first one goes."),
        foot,
    )  # fmt: skip


def links_again(
    campaign: Campaign,
    found: Sequence[Leading],
    not_me: Sequence[tuple[str, str]],
    *,
    are_all: bool,
    foot: str,
) -> Notice:
    """Return the links to several that were written with one address, the newest first.

    `campaign` is the newest's. `not_me` has the title and that link of each campaign; what was not
    found goes with it, too.
    """
    _ = translations(campaign.language).gettext
    parts = [_("These links lead to what was written with this address, the newest first.")]
    if not are_all:
        parts.append(_("There are more; these are the newest {number}.").format(number=len(found)))
    for one in found:
        parts += [_where_it_leads(one, campaign.language), one.link]
    parts.append(_("Keep this mail: the links are yours alone."))
    stranger = _(
        "Was this not you? Here you have all that was written in the campaign “{title}” erased, "
        "and get no more mail about it: {not_me}"
    )
    parts += [stranger.format(title=title, not_me=link) for title, link in not_me]
    return Notice.of(_("The links to your letters"), *parts, foot)


def _where_it_leads(one: Leading, language: Language) -> str:
    _ = translations(language).gettext
    named = list(one.targets[:_NAMED])
    if len(one.targets) > _NAMED:
        named.append(_("others"))
    targets = format_list(named, locale=language.locale)
    if one.has_repeat:
        words = _("{day}, “{title}”, to {targets}. It was written once more, and you decide which "
                  "one goes:")  # fmt: skip
    elif one.waits:
        words = _("{day}, “{title}”, to {targets}. It waits for your yes:")
    else:
        words = _("{day}, “{title}”, to {targets}:")
    day = format_date(one.day, "long", language.locale)
    return words.format(day=day, title=one.title, targets=targets)


def reminder(campaign: Campaign, link: str, *, foot: str) -> Notice:
    """Return the one reminder to confirm."""
    _ = translations(campaign.language).gettext
    return Notice.of(
        _("Your letter still waits for your yes: {title}").format(title=campaign.title),
        _("A letter in the campaign “{title}” was written with this address a few days ago.")
        .format(title=campaign.title),
        _("It has not left, because nobody has said yes to it yet. You can read it and say yes "
          "here:"),
        link,
        _("Without your yes it expires soon and is not sent. We do not remind you again."),
        _("If you did not write it, you need do nothing."),
        foot,
    )  # fmt: skip


def bad_news(
    campaign: Campaign,
    link: str,
    letters: Sequence[Undelivered],
    *,
    is_confirmed: bool,
    foot: str,
) -> Notice:
    """Return the news that letters of one submission did not arrive, and what can be done."""
    _ = translations(campaign.language).gettext
    parts = [
        _("Your letter in the campaign “{title}” did not reach everyone it was for.")
        .format(title=campaign.title)
    ]  # fmt: skip
    for letter in letters:
        parts.append(_what_happened(letter, campaign.language))
        if is_confirmed and letter.words and letter.state in {State.BOUNCED, State.DROPPED}:
            parts.append(_("The reason given: {words}").format(words=letter.words))
    parts += [
        _("The organisers have been told. You need do nothing; if the matter is dear to you, you "
          "can write to the office by post, or telephone. This page shows your letter:"),
        link,
    ]  # fmt: skip
    if is_confirmed:
        for letter in letters:
            if letter.text:
                parts += [
                    _("Here is your letter to {target}, to copy:").format(
                        target=letter.target.name
                    ),
                    letter.text,
                ]
    return Notice.of(
        _("Your letter did not arrive: {title}").format(title=campaign.title), *parts, foot
    )


def _what_happened(letter: Undelivered, language: Language) -> str:
    _ = translations(language).gettext
    match letter.state, letter.reason:
        case _, Reason.NO_SUCH_PERSON:
            words = _("The mail server of {target} knows nobody at the address that your letter "
                      "went to.")  # fmt: skip
        case _, Reason.MAILBOX_FULL:
            words = _("The mailbox of {target} is full, so your letter was not taken.")
        case _, Reason.GAVE_UP:
            words = _("For days the mail server of {target} did not take your letter, so our mail "
                      "service gave up.")  # fmt: skip
        case _, Reason.SPAM_CONTENT:
            words = _("Our mail service took the text of your letter to {target} for unwanted "
                      "mail, and did not send it.")  # fmt: skip
        case _, Reason.QUOTA:
            words = _("Your letter to {target} was not sent: we had used up what we may send. "
                      "The organisers can try it again.")  # fmt: skip
        case State.BOUNCED, _:
            words = _("The mail server of {target} refused your letter.")
        case State.DROPPED, _:
            words = _("Our mail service did not try to deliver your letter to {target}.")
        case State.FAILED, _:
            words = _("Our mail service would not take your letter to {target}. The organisers "
                      "can try it again.")  # fmt: skip
        case _:
            words = _(
                "Your letter to {target} could not leave in time, and will not be sent any more."
            )
    return words.format(target=letter.target.name)


def question(
    campaign: Campaign,
    link: str,
    pairs: Sequence[tuple[Target, Target]],
    *,
    foot: str,
) -> Notice:
    """Return the question whether letters may go to the successors of those they were for."""
    _ = translations(campaign.language).gettext
    parts = [
        _("{target} can no longer be written to in the campaign “{title}”, and {successor} has "
          "taken over.")
        .format(target=target.name, successor=successor.name, title=campaign.title)
        for target, successor in pairs
    ]  # fmt: skip
    return Notice.of(
        _("May your letter go to somebody else? {title}").format(title=campaign.title),
        *parts,
        _("Your letter has not left. It goes to nobody you did not write to, unless you say so. "
          "You can read it, change it and decide here:"),
        link,
        _("If you do nothing, it is not sent and expires after fourteen days."),
        foot,
    )  # fmt: skip
