"""Keep the key that signs events, and show its public half as SendGrid shows it.

`python -m sandbox.keys FILE` prints the value for SENDGRID_EVENT_PUBLIC_KEY: the base64 of the
DER form of the public key (SubjectPublicKeyInfo). FILE is made when it is missing.
"""

import base64
import os
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class UnusableKeyError(Exception):
    """A file holds no private key of the kind that SendGrid signs with (P-256)."""


def new_key() -> EllipticCurvePrivateKey:
    """Make a signing key."""
    return generate_private_key(SECP256R1())


def pem(key: EllipticCurvePrivateKey) -> bytes:
    """Give the private key as unencrypted PKCS #8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_or_make(path: Path) -> EllipticCurvePrivateKey:
    """Read the signing key in `path`, making it first, for its owner's eyes only, if missing.

    Raises UnusableKeyError if the file holds something else, OSError if it cannot be read or made.
    """
    if not path.exists():
        _make(path)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise UnusableKeyError(f"{path} holds no private key in PEM form.") from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise UnusableKeyError(f"{path} holds a key of another kind; a P-256 key is needed.")
    return key


def public_key(key: EllipticCurvePrivateKey) -> str:
    """Give the public half in SendGrid's form, one line of base64."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def _make(path: Path) -> None:
    # Two processes may do this at once. Linking a finished file into place lets one of them win
    # and never shows the other a half-written key. mkstemp gives mode 600.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem(new_key()))
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # the other process's key is as good as ours
    finally:
        Path(draft).unlink()


def _main() -> None:
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m sandbox.keys FILE\n")
        sys.exit(2)
    try:
        key = load_or_make(Path(sys.argv[1]))
    except (UnusableKeyError, OSError) as error:
        sys.exit(f"The signing key cannot be used: {error}")
    sys.stdout.write(public_key(key) + "\n")


if __name__ == "__main__":
    _main()
