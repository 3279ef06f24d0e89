"""The inward wall for mail: a post of SendGrid's Inbound Parse becomes a message of ours. Pure.

Its fields are in SendGrid's Inbound Parse reference: the whole message as `email`, or what SendGrid
took out of it, each text in the charset that `charsets` names. Read as it comes, since it may be
thirty mebibytes: of a file only the name is kept, of a text its beginning.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import getaddresses, parseaddr
from typing import Final

from werkzeug.http import parse_options_header

from letters.mail.charsets import decoded, one_line, storable
from letters.mail.incoming import Content, Incoming
from letters.mail.kinds import SIGNS
from letters.mail.mime import TEXT_MAX, Part, Reader
from letters.mail.shown import content_of, file_name, report_of, text_of_html
from webapp.sendgrid.form import parts

_FIELD_MAX: Final = 2**16
_LONG: Final = frozenset({"text", "html", "headers"})
_NAMES_MAX: Final = 50
_RECIPIENTS_MAX: Final = 100
_SUBJECT_MAX: Final = 400
_PLAIN: Final = re.compile(r"""(?:[\w .'-]*|"[\w .,'-]*" )<([\w.+=-]+@[\w.-]+)>""", re.ASCII)
_ADDRESS: Final = re.compile(r"<([^<>\s]*)>")


@dataclass(slots=True)
class _Form:
    """What is kept of a post."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    """Name and type of each."""
    whole: Part | None = None
    charsets: dict[str, object] | None = None

    def text(self, name: str) -> str:
        return decoded(self.fields.get(name, b""), self.charset(name))

    def charset(self, name: str) -> str:
        if self.charsets is None:
            self.charsets = _object(self.fields.get("charsets", b""))
        return str(self.charsets.get(name, ""))


def read_mail(content_type: str, pieces: Iterable[bytes]) -> Incoming | None:
    """Return the message in a post; None: there is none in it. Whatever it is like, never raises.

    `pieces` is the post's body.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "").encode("latin-1", "replace")
    if kind != "multipart/form-data" or not boundary:
        return None
    form = _read(boundary, pieces)
    if form.whole is None and not form.fields:
        return None
    return _of_whole(form, form.whole) if form.whole is not None else _of_fields(form)


def _read(boundary: bytes, pieces: Iterable[bytes]) -> _Form:
    form = _Form()
    for head, data in parts(boundary, pieces):
        if head.name == "email" and form.whole is None:
            reader = Reader()
            for piece in data:
                reader.feed(piece)
            form.whole = reader.close()
        elif head.file_name is not None:
            form.files.append((head.file_name, head.media_type))
        else:
            most = TEXT_MAX if head.name in _LONG else _FIELD_MAX
            form.fields.setdefault(head.name, _beginning(data, most))
    return form


def _beginning(data: Iterable[bytes], most: int) -> bytes:
    kept = b""
    for piece in data:
        if len(kept) < most:
            kept += piece[: most - len(kept)]
    return kept


def _of_whole(form: _Form, whole: Part) -> Incoming:
    sender = whole.header("from") or form.text("from")
    subject = whole.header("subject") or form.text("subject")
    return _incoming(form, whole, sender, subject, content_of(whole))


def _of_fields(form: _Form) -> Incoming:
    # A message without a body: its headers are read as those of any other.
    reader = Reader()
    reader.feed(form.fields.get("headers", b"").strip() + b"\n\n")
    head = reader.close()
    text = storable(form.text("text")).strip("\n")
    if not text.strip():
        text = text_of_html(form.fields.get("html", b""), form.charset("html"))
    names = tuple(file_name(name, kind) for name, kind in form.files[:_NAMES_MAX])
    report = report_of(head)
    sender = form.text("from") or head.header("from")
    subject = form.text("subject") or head.header("subject")
    return _incoming(form, head, sender, subject, Content(text, names, report))


def _incoming(form: _Form, head: Part, sender: str, subject: str, content: Content) -> Incoming:
    envelope = _object(form.fields.get("envelope", b""))
    to = envelope.get("to")
    recipients = [str(each) for each in to] if isinstance(to, list) else []
    if not recipients:
        written = [form.text("to"), head.header("to"), head.header("cc")]
        recipients = [address for _, address in getaddresses(written)]
    return Incoming(
        recipients=tuple(address.strip() for address in recipients[:_RECIPIENTS_MAX]),
        return_path=_return_path(envelope.get("from"), head),
        sender=_address(one_line(sender, _SUBJECT_MAX)),
        subject=one_line(subject, _SUBJECT_MAX),
        content=content,
        headers={name: head.header(name) for name in head.headers if name in SIGNS},
    )


def _address(written: str) -> str:
    """Return the address in a From."""
    plain = _PLAIN.fullmatch(written)  # as nearly all are
    return (plain[1] if plain is not None else parseaddr(written)[1]).lower()


def _return_path(told: object, head: Part) -> str | None:
    if isinstance(told, str):
        return told.strip().removeprefix("<").removesuffix(">").strip()
    if "return-path" not in head.headers:
        return None
    written = head.header("return-path")
    found = _ADDRESS.search(written)
    return found[1] if found else written


def _object(raw: bytes) -> dict[str, object]:
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
