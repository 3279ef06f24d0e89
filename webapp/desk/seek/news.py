"""Say in plain words what happened to a letter, what SendGrid answered, and what a mail was for."""

from letters.notices.post import Purpose
from letters.sending.outcomes import Answer
from letters.states import Cause
from webapp.site.language import gettext as _


def cause_word(cause: Cause) -> str:
    """Return what happened."""
    return {
        Cause.WRITTEN: _("It was handed in."),
        Cause.CONFIRM: _("Its writer said yes to it."),
        Cause.CLAIM: _("Its turn came: a request to SendGrid began."),
        Cause.TAKEN: _("SendGrid has it."),
        Cause.NOT_TAKEN: _("SendGrid did not take it, so it takes its turn again."),
        Cause.REFUSED: _("SendGrid refused it for good."),
        Cause.LOST: _("No answer came, so it may have left or not."),
        Cause.DEFER: _("The receiving server asked SendGrid to come back later."),
        Cause.DELIVER: _("The receiving server took it."),
        Cause.SUPPRESS: _(
            "SendGrid did not send it: it keeps the address on a list of those that it sends "
            "nothing to."
        ),
        Cause.DROP: _("SendGrid did not send it."),
        Cause.BOUNCE: _("The receiving server refused it."),
        Cause.HOLD: _("It was put on hold."),
        Cause.RELEASE: _("It may go again."),
        Cause.CANCEL: _("It was withdrawn."),
        Cause.EXPIRE: _("Its time was over."),
        Cause.AGAIN: _("It was queued once more."),
        Cause.GIVE_UP: _("It counts as not sent."),
        Cause.ROLLED_BACK: _("It may have left, or not."),
    }[cause]


def answer_word(answer: Answer | None) -> str:
    """Return what became of a request."""
    return {
        None: _("No answer yet"),
        Answer.TAKEN: _("SendGrid took it"),
        Answer.SLOW_DOWN: _("SendGrid asked to send more slowly"),
        Answer.KEY_REFUSED: _("SendGrid refused our key"),
        Answer.UNREACHABLE: _("SendGrid could not be reached"),
        Answer.GIVEN_BACK: _("It was not begun in time"),
        Answer.REFUSED: _("SendGrid refused it"),
        Answer.UNKNOWN: _("It left, and no answer came"),
    }[answer]


def purpose_word(purpose: str) -> str:
    """Return what a mail to a writer was for."""
    words = {
        Purpose.LINK: _("The link"),
        Purpose.LOST: _("The link, which they asked for"),
        Purpose.REMINDER: _("A reminder to confirm"),
        Purpose.BAD_NEWS: _("That a letter did not arrive"),
        Purpose.QUESTION: _("Whether a letter may go to somebody else"),
        Purpose.ANSWER: _("An office's answer"),
    }
    return words.get(Purpose(purpose), _("A mail")) if purpose in list(Purpose) else _("A mail")
