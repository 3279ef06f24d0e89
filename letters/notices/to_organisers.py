"""Write the notices to organisers. Pure."""

from babel.dates import format_date

from letters.campaign import Campaign, Target
from letters.languages import Language, translations
from letters.notices.notice import Notice
from letters.reasons import Hold, Reason


def target_stopped(
    campaign: Campaign,
    link: str,
    target: Target,
    *,
    why: Hold,
    words: str,
    came_back: tuple[int, int],
    waiting: int,
) -> Notice:
    """Return the alarm that nothing goes to a target any more.

    `words` are the other side's own, empty if it said none; `came_back` is how many of how many
    last letters did.
    """
    _ = translations(campaign.language).gettext
    failed, of = came_back
    said = [_("The other side says: {words}").format(words=words)] if words else []
    match why:
        case Hold.COMPLAINED:
            what = _("{target} reported a letter as spam; sending to it has stopped.")
        case Hold.SUPPRESSED:
            what = _("Our mail service keeps the address of {target} on a list of those that it "
                     "delivers nothing to; sending to it has stopped. Nothing is lost: the "
                     "letters wait.")  # fmt: skip
        case Hold.STOPPED_BY_OFFICE:
            what = _("{target} has asked for no more letters; sending to it has stopped.")
        case _:
            what = translations(campaign.language).ngettext(
                "The last letter to {target} did not arrive; sending to it has stopped.",
                "{failed} of the last {of} letters to {target} did not arrive; sending to it has "
                "stopped.",
                of,
            )
    return Notice.of(
        _("Sending to {target} has stopped: {title}").format(
            target=target.name, title=campaign.title
        ),
        what.format(failed=failed, of=of, target=target.name),
        *said,
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
    return Notice.of(
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


def account_trouble(link: str, reason: Reason | None, words: str, *, is_refused: bool) -> Notice:
    """Return the alarm that nothing can be sent at all."""
    _ = translations(Language.EN).gettext  # it concerns every campaign, in whatever language
    if reason is Reason.OUT_OF_CREDITS:
        what = _("The credits of our SendGrid account are used up, so all sending has stopped. "
                 "Nothing is lost: every letter waits. Please buy more, or wait for the next "
                 "period; sending goes on by itself.")  # fmt: skip
    elif is_refused:
        what = _("SendGrid refuses our key, so all sending has stopped. Nothing is lost: every "
                 "letter waits. Please check SENDGRID_API_KEY; sending goes on by itself when the "
                 "key works.")  # fmt: skip
    else:
        what = _("SendGrid has not been reached for ten minutes. Nothing is lost: every letter "
                 "waits and is tried again by itself.")  # fmt: skip
    return Notice.of(
        _("Sending has stopped"),
        what,
        _("It says: {words}").format(words=words) if words else _what_broke(reason),
        link,
    )


def _what_broke(reason: Reason | None) -> str:
    """Return why SendGrid cannot be reached."""
    _ = translations(Language.EN).gettext
    match reason:
        case Reason.NAME_NOT_FOUND:
            return _("Its name was not found.")
        case Reason.NO_CONNECTION:
            return _("No connection could be made.")
        case Reason.NOT_SECURE:
            return _("No secure connection could be made.")
        case Reason.NO_ANSWER:
            return _("No answer came in time.")
        case _:
            return _("The connection broke before an answer came.")


def strange_news(link: str) -> Notice:
    """Return the alarm that the books may be older than what was sent."""
    _ = translations(Language.EN).gettext  # it concerns every campaign, in whatever language
    return Notice.of(
        _("SendGrid tells of letters that our books have not sent"),
        _("Either the database was put back from a backup, or a copy of it is sending with our "
          "key. Letters that it tells of are counted as sent. Others may go out a second time."),
        _("Whoever runs Postbag finds in docs/operations/restore.md what to do. Please tell them "
          "now:"),
        link,
    )  # fmt: skip


def unknown_letters(campaign: Campaign, link: str, number: int) -> Notice:
    """Return the alarm that letters wait for a person's word."""
    _ = translations(campaign.language).gettext
    return Notice.of(
        _("Letters need your decision: {title}").format(title=campaign.title),
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


def sign_in_link(link: str, language: Language) -> Notice:
    """Return the mail that brings a link that somebody asked for."""
    _ = translations(language).gettext
    return Notice.of(
        _("Your link to the organisers' desk"),
        _("With this link you sign in to the organisers' desk, once, within 15 minutes:"),
        link,
        _("If you did not ask for it, you need do nothing."),
    )


def invitation(
    link: str,
    public_url: str,
    language: Language,
    *,
    by: str,
    is_admin: bool,
    campaign: Campaign | None = None,
) -> Notice:
    """Return the mail that invites somebody to the desk: who does, to what, and as what."""
    _ = translations(language).gettext
    role = (
        _("You would be an admin: you see every campaign, and say who may do what.")
        if is_admin
        else _("You would be an organiser: you see the campaigns that are given to you, and make "
               "your own.")
    )  # fmt: skip
    given = [] if campaign is None else [
        _("The campaign that you are to work on: {title}").format(title=campaign.title)
    ]  # fmt: skip
    return Notice.of(
        _("{email} invites you to the organisers' desk").format(email=by),
        _("{email} invites you to the organisers' desk of {url}, where campaigns of letters are "
          "written and followed.").format(email=by, url=public_url),
        role,
        *given,
        _("With this link you sign in, once, within two days. After that you can ask for another "
          "on the desk's own page."),
        link,
        _("If you do not know {email}, you need do nothing.").format(email=by),
    )  # fmt: skip


def _day(target: Target, language: Language) -> str:
    return format_date(target.valid_until, "long", language.locale) if target.valid_until else ""


def better_address(campaign: Campaign, link: str, target: Target, address: str) -> Notice:
    """Return the news that an office would rather be written to elsewhere."""
    _ = translations(campaign.language).gettext
    return Notice.of(
        _("{target} asks for another address: {title}").format(
            target=target.name, title=campaign.title
        ),
        _("By the link in its letters, {target} asks to be written to at this address:").format(
            target=target.name
        ),
        address,
        _("Nothing has changed yet. If you find it right, mend the address on the desk:"),
        link,
    )


def answer_to_all(campaign: Campaign, link: str, target: Target) -> Notice:
    """Return the news that an office answers everybody, and that somebody has to release it."""
    _ = translations(campaign.language).gettext
    return Notice.of(
        _("{target} answers everybody who wrote: {title}").format(
            target=target.name, title=campaign.title
        ),
        _("{target} has written one answer to everybody whose letter arrived. It waits for you to "
          "read it and to pass it on:").format(target=target.name),
        link,
    )  # fmt: skip
