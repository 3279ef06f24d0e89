"""How fast mail is read at the wall, signature and all, beside Python's own parser alone."""

import email
import email.policy
import time
from collections.abc import Callable, Sequence

from werkzeug.datastructures import Headers

from letters.mail.kinds import told
from rig.inbound import raw_post
from rig.post_office import letters
from sandbox.events import signature_headers
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
    key = new_key()
    raw = [_WAY + letter.raw for letter in letters(MESSAGES, seed=3)]
    posts = [raw_post(f"{'a' * 52}@replies.example", message) for message in raw]
    signed = [(body, kind, signature_headers(key, body, 1e9)) for body, kind in posts]
    name = public_key(key)
    best = {
        "the wall: signature, form, message, kind": _best(lambda: _wall(signed, name)),
        "Python's parser alone, nothing decoded": _best(lambda: _bare(raw)),
        "Python's parser, its texts decoded": _best(lambda: _decoded(raw)),
    }
    print(f"\n{'read':<45}{'messages a second':>20}")
    for words, rate in best.items():
        print(f"{words:<45}{rate:>20,.0f}")
    wall, bare, _ = best.values()
    print(f"The wall reads {wall / bare:.2f} of what the parser alone does (at least {LEAST}).")


def _best(read: Callable[[], None]) -> float:
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        read()
        took.append(time.perf_counter() - start)
    return MESSAGES / min(took)


def _wall(posts: Sequence[tuple[bytes, str, dict[str, str]]], key: str) -> None:
    for body, kind, headers in posts:
        signature = Signature.read(Headers(headers))
        assert signature is not None
        signature.add(body)
        assert signature.is_by(key)
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
