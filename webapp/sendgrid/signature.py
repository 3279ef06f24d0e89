"""Believe what SendGrid signed: ECDSA over a timestamp and the raw body, nothing between them."""

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sendgrid.helpers.eventwebhook import EventWebhookHeader
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from hashlib import _Hash

# Timestamp and body are signed with nothing between them: only a fixed length keeps them apart.
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")


@dataclass(slots=True)
class Signature:
    """What came with a body that claims to be SendGrid's; the body is added piece by piece."""

    # Not with the SDK's verifier: it wants a text, and what is signed is bytes. Hashed as it
    # comes, so that no copy is made of what may be a stranger's thirty mebibytes.
    _signature: bytes
    _digest: "_Hash" = field(default_factory=hashlib.sha256)

    @classmethod
    def read(cls, headers: Headers) -> Self | None:
        """Return a request's signature; None: there is none, and its body is not worth reading."""
        timestamp = headers.get(EventWebhookHeader.TIMESTAMP, "")
        try:
            signature = b64decode(headers.get(EventWebhookHeader.SIGNATURE, ""), validate=True)
        except ValueError:
            return None
        if not signature or not _TIMESTAMP.fullmatch(timestamp):
            return None
        made = cls(signature)
        made.add(timestamp.encode())
        return made

    def add(self, piece: bytes) -> None:
        """Add the next piece of the body."""
        self._digest.update(piece)

    def is_by(self, public_key: str) -> bool:
        """Tell whether the owner of a key, in base64 as SendGrid shows it, signed all of it."""
        try:
            _read_key(public_key).verify(
                self._signature, self._digest.digest(), ECDSA(Prehashed(SHA256()))
            )
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=8)
def _read_key(setting: str) -> EllipticCurvePublicKey:
    key = load_der_public_key(b64decode(setting))
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("the settings have been checked for this")
    return key
