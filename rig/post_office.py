"""Write messages of the shapes that public mail corpora hold, in words that nobody wrote.

Each comes with the text that a mail program would show, and with who wrote it.
"""

import base64
import quopri
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

CRLF = "\r\n"
# ruff: noqa: RUF001 - other scripts' letters are meant
_SYLLABLES = {
    language: words.split()
    for language, words in {
        "en": "har bour tree lamp quay mar row stel ver nor ad lin pos tal ket",
        "es": "puer ár bol faro niñ o mue lle año cor azón güe cami no",
        "fr": "for êt bât eau çà plaî re œu vre Noël ré ponse",
        "de": "Ha fen Bäu me Straß e grü ne Stüh le öf fent lich",
        "ru": "га вань де ре во при чал от вет пись мо ёл ка",
        "ar": "مر فأ شج رة رسا لة جوا ب مدي نة",
        "ja": "港 の 木 手紙 返 事 を 送 り ま す",
        "zh": "港 口 树 木 信 件 答 复 谢 谢",
        "ko": "항 구 나 무 편 지 답 장",
    }.items()
}
CHARSETS = {
    "en": ["us-ascii", "iso-8859-1", "utf-8"],
    "es": ["iso-8859-1", "windows-1252", "utf-8"],
    "fr": ["iso-8859-15", "windows-1252", "utf-8"],
    "de": ["iso-8859-1", "windows-1252", "utf-8"],
    "ru": ["koi8-r", "windows-1251", "utf-8"],
    "ar": ["windows-1256", "iso-8859-6", "utf-8"],
    "ja": ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"],
    "zh": ["gb2312", "big5", "gb18030", "utf-8"],
    "ko": ["euc-kr", "ks_c_5601-1987", "utf-8"],
}


@dataclass(frozen=True)
class Letter:
    """A message with what is true of it."""

    shape: str
    raw: bytes
    text: str
    subject: str
    is_automatic: bool
    attachments: tuple[str, ...] = ()


@dataclass
class Writer:
    """Makes up words, and bodies of them."""

    chance: random.Random
    language: str = "en"

    def word(self) -> str:
        return "".join(self.chance.choices(_SYLLABLES[self.language], k=self.chance.randint(1, 3)))

    def line(self, most: int = 9) -> str:
        return " ".join(self.word() for _ in range(self.chance.randint(3, most)))

    def text(self) -> str:
        paragraphs = [
            "\n".join(f"{self.line()}." for _ in range(self.chance.randint(1, 3)))
            for _ in range(self.chance.randint(1, 4))
        ]
        return "\n\n".join(paragraphs)

    def charset(self, text: str) -> str:
        for charset in self.chance.sample(CHARSETS[self.language], len(CHARSETS[self.language])):
            try:
                text.encode(charset.replace("ks_c_5601-1987", "cp949"))
            except UnicodeError:
                continue
            return charset
        return "utf-8"

    def part(self, text: str, media_type: str = "text/plain", more: str = "") -> bytes:
        """Give a text as a part, in one of its charsets and transfer encodings."""
        charset = self.charset(text)
        raw = text.replace("\n", CRLF).encode(charset.replace("ks_c_5601-1987", "cp949"))
        encodings = ["base64", "quoted-printable"]
        if raw.isascii():
            encodings.append("7bit")
        elif charset != "iso-2022-jp":
            encodings.append("8bit")
        encoding = self.chance.choice(encodings)
        if encoding == "base64":
            raw = base64.encodebytes(raw)
        elif encoding == "quoted-printable":
            raw = quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        quoted = self.chance.choice([charset, f'"{charset}"', charset.upper()])
        head = f"Content-Type: {media_type}; charset={quoted}{more}{CRLF}"
        head += f"Content-Transfer-Encoding: {encoding}{CRLF}{CRLF}"
        return head.encode() + raw

    def file(self, name: str, media_type: str = "application/pdf") -> bytes:
        """Give an attachment."""
        body = base64.encodebytes(self.chance.randbytes(300))
        given = name if name.isascii() else ""
        shown = f'; filename="{given}"' if given else f"; filename*=utf-8''{_percent(name)}"
        return (
            f"Content-Type: {media_type}{CRLF}Content-Disposition: attachment{shown}{CRLF}"
            f"Content-Transfer-Encoding: base64{CRLF}{CRLF}"
        ).encode() + body

    def several(self, kind: str, *parts: bytes, more: str = "", ends: bool = True) -> bytes:
        """Give a multipart."""
        mark = f"=_{self.chance.randrange(10**12):012d}"
        head = f'Content-Type: multipart/{kind}; boundary="{mark}"{more}{CRLF}{CRLF}'
        inside = b"".join(f"--{mark}{CRLF}".encode() + part + b"\r\n" for part in parts)
        preamble = self.chance.choice([b"", b"This is a multi-part message in MIME format.\r\n"])
        return head.encode() + preamble + inside + (f"--{mark}--{CRLF}".encode() if ends else b"")

    def header(self, text: str) -> str:
        """Give a text as a header has it: in encoded words where it must be."""
        if text.isascii():
            return text
        charset = self.charset(text)
        words, here = [], ""
        for character in text:
            here += character
            if len(here) == 12:
                words.append(here)
                here = ""
        words += [here] if here else []
        made = []
        for word in words:
            raw = word.encode(charset.replace("ks_c_5601-1987", "cp949"))
            made.append(f"=?{charset}?B?{base64.b64encode(raw).decode()}?=")
        return f"{CRLF} ".join(made)

    def message(self, subject: str, *headers: str, body: bytes) -> bytes:
        """Give a whole message."""
        number = self.chance.randrange(10**15)
        head = [
            "Received: from relay.office.example; Mon, 2 Mar 2026 09:00:00 +0000",
            f"Message-ID: <{number}@office.example>",
            "Date: Mon, 2 Mar 2026 09:00:00 +0000",
            f"From: {self.header(self.word())} <office@harbours.example>",
            "To: Ana Reed <x@replies.example>",
            f"Subject: {self.header(subject)}",
            "MIME-Version: 1.0",
            *headers,
        ]
        return CRLF.join(head).encode() + b"\r\n" + body


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def html_of(text: str) -> str:
    """Give a text as HTML that shows it."""
    paragraphs = [f"<p>{p}</p>".replace("\n", "<br>\n") for p in text.split("\n\n")]
    return (
        "<html><head><style>p {margin: 0}</style><title>x</title></head><body>"
        + "\n".join(paragraphs)
        + "</body></html>"
    )


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
    languages = [*_SYLLABLES]
    for n in range(number):
        shapes = PEOPLE if n % 4 else PROGRAMS
        writer = Writer(chance, languages[n % len(languages)])
        yield shapes[(n // 4 if n % 4 == 0 else n) % len(shapes)](writer)
