"""Make the virtual environment and install the pinned dependencies.

Three files in `.venv` say how far it is: `made-for` (by which Python, for which root),
`installed-NAME` (the digest of the requirements file that was installed) and `installing`, which
is there only while something is being installed. What was interrupted is made anew.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launch.checkout import Checkout
from launch.failure import Failure

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"  # holds everything that RUNTIME holds, at the same versions

_NETWORK_SIGNS = ("Retrying (", "ConnectionError", "ConnectTimeout", "ReadTimeout", "NewConnection")


def ensure_installed(checkout: Checkout, requirements: str = RUNTIME) -> None:
    """Make sure that `.venv` holds what the file `requirements` says; at once if it does.

    Raises Failure if there is no venv module, no network, or pip refuses.
    """
    if is_current(checkout, requirements):
        return
    with _setup_lock(checkout) as lock:
        if is_current(checkout, requirements):
            return  # another ./run did it while we waited for the lock
        if not is_sound(checkout):
            _make_venv(checkout)
        _install(checkout, requirements, lock)


def is_sound(checkout: Checkout) -> bool:
    """Tell whether `.venv` was made whole, by this Python, for this root, and not left half-way."""
    return (
        _read(checkout.venv / "made-for") == _maker(checkout)
        and not (checkout.venv / "installing").exists()
        and os.access(checkout.python, os.X_OK)
    )


def is_current(checkout: Checkout, requirements: str) -> bool:
    """Tell whether `.venv` is sound and holds what the file `requirements` says now."""
    stamp = checkout.venv / f"installed-{requirements}"
    return is_sound(checkout) and _read(stamp) == _digest(checkout, requirements)


def _maker(checkout: Checkout) -> str:
    # The scripts in .venv/bin name the root, and the packages lie in a folder of the version.
    return f"Python {sys.version_info.major}.{sys.version_info.minor} for {checkout.root}\n"


def _digest(checkout: Checkout, requirements: str) -> str:
    return hashlib.sha256((checkout.root / requirements).read_bytes()).hexdigest() + "\n"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@contextmanager
def _setup_lock(checkout: Checkout) -> Iterator[int]:
    # pip inherits this lock. So if ./run is killed, the next one waits until that pip has ended.
    with (checkout.make_var() / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another ./run to finish setting up.", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _make_venv(checkout: Checkout) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise Failure(
            "This Python cannot make a virtual environment: install its venv module "
            "(on Debian and Ubuntu: apt-get install python3-venv), then run this again."
        )
    if checkout.venv.is_symlink():  # making it anew would empty the folder that it leads to
        raise Failure(f"{checkout.venv} is a link: remove it, then run this again.")
    print("Making .venv.", file=sys.stderr)
    builder = venv.EnvBuilder(clear=True, symlinks=True, with_pip=True)
    try:
        builder.create(checkout.venv)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(
            f"The virtual environment in {checkout.venv} could not be made ({error}): "
            "see that the disk has room and may be written to, then run this again."
        ) from error
    (checkout.venv / "made-for").write_text(_maker(checkout))


def _install(checkout: Checkout, requirements: str, lock: int) -> None:
    print(f"Installing what {requirements} lists; this takes a minute or two.", file=sys.stderr)
    marker, log = checkout.venv / "installing", checkout.venv / "install.log"
    marker.touch()
    command: list[str | Path] = [
        checkout.python,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
    ]
    command += ["--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    with log.open("wb") as words:
        done = subprocess.run(
            [*command, "-r", checkout.root / requirements],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env=checkout.command_environment(os.environ),
            pass_fds=[lock],
            check=False,
        )
    if done.returncode != 0:
        raise Failure(_why_not(log))
    # Every pin of RUNTIME is in DEVELOPMENT too.
    for name in {requirements, RUNTIME}:
        (checkout.venv / f"installed-{name}").write_text(_digest(checkout, name))
    marker.unlink()


def _why_not(log: Path) -> str:
    words = log.read_text(errors="replace")
    if any(sign in words for sign in _NETWORK_SIGNS):
        return (
            "The packages could not be downloaded: check the network connection, "
            f"then run this again (pip's own words are in {log})."
        )
    return f"pip could not install the packages: its own words, in {log}, say what is in the way."
