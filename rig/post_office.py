"""Write messages of the shapes that public mail corpora hold, in words that nobody wrote.

Each comes with the text that a mail program would show, and with who wrote it.
"""

import random
from collections.abc import Callable, Iterator

from rig.post_writer import CRLF, SYLLABLES, Letter, Writer, html_of

# -- what people write ---------------------------------------------------------------------------

Shape = Callable[[Writer], Letter]


def _letter(
    writer: Writer, shape: str, body: bytes, text: str, *headers: str, names: tuple[str, ...] = ()
) -> Letter:
    subject = f"{writer.chance.choice(['Re: ', 'RE: ', 'AW: ', ''])}{writer.line(4)}"
    if shape == "an excuse":
        subject = f"Re: {writer.line(4)}"
    raw = writer.message(subject, *headers, body=body)
    return Letter(shape, raw, text, subject, is_automatic=False, attachments=names)


def plain(writer: Writer) -> Letter:
    text = writer.text()
    return _letter(writer, "plain", writer.part(text), text)


def quoting(writer: Writer) -> Letter:
    text = (
        f"{writer.text()}\n\nOn Monday, 2 March 2026 at 09:00, Ana Reed wrote:\n"
        f"> {writer.line()}\n> This is an automatic reply.\n>\n> {writer.line()}"
    )
    return _letter(writer, "quoting", writer.part(text), text)


def both(writer: Writer) -> Letter:
    text = writer.text()
    body = writer.several("alternative", writer.part(text), writer.part(html_of(text), "text/html"))
    return _letter(writer, "alternative", body, text)


def html_alone(writer: Writer) -> Letter:
    text = writer.text()
    return _letter(writer, "html alone", writer.part(html_of(text), "text/html"), text)


def html_beside_nothing(writer: Writer) -> Letter:
    text = writer.text()
    body = writer.several("alternative", writer.part("\n"), writer.part(html_of(text), "text/html"))
    return _letter(writer, "an empty text beside html", body, text)


def with_files(writer: Writer) -> Letter:
    text, names = writer.text(), (f"{writer.word()}.pdf", f"{writer.word()} 2.png")
    body = writer.several("mixed", writer.part(text), *map(writer.file, names))
    return _letter(writer, "files", body, text, names=names)


def apple(writer: Writer) -> Letter:
    first, second = writer.text(), writer.text()
    body = writer.several("mixed", writer.part(first), writer.file("plan.pdf"), writer.part(second))
    return _letter(writer, "text, file, text", body, f"{first}\n\n{second}", names=("plan.pdf",))


def outlook(writer: Writer) -> Letter:
    text = writer.text()
    picture = (
        b"Content-Type: image/png; name=image001.png\r\nContent-ID: <image001>\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
    )
    html = writer.several("related", writer.part(html_of(text), "text/html"), picture)
    body = writer.several(
        "mixed",
        writer.several("alternative", writer.part(text), html),
        writer.file("Brief.docx", "application/vnd.ms-word"),
    )
    return _letter(writer, "mixed, alternative, related", body, text, names=("Brief.docx",))


def signed(writer: Writer) -> Letter:
    text = writer.text()
    name, kind = writer.chance.choice(
        [("signature.asc", "pgp-signature"), ("smime.p7s", "pkcs7-signature")]
    )
    body = writer.several("signed", writer.part(text), writer.file(name, f"application/{kind}"))
    return _letter(writer, "signed", body, text)


def soft_lines(writer: Writer) -> Letter:
    lines = [[writer.line(5) for _ in range(writer.chance.randint(1, 4))] for _ in range(3)]
    text = "\n\n".join(" ".join(paragraph) for paragraph in lines)
    raw = "\n\n".join(" \n".join(paragraph) for paragraph in lines)
    return _letter(writer, "flowed", writer.part(raw, more="; format=flowed"), text)


def forwarding(writer: Writer) -> Letter:
    text = writer.text()
    inner = writer.message(writer.line(), body=writer.part(writer.text()))
    attached = b"Content-Type: message/rfc822\r\n\r\n" + inner
    body = writer.several("mixed", writer.part(text), attached)
    return _letter(writer, "a message attached", body, text, names=("message/rfc822",))


def without_charset(writer: Writer) -> Letter:
    text = writer.text()
    body = b"Content-Transfer-Encoding: 8bit\r\n\r\n" + text.replace("\n", CRLF).encode()
    return _letter(writer, "no charset", body, text)


def lying(writer: Writer) -> Letter:
    text = writer.text()
    name = writer.chance.choice(["us-ascii", "iso-8859-1", "x-user-defined", "rot13", "hex", ""])
    body = f"Content-Type: text/plain; charset={name}{CRLF}{CRLF}".encode()
    return _letter(writer, "a lying charset", body + text.replace("\n", CRLF).encode(), text)


def cut_off(writer: Writer) -> Letter:
    text = writer.text()
    body = writer.several("mixed", writer.part(text), ends=False)
    return _letter(writer, "no last boundary", body, text)


def in_no_parts(writer: Writer) -> Letter:
    text = writer.text()
    body = f"Content-Type: multipart/mixed; boundary=never{CRLF}{CRLF}".encode()
    return _letter(writer, "no boundary at all", body + text.replace("\n", CRLF).encode(), text)


def from_a_list(writer: Writer) -> Letter:
    text = writer.text()
    headers = ("Precedence: bulk", "List-Id: Staff <staff.harbours.example>")
    return _letter(writer, "through a list", writer.part(text), text, *headers)


