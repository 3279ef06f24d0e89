"""Make a certificate for this computer's own name, good for one run of the stand-in."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sandbox.keys import new_key, pem

_GOOD_FOR = dt.timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, which is also the authority to trust, and its private key."""

    certificate_pem: bytes
    key_pem: bytes


def for_this_computer(now: dt.datetime) -> Certificate:
    """Make a certificate for localhost, 127.0.0.1 and ::1, valid from an hour before `now`."""
    key = new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SendGrid stand-in")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # A strict client (Python 3.13's default) wants a trusted root to be marked as one, with its
    # key's uses and identifiers stated.
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _GOOD_FOR)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("localhost"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                    x509.IPAddress(ipaddress.ip_address("::1")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, SHA256())
    )
    return Certificate(signed.public_bytes(Encoding.PEM), pem(key))


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """Give the TLS settings of a server that shows `certificate`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # The ssl module only reads keys from files.
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder, "chain.pem")
        chain.touch(mode=0o600)
        chain.write_bytes(certificate.key_pem + certificate.certificate_pem)
        context.load_cert_chain(chain)
    return context
