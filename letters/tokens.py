"""Sign and read the tokens in forms and links. The first key signs, all verify."""

import hashlib
import hmac
import re
import secrets
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from itsdangerous import BadSignature, Signer

# The last of a signature's 43 characters holds four bits: two more would be another spelling.
_SPELLING: Final = re.compile(r"[0-9a-f-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
# 256 bits in 52 characters of five: the last holds one bit and four zeros.
_REPLY: Final = re.compile(r"[A-Za-z2-7]{51}[AaQq]")
_TO_ALL: Final = [b"all"]
FORM_LIFE: Final = timedelta(hours=24)
CHALLENGE_LIFE: Final = timedelta(minutes=10)


class BadToken(Exception):
    """The token is missing, forged, or not for this page."""


class TokenTooOld(BadToken):
    """The form was served too long ago."""


class TokenTooYoung(BadToken):
    """The form came back sooner than a person can fill it in."""


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a form's token says: it makes a form posted twice one submission."""

    id: str
    served_at: datetime


class Tokens:
    """Make and read tokens with the keys in SECRET_KEY."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        self._keys = secret_keys[::-1]  # the signer wants the newest last

    def _signer(self, use: str) -> Signer:
        return Signer(
            list(self._keys), salt=use, key_derivation="hmac", digest_method=hashlib.sha256
        )

    def _unsign(self, use: str, token: str) -> str:
        # A signature is base64, of which the reader takes several spellings. One is ours.
        if not _SPELLING.fullmatch(token):
            raise BadSignature("not a token of ours")
        return self._signer(use).unsign(token.encode()).decode()

    def new_form(self, slug: str, now: datetime) -> str:
        """Return a token for one serving of a campaign's form."""
        milliseconds = int(now.timestamp() * 1000)
        return self._signer(f"form/{slug}").sign(f"{secrets.token_hex(16)}-{milliseconds}").decode()

    def read_form(
        self, slug: str, token: str, now: datetime, *, min_age: timedelta = timedelta()
    ) -> FormToken:
        """Return what a form's token says; raise BadToken or one of its kinds."""
        try:
            value = self._unsign(f"form/{slug}", token)
        except (BadSignature, UnicodeError) as error:
            raise BadToken from error
        token_id, _, milliseconds = value.partition("-")
        served_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
        if now - served_at > FORM_LIFE:
            raise TokenTooOld
        if now - served_at < min_age:
            raise TokenTooYoung
        return FormToken(token_id, served_at)

    def receipt(self, submission_id: str) -> str:
        """Return the token of a submission's receipt link."""
        return self._signer("receipt").sign(submission_id).decode()

    def read_receipt(self, token: str) -> str:
        """Return the submission's id; raise BadToken."""
        try:
            return self._unsign("receipt", token)
        except (BadSignature, UnicodeError) as error:
            raise BadToken from error

    def office(self, target_id: int) -> str:
        """Return the token of the link that a target's letters carry for its office."""
        return self._signer("office").sign(str(target_id)).decode()

    def read_office(self, token: str) -> int:
        """Return the target's id; raise BadToken."""
        try:
            return int(self._unsign("office", token))
        except (BadSignature, UnicodeError, ValueError) as error:
            raise BadToken from error

    def preview(self, campaign_id: int, until: datetime) -> str:
        """Return the token of a link that shows a campaign's page before it is public."""
        return self._signer(f"preview/{campaign_id}").sign(str(int(until.timestamp()))).decode()

    def read_preview(self, campaign_id: int, token: str, now: datetime) -> datetime:
        """Return until when the link holds; raise BadToken, or TokenTooOld once that is past."""
        try:
            until = int(self._unsign(f"preview/{campaign_id}", token))
        except (BadSignature, UnicodeError, ValueError) as error:
            raise BadToken from error
        if now.timestamp() >= until:
            raise TokenTooOld
        return datetime.fromtimestamp(until, UTC)

    def updates(self, submission_id: str) -> str:
        """Return the token of the link that ends updates to a submission's writer."""
        return self._signer("updates").sign(submission_id).decode()

    def read_updates(self, token: str) -> str:
        """Return the submission's id; raise BadToken."""
        try:
            return self._unsign("updates", token)
        except (BadSignature, UnicodeError) as error:
            raise BadToken from error

    def reply(self, letter_id: str) -> str:
        """Return the name of a letter's own address for answers: 52 letters and digits.

        It is the id under AES-SIV (RFC 5297), so it tells nothing, and of 2**128 guesses one is
        right. Mail servers may change its case.
        """
        sealed = AESSIV(_reply_key(self._keys[-1])).encrypt(bytes.fromhex(letter_id), None)
        return b32encode(sealed).decode().rstrip("=").lower()

    def read_reply(self, name: str) -> str:
        """Return the id of the letter whose own address has this name; raise BadToken."""
        return self._read_reply(name, None)

    def reply_to_all(self, letter_id: str) -> str:
        """Return the name of the address of all letters that go in one mail with a letter."""
        sealed = AESSIV(_reply_key(self._keys[-1])).encrypt(bytes.fromhex(letter_id), _TO_ALL)
        return b32encode(sealed).decode().rstrip("=").lower()

    def read_reply_to_all(self, name: str) -> str:
        """Return the id of that letter; raise BadToken."""
        return self._read_reply(name, _TO_ALL)

    def _read_reply(self, name: str, said: list[bytes] | None) -> str:
        if not _REPLY.fullmatch(name):
            raise BadToken
        sealed = b32decode(name.upper() + "====")
        for key in reversed(self._keys):
            try:
                return AESSIV(_reply_key(key)).decrypt(sealed, said).hex()
            except InvalidTag:
                continue
        raise BadToken

    def device(self, organiser_id: int) -> str:
        """Return what a browser keeps in which an organiser has been signed in."""
        return self._signer("device").sign(f"{organiser_id:x}").decode()

    def read_device(self, token: str) -> int | None:
        """Return the organiser who has been signed in there; None: nobody that we know of."""
        try:
            return int(self._unsign("device", token), 16)
        except (BadSignature, UnicodeError, ValueError):
            return None

    def challenge(self, browser: str, now: datetime) -> str:
        """Return what a passkey is to answer, in one browser, within a few minutes."""
        milliseconds = int(now.timestamp() * 1000)
        signer = self._signer(f"challenge/{browser}")
        return signer.sign(f"{secrets.token_hex(16)}-{milliseconds}").decode()

    def read_challenge(self, browser: str, challenge: str, now: datetime) -> None:
        """Raise BadToken for a challenge that is not ours, another browser's or too old."""
        try:
            value = self._unsign(f"challenge/{browser}", challenge)
        except (BadSignature, UnicodeError) as error:
            raise BadToken from error
        milliseconds = int(value.partition("-")[2])
        if now - datetime.fromtimestamp(milliseconds / 1000, UTC) > CHALLENGE_LIFE:
            raise TokenTooOld

    def blind(self, use: str, value: str) -> str:
        """Return a name for `value` that tells nothing about it, 64 hexadecimal digits."""
        return self.blinds(use, value)[0]

    def blinds(self, use: str, value: str) -> tuple[str, ...]:
        """Return the names that `value` has had: by the key that signs, then by each older one."""
        return tuple(
            Signer(key, salt=f"blind/{use}", key_derivation="hmac", digest_method=hashlib.sha256)
            .get_signature(value)
            .hex()[:64]
            for key in reversed(self._keys)
        )


def _reply_key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"reply", "sha512")


def digest(token: str) -> str:
    """Return what we keep of a random token, so that reading the database opens no door."""
    return hashlib.sha256(token.encode()).hexdigest()
