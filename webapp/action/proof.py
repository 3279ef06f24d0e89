"""Ask the writer's machine for a little work, where a campaign wants it: ALTCHA, version 2.

The challenge is signed by us and bound to the form's token, and its solution is good for the first
address that comes with it, as long as the token is. Nobody else has a part in it. Decision 0008
tells what it is worth.
"""

import hmac
import json
import logging
from datetime import datetime
from typing import Final

from altcha import Payload, create_challenge, verify_solution
from redis import Redis, RedisError

from letters.campaign import Campaign, Confirm
from letters.text.addresses import canonical
from letters.tokens import FORM_LIFE, Tokens, digest

_log = logging.getLogger(__name__)
_ALGORITHM: Final = "PBKDF2/SHA-256"
_ROUNDS: Final = 5_000
"""Of the hash in one try, which is also what a check costs us: about 1.5 ms."""
_PREFIX: Final = "00"
"""A try in 256 finds it: about a quarter of a second in a desktop browser."""
_PAYLOAD_MAX: Final = 2_000


def is_asked(campaign: Campaign) -> bool:
    """Tell whether letters need work or else a confirmation; where all are confirmed, none does."""
    return campaign.proof_of_work and campaign.confirm is Confirm.NONE


def challenge(secret_keys: tuple[str, ...], form_token: str, now: datetime) -> str:
    """Return the challenge for one serving of a form, as JSON."""
    made = create_challenge(
        _ALGORITHM,
        _ROUNDS,
        key_prefix=_PREFIX,
        expires_at=now + FORM_LIFE,
        data={"form": digest(form_token)},
        hmac_secret=_secret(secret_keys[0]),
    )
    return json.dumps(made.to_dict())


def is_solved(secret_keys: tuple[str, ...], form_token: str, payload: str) -> bool:
    """Tell whether `payload` solves a challenge that was made for this form's token."""
    if not payload or len(payload) > _PAYLOAD_MAX:
        return False
    try:
        read = Payload.from_base64(payload)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    if read.challenge.parameters.data != {"form": digest(form_token)}:
        return False
    return any(verify_solution(read, _secret(key)).verified for key in secret_keys)


def is_first(redis: Redis, tokens: Tokens, form_token: str, email: str) -> bool:
    """Tell whether no other address came with this form's work before; the first one may again.

    While Redis is away nobody can tell, and then a letter is confirmed by mail.
    """
    key = f"postbag:proof:{digest(form_token)}"
    mine = [name.encode() for name in tokens.blinds("proof", canonical(email))]
    try:
        redis.set(key, mine[0], ex=FORM_LIFE, nx=True)
        return redis.get(key) in mine
    except RedisError:
        _log.warning("Redis is away; a letter with its work done is confirmed by mail")
        return False


def _secret(key: str) -> bytes:
    return hmac.digest(key.encode(), b"proof of work", "sha256")
