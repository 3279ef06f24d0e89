"""How fast mail is read at the wall, signature and all, beside Python's own parser alone."""

import base64
import email
import email.policy
import time
from collections.abc import Callable, Sequence

from werkzeug.datastructures import Headers

from letters.mail.incoming import Incoming
from letters.mail.kinds import SIGNS, told
from letters.mail.mime import Reader
from letters.mail.shown import content_of
from rig.inbound import raw_post
from rig.post_office import letters
from sandbox.behaviour.events import signature_headers
from sandbox.keys import new_key, public_key
from webapp.sendgrid.parsed import read_mail
from webapp.sendgrid.signature import Signature

MESSAGES = 1_000
# What mail servers put before each message on its way: a corpus of real mail has as much.
_WAY = (
    b"".join(
        f"Received: from relay{n}.office.example (relay{n}.office.example [192.0.2.{n}])\r\n"
        f"\tby mx{n}.replies.example (Postfix) with ESMTPS id {n:012d}\r\n"
        f"\tfor <x@replies.example>; Mon, 2 Mar 2026 09:00:0{n} +0000\r\n".encode()
        for n in range(6)
    )
    + b"".join(
        f"{name}: i=1; a=rsa-sha256; d=office.example; s=mail;\r\n".encode()
        + b"".join(b"\t" + b"h3x" * 22 + b"\r\n" for _ in range(6))
        for name in ("DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "X-Scanned")
    )
    + b"".join(f"X-Office-{n}: {n:040d}\r\n".encode() for n in range(12))
)
ROUNDS = 3
LEAST = 0.5


def main() -> None:
    small = [_WAY + letter.raw for letter in letters(MESSAGES, seed=3)]
    large = [_with_file(message) for message in small[:100]]
    print(f"\n{'messages a second':<48}{'small':>10}{'200 kB':>10}")
    rates = [_rates(messages) for messages in (small, large)]
    names = (
        "the wall: signature, form, message, kind",
        "  of that the signature",
        "  of that the message and its kind",
        "Python's parser alone, nothing decoded",
        "Python's parser, its texts decoded",
    )
    for words, of_small, of_large in zip(names, *rates, strict=True):
        print(f"{words:<48}{of_small:>10,.0f}{of_large:>10,.0f}")
    for size, (wall, check, message, bare, _) in zip(("small", "large"), rates, strict=True):
        verdict = "kept" if wall / bare >= LEAST else "NOT KEPT"
        print(
            f"Of {size} ones the wall reads {wall / bare:.2f} of what the parser alone does, at "
            f"least {LEAST}: {verdict}. Without signature and form it is {message / bare:.2f}; to "
            f"check a signature takes {1e6 / check:.0f} µs, and the parser {1e6 / bare:.0f}."
        )


def _with_file(message: bytes) -> bytes:
    file = base64.encodebytes(b"a file of no meaning " * 7_000)
    return (
        _WAY
        + b'Content-Type: multipart/mixed; boundary="apart"\r\n\r\n--apart\r\n'
        + message[len(_WAY) :]
        + b"\r\n--apart\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + file
        + b"\r\n--apart--\r\n"
    )


def _rates(raw: Sequence[bytes]) -> tuple[float, float, float, float, float]:
    key = new_key()
    posts = [raw_post(f"{'a' * 52}@replies.example", message) for message in raw]
    signed = [(body, kind, signature_headers(key, body, 1e9)) for body, kind in posts]
    name = public_key(key)
    took = (
        _best(lambda: _wall(signed, name)),
        _best(lambda: _checked(signed, name)),
        _best(lambda: _message(raw)),
        _best(lambda: _bare(raw)),
        _best(lambda: _decoded(raw)),
    )
    wall, check, message, bare, decoded = (len(raw) / seconds for seconds in took)
    return wall, check, message, bare, decoded


def _message(messages: Sequence[bytes]) -> None:
    for message in messages:
        reader = Reader()
        reader.feed(message)
        whole = reader.close()
        headers = {name: whole.header(name) for name in SIGNS & whole.headers.keys()}
        told(Incoming((), None, "", whole.header("subject"), content_of(whole), headers))


def _best(read: Callable[[], None]) -> float:
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        read()
        took.append(time.process_time() - start)
    return min(took)


def _check(body: bytes, headers: dict[str, str], key: str) -> None:
    signature = Signature.read(Headers(headers))
    assert signature is not None
    signature.add(body)
    assert signature.is_by(key)


def _checked(posts: Sequence[tuple[bytes, str, dict[str, str]]], key: str) -> None:
    for body, _, headers in posts:
        _check(body, headers, key)


def _wall(posts: Sequence[tuple[bytes, str, dict[str, str]]], key: str) -> None:
    for body, kind, headers in posts:
        _check(body, headers, key)
        mail = read_mail(kind, iter([body]))
        assert mail is not None
        told(mail)


def _bare(messages: Sequence[bytes]) -> None:
    for message in messages:
        email.message_from_bytes(message)


def _decoded(messages: Sequence[bytes]) -> None:
    for message in messages:
        for part in email.message_from_bytes(message, policy=email.policy.default).walk():
            part.get_payload(decode=True)
