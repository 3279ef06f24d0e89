"""The settings that ./run supplies where the environment has none."""

import hashlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from launch.checkout import Checkout
from launch.failure import Failure

DATABASE_FILE = "postbag.db"
REPLY_DOMAIN = "replies.postbag.example"

# A unix socket's path ends up in sockaddr_un.sun_path: 108 bytes on Linux, 104 on macOS, and the
# server needs a few more for its own name of it while it starts.
_LONGEST_SOCKET_PATH_BYTES = 95
_LAST_PORT = 65535


def read_port(environment: Mapping[str, str]) -> int:
    """Give PORT, 8000 if it is not set. The stand-in takes the port after it."""
    text = environment.get("PORT", "8000")
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < _LAST_PORT:
        raise Failure(f"PORT is {text!r}: set it to a number from 1 to {_LAST_PORT - 1}.")
    return int(text)


def embedded_redis_socket(checkout: Checkout) -> Path:
    """Give the path of the embedded server's socket, in `var/` unless that is too long."""
    socket = checkout.var / "valkey.sock"
    if len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH_BYTES:
        return socket
    digest = hashlib.sha256(os.fsencode(checkout.root)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"postbag-{os.getuid()}-{digest}"
    if len(os.fsencode(folder / "valkey.sock")) > _LONGEST_SOCKET_PATH_BYTES:
        folder = Path("/tmp") / folder.name  # noqa: S108 - its owner and mode are checked before use
    return folder / "valkey.sock"


def settings_environment(checkout: Checkout, outer: Mapping[str, str]) -> dict[str, str]:
    """Give `outer` with ./run's own value for every setting that it lacks; makes keys in `var/`.

    Needs the dependencies installed. Raises Failure for a PORT that is none.
    """
    environment = checkout.command_environment(outer)
    port = read_port(environment)
    var = checkout.make_var()
    own: dict[str, Callable[[], str]] = {
        "HOST": lambda: "127.0.0.1",
        "PORT": lambda: str(port),
        "DATABASE_URL": lambda: f"sqlite:///{var / DATABASE_FILE}",
        "REDIS_URL": lambda: f"unix://{quote(str(embedded_redis_socket(checkout)))}",
        "SECRET_KEY": lambda: kept_secret(var / "secret-key", lambda: secrets.token_urlsafe(48)),
        "PUBLIC_URL": lambda: f"http://localhost:{port}",
        "SENDGRID_API_KEY": lambda: stand_in_api_key(checkout),
        "SENDGRID_API_HOST": lambda: stand_in_url(port),
        "SENDGRID_EVENT_PUBLIC_KEY": lambda: _public_key(checkout, signing_key_file(checkout)),
        "MAIL_FROM": lambda: "letters@postbag.example",
        "REPLY_DOMAIN": lambda: REPLY_DOMAIN,
        "SENDGRID_INBOUND_PUBLIC_KEY": lambda: _public_key(checkout, inbound_key_file(checkout)),
        "LOG_FORMAT": lambda: "text",
    }
    for name, value in own.items():
        if name not in environment:
            environment[name] = value()
    return environment


def stand_in_url(port: int) -> str:
    """Give the stand-in's address for programs; it listens on this computer alone."""
    return f"http://127.0.0.1:{port + 1}"


def signing_key_file(checkout: Checkout) -> Path:
    """Give the path of the key that the stand-in signs its events with."""
    return checkout.var / "stand-in-signing-key.pem"


def inbound_key_file(checkout: Checkout) -> Path:
    """Give the path of the key that the stand-in signs incoming mail with."""
    return checkout.var / "stand-in-inbound-key.pem"


def stand_in_api_key(checkout: Checkout) -> str:
    """Give the API key that the stand-in takes, in the form of SendGrid's own; made once."""
    return kept_secret(
        checkout.make_var() / "stand-in-api-key",
        lambda: f"SG.{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}",
    )


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """Give the secret in `path`; make it first if the file is missing, readable by us alone."""
    if not path.exists():
        # Two processes may do this at once. Linking a finished file into place lets one win and
        # never shows half a secret, not even after a crash. mkstemp gives mode 600.
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(f"{make()}\n")
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process's secret is as good as ours
        finally:
            Path(draft).unlink()
    return path.read_text().strip()


def _public_key(checkout: Checkout, file: Path) -> str:
    # The standard library knows no elliptic curves; the stand-in shows its key as SendGrid does.
    done = subprocess.run(
        [checkout.python, "-m", "sandbox.keys", file],
        cwd=checkout.root,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failure(
            f"The stand-in's signing key could not be read: remove {file} to have "
            "a new one made, then run this again."
        )
    return done.stdout.strip()
