"""Find the browsers that the tests drive, and see that what drives them starts."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from launch.checking.debian import apt_install
from launch.checkout import Checkout
from launch.failure import Failure
from launch.processes.sessions import end_session

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SHELL = "chromium-headless-shell"
_MACOS_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_DOWNLOAD_SECONDS = 300
_PLAYWRIGHTS_OWN = """\
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_browser(checkout: Checkout, environment: Mapping[str, str]) -> str:
    """Give the path of a Chromium or Chrome that starts, fetching one if there is none.

    Looks at POSTBAG_CHROMIUM, then at what is installed, then lets Playwright download its own,
    then, as root on Debian, installs the system's. Raises Failure if all of that comes to nothing.
    """
    told = environment.get("POSTBAG_CHROMIUM")
    if told:
        if not _starts(told):
            raise Failure(f"POSTBAG_CHROMIUM names {told}, which does not start: correct it.")
        return told
    # One after the other: nothing is fetched if something is there.
    for path in chain(_installed(environment), _downloaded(checkout), _from_debian(environment)):
        if _starts(path):
            return path
    raise Failure(
        "The tests need a browser and none could be found or fetched: install Chromium or Chrome, "
        "or set POSTBAG_CHROMIUM to the path of one."
    )


def find_shell(environment: Mapping[str, str], browser: str) -> str:
    """Give the path of Chromium's shell without a window, or of the browser where there is none.

    The shell makes a new page at a fifth of the cost. It keeps no pages to go back to.
    """
    path = shutil.which(_SHELL, path=environment.get("PATH"))
    return path if path is not None and _starts(path) else browser


def ensure_driver(checkout: Checkout, environment: Mapping[str, str]) -> None:
    """See that Playwright's driver starts; as root on Debian, install the library it may lack.

    The driver is a Node.js that Playwright brings, but not the libatomic that this Node.js needs
    and a minimal Debian does not have. Raises Failure if it does not start.
    """
    command: list[str | Path] = [checkout.python, "-m", "playwright", "--version"]
    if _bounded(command)[0] == 0:
        return
    if apt_install("libatomic1", environment) and _bounded(command)[0] == 0:
        return
    raise Failure(
        "Playwright's driver, which the tests need, does not start: see that the library "
        "libatomic is installed (on Debian and Ubuntu: apt-get install libatomic1)."
    )


def _installed(environment: Mapping[str, str]) -> Iterator[str]:
    for name in _NAMES:
        path = shutil.which(name, path=environment.get("PATH"))
        if path is not None:
            yield path
    yield from (path for path in _MACOS_APPLICATIONS if Path(path).exists())


def _downloaded(checkout: Checkout) -> Iterator[str]:
    print("No Chromium is installed; asking Playwright to download its own.", file=sys.stderr)
    status, _ = _bounded([checkout.python, "-m", "playwright", "install", "chromium"])
    if status != 0:
        print("Playwright could not download it.", file=sys.stderr)
        return
    status, path = _bounded([checkout.python, "-c", _PLAYWRIGHTS_OWN])
    if status == 0:
        yield path.strip()


def _from_debian(environment: Mapping[str, str]) -> Iterator[str]:
    if apt_install("chromium", environment):
        apt_install(_SHELL, environment)
        yield from _installed(environment)


def _starts(path: str) -> bool:
    """Tell whether the program is there, with all the libraries that it needs."""
    try:
        return _bounded([path, "--version"], 60)[0] == 0
    except OSError:
        return False


def _bounded(command: Sequence[str | Path], seconds: float = _DOWNLOAD_SECONDS) -> tuple[int, str]:
    """Run a command, and end it and all that it started if it takes too long."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        output = ""
    finally:
        end_session(process.pid, patience_seconds=1)
    return process.wait(), output
