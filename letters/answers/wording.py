"""Put the message together in which an answer is passed on. Pure."""

from dataclasses import dataclass

from letters.campaign import Target
from letters.languages import Language, translations
from letters.mail.incoming import Incoming
from letters.mail.kinds import Kind
from letters.mail.quotes import without_quotes


@dataclass(frozen=True, slots=True)
class Relay:
    """What the writer gets: subject and text as they came, and below what does not show in them."""

    subject: str
    text: str


def relay_of(
    mail: Incoming, kind: Kind, target: Target, language: Language, *, goes_together: bool
) -> Relay:
    """Return the message that passes an answer on. Neither subject nor text is ever empty.

    `goes_together`: what is answered carried letters of others, so what the answer quotes of it is
    not for whoever gets it.
    """
    _ = translations(language).gettext
    below: list[str] = []
    if mail.content.attachments:
        names = ", ".join(mail.content.attachments)
        below.append(_("Attached to it, and not passed on: {names}").format(names=names))
    if kind is Kind.AUTOMATIC:
        below.append(_("A program sent this answer, not a person."))
    text = mail.content.text
    if goes_together:
        text = without_quotes(text)
        if text != mail.content.text:
            below.append(_("What it quoted is left out: letters of other people were in it."))
    if not text.strip():
        text = _("There is no text in this answer.")
    if below:
        text = "\n\n".join([text, "\n".join(["---", *below])])
    subject = mail.subject or _("An answer from {target}").format(target=target.name)
    return Relay(subject, text)
