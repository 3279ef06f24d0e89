"""Make up words in nine languages, and the bodies and heads of messages of them."""

import base64
import quopri
import random
from dataclasses import dataclass

CRLF = "\r\n"
# ruff: noqa: RUF001 - other scripts' letters are meant
SYLLABLES = {
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
        return "".join(self.chance.choices(SYLLABLES[self.language], k=self.chance.randint(1, 3)))

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
        shown = f'; filename="{given}"' if given else f"; filename*=utf-8''{percent(name)}"
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


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def html_of(text: str) -> str:
    """Give a text as HTML that shows it."""
    paragraphs = [f"<p>{p}</p>".replace("\n", "<br>\n") for p in text.split("\n\n")]
    return (
        "<html><head><style>p {margin: 0}</style><title>x</title></head><body>"
        + "\n".join(paragraphs)
        + "</body></html>"
    )