def said_to_be_no_machines(writer: Writer) -> Letter:
    text = writer.text()
    return _letter(writer, "Auto-Submitted: no", writer.part(text), text, "Auto-Submitted: no")


def excused(writer: Writer) -> Letter:
    excuse = writer.chance.choice(
        [
            "I am sorry for the late answer, I was out of the office until Monday.",
            "I am out of the office today, but your letter deserves an answer at once.",
            "Our automatic reply may have told you that we are busy. We have read your letter.",
            "Perdone el retraso: estuve fuera de la oficina.",
            "Je suis en vacances, mais je tenais à vous répondre moi-même.",
            "Ich bin im Urlaub, antworte Ihnen aber trotzdem.",
        ]
    )
    english = Writer(writer.chance)
    text = f"{excuse}\n\n{english.text()}"
    return _letter(english, "an excuse", english.part(text), text)


PEOPLE: tuple[Shape, ...] = (
    plain, quoting, both, html_alone, html_beside_nothing, with_files, apple, outlook, signed,
    soft_lines, forwarding, without_charset, lying, cut_off, in_no_parts, from_a_list,
    said_to_be_no_machines, excused,
)  # fmt: skip

# -- what programs write -------------------------------------------------------------------------

_SUBJECTS = {
    "en": ["Automatic reply: {}", "Out of Office: {}", "Auto: {}", "AutoReply: {}",
           "Out of the office until Monday", "Automated response", "Auto Response: {}"],
    "es": ["Respuesta automática: {}", "Fuera de la oficina: {}", "Mensaje automático"],
    "fr": ["Réponse automatique : {}", "Absence du bureau : {}"],
    "de": ["Automatische Antwort: {}", "Abwesenheitsnotiz: {}", "Abwesend: {}"],
    "ar": ["رد تلقائي: {}", "خارج المكتب: {}"],
    "ja": ["自動返信: {}"],
    "zh": ["自动回复: {}"],
    "ru": ["Автоответ: {}", "Автоматический ответ: {}"],
}  # fmt: skip
_DECLARED = {
    "en": ["This is an automated message. Your letter was received.",
           "This is an automatic reply. Please do not answer it.",
           "Thank you for writing. This message was automatically generated."],
    "es": ["Este es un mensaje automático. Hemos recibido su carta.",
           "Esta es una respuesta automática."],
    "fr": ["Ceci est une réponse automatique.", "Ceci est un message automatique."],
    "de": ["Dies ist eine automatisch erzeugte Nachricht.",
           "Diese E-Mail wurde automatisch erstellt."],
    "ar": ["هذه رسالة تلقائية. لقد وصلتنا رسالتك.", "هذا رد تلقائي."],
}  # fmt: skip


def _automatic(writer: Writer, shape: str, subject: str, *headers: str, text: str = "") -> Letter:
    text = text or writer.text()
    raw = writer.message(subject, *headers, body=writer.part(text))
    return Letter(shape, raw, text, subject, is_automatic=True)


def auto_submitted(writer: Writer) -> Letter:
    value = writer.chance.choice(
        ["auto-replied", "auto-generated", "Auto-Replied (vacation)", "auto-replied; owner=x"]
    )
    return _automatic(writer, "RFC 3834", f"Re: {writer.line()}", f"Auto-Submitted: {value}")


def nobody_to_bounce_to(writer: Writer) -> Letter:
    return _automatic(writer, "empty return path", f"Re: {writer.line()}", "Return-Path: <>")


def x_autoreply(writer: Writer) -> Letter:
    header = writer.chance.choice(
        ["X-Autoreply: yes", "X-Autorespond: 1", "X-AutoReply-From: o@harbours.example",
         "X-Mail-Autoreply: y", "X-Auto-Reply: true"]
    )  # fmt: skip
    return _automatic(writer, "X-Autoreply", f"Re: {writer.line()}", header)


def precedence(writer: Writer) -> Letter:
    value = writer.chance.choice(["auto_reply", "bulk", "junk", "Bulk"])
    return _automatic(writer, "Precedence", f"Re: {writer.line()}", f"Precedence: {value}")


def by_its_subject(writer: Writer) -> Letter:
    language = writer.chance.choice([*_SUBJECTS])
    speaker = Writer(writer.chance, language)
    subject = writer.chance.choice(_SUBJECTS[language]).format(speaker.line(4))
    return _automatic(speaker, "subject", subject)


def by_its_words(writer: Writer) -> Letter:
    language = writer.chance.choice([*_DECLARED])
    speaker = Writer(writer.chance, language)
    text = f"{speaker.line()}\n\n{writer.chance.choice(_DECLARED[language])}\n\n{speaker.text()}"
    return _automatic(speaker, "words", f"Re: {speaker.line(4)}", text=text)


PROGRAMS: tuple[Shape, ...] = (
    auto_submitted, nobody_to_bounce_to, x_autoreply, precedence, by_its_subject, by_its_words,
)  # fmt: skip


def letters(number: int, seed: int) -> Iterator[Letter]:
    """Give so many messages, in every shape and language in turn."""
    chance = random.Random(seed)
    languages = [*SYLLABLES]
    for n in range(number):
        shapes = PEOPLE if n % 4 else PROGRAMS
        writer = Writer(chance, languages[n % len(languages)])
        yield shapes[(n // 4 if n % 4 == 0 else n) % len(shapes)](writer)
