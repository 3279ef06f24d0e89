"""Write the notices that may follow a letter's first one. Pure.

Their words keep to the rule of :mod:`letters.notices`: what a visitor wrote stands in a mail only
where the address has been confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date

from letters.campaign import Campaign, Target
from letters.languages import Language, translations
from letters.notices import Notice
from letters.states import State


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A letter that did not arrive."""

    target: Target
    state: State
    words: str | None
    """What the other side said."""
    text: str | None
    """The letter's text."""


def repeated(campaign: Campaign, link: str) -> Notice:
    """Return what the owner of an address learns when it is used a second time."""
    _ = translations(campaign.language).gettext
    return _notice(
        _("Your letter is already with us: {title}").format(title=campaign.title),
        _("A letter in the campaign “{title}” was just written with this address once more.")
        .format(title=campaign.title),
        _("Each office gets one letter from each person, so the new one was not kept. This page "
          "shows the one that was:"),
        link,
        _("If it was not you who wrote again, you need do nothing."),
    )  # fmt: skip


def reminder(campaign: Campaign, link: str) -> Notice:
    """Return the one reminder to confirm."""
    _ = translations(campaign.language).gettext
    return _notice(
        _("Your letter still waits for your yes: {title}").format(title=campaign.title),
        _("A letter in the campaign “{title}” was written with this address a few days ago.")
        .format(title=campaign.title),
        _("It has not left, because nobody has said yes to it yet. You can read it and say yes "
          "here:"),
        link,
        _("Without your yes it expires soon and is not sent. We do not remind you again."),
        _("If you did not write it, you need do nothing."),
    )  # fmt: skip


def bad_news(
    campaign: Campaign,
    link: str,
    letters: Sequence[Undelivered],
    *,
    is_confirmed: bool,
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
    return _notice(_("Your letter did not arrive: {title}").format(title=campaign.title), *parts)


def _what_happened(letter: Undelivered, language: Language) -> str:
    _ = translations(language).gettext
    match letter.state:
        case State.BOUNCED:
            words = _("The mail server of {target} turned your letter back.")
        case State.DROPPED:
            words = _("Our mail service did not try to deliver your letter to {target}: it takes "
                      "the office's address for one that does not work.")  # fmt: skip
        case State.FAILED:
            words = _("Our mail service would not take your letter to {target}. The organisers "
                      "can try it again.")  # fmt: skip
        case _:
            words = _("The campaign ended before your letter to {target} could leave.")
    return words.format(target=letter.target.name)


def question(
    campaign: Campaign,
    link: str,
    pairs: Sequence[tuple[Target, Target]],
) -> Notice:
    """Return the question whether letters may go to the successors of those they were for."""
    _ = translations(campaign.language).gettext
    parts = [
        _("{target} can no longer be written to in the campaign “{title}”, and {successor} has "
          "taken over.")
        .format(target=target.name, successor=successor.name, title=campaign.title)
        for target, successor in pairs
    ]  # fmt: skip
    return _notice(
        _("May your letter go to somebody else? {title}").format(title=campaign.title),
        *parts,
        _("Your letter has not left. It goes to nobody you did not write to, unless you say so. "
          "You can read it, change it and decide here:"),
        link,
        _("If you do nothing, it is not sent and expires after fourteen days."),
    )  # fmt: skip


def target_stopped(
    campaign: Campaign,
    link: str,
    target: Target,
    *,
    words: str,
    came_back: tuple[int, int],
    waiting: int,
) -> Notice:
    """Return the alarm that nothing goes to a target any more.

    `came_back` is how many of how many last letters did.
    """
    _ = translations(campaign.language).gettext
    failed, of = came_back
    return _notice(
        _("Sending to {target} has stopped: {title}").format(
            target=target.name, title=campaign.title
        ),
        _("{failed} of the last {of} letters to {target} did not arrive; sending to it has "
          "stopped.").format(failed=failed, of=of, target=target.name),
        _("The other side says: {words}").format(words=words),
        translations(campaign.language).ngettext(
            "{waiting} letter waits.", "{waiting} letters wait.", waiting
        ).format(waiting=waiting),
        _("On the desk you can mend the address, name a successor, or let sending go on:"),
        link,
    )  # fmt: skip


def term_over(
    campaign: Campaign,
    link: str,
    target: Target,
    *,
    waiting: int,
) -> Notice:
    """Return the alarm that a target's time is over while letters wait for it."""
    _ = translations(campaign.language).gettext
    return _notice(
        _("The time of {target} is over: {title}").format(
            target=target.name, title=campaign.title
        ),
        _("{target} was to be written to until {day}, so sending to it has stopped.").format(
            target=target.name, day=_day(target, campaign.language)
        ),
        translations(campaign.language).ngettext(
            "{waiting} letter waits.", "{waiting} letters wait.", waiting
        ).format(waiting=waiting),
        _("On the desk you can name a successor; each writer is asked before a letter goes to "
          "somebody else:"),
        link,
    )  # fmt: skip


def account_trouble(link: str, words: str, *, is_refused: bool) -> Notice:
    """Return the alarm that nothing can be sent at all."""
    _ = translations(Language.EN).gettext  # it concerns every campaign, in whatever language
    if is_refused:
        what = _("SendGrid refuses our key, so all sending has stopped. Nothing is lost: every "
                 "letter waits. Please check SENDGRID_API_KEY; sending goes on by itself when the "
                 "key works.")  # fmt: skip
    else:
        what = _("SendGrid has not been reached for ten minutes. Nothing is lost: every letter "
                 "waits and is tried again by itself.")  # fmt: skip
    return _notice(_("Sending has stopped"), what, _("It says: {words}").format(words=words), link)


def unknown_letters(campaign: Campaign, link: str, number: int) -> Notice:
    """Return the alarm that letters wait for a person's word."""
    _ = translations(campaign.language).gettext
    return _notice(
        _("Letters wait for your word: {title}").format(title=campaign.title),
        translations(campaign.language)
        .ngettext(
            "We do not know whether {number} letter was sent, and no news of it has come.",
            "We do not know whether {number} letters were sent, and no news of them has come.",
            number,
        )
        .format(number=number),
        _("Nothing is sent a second time unless you say so. Please decide on the desk:"),
        link,
    )


def _day(target: Target, language: Language) -> str:
    return format_date(target.valid_until, "long", language.locale) if target.valid_until else ""


def _notice(subject: str, *parts: str) -> Notice:
    return Notice(subject, "\n\n".join(parts) + "\n")
