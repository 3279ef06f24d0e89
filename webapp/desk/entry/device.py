"""Say what somebody signs in with. Pure. Nothing else of a user agent is kept."""

from datetime import timedelta
from typing import Final

KNOWN_LIFE: Final = timedelta(days=365)
# The first that is found counts: most programs also claim to be those further down.
_PROGRAMS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def known_cookie(*, is_https: bool) -> str:
    """Return the name of what tells who has been signed in in a browser.

    It opens nothing: see letters.desk.sign_ins. No other host can write a name that begins so.
    """
    return "__Host-known" if is_https else "known"


def device(user_agent: str) -> str:
    """Return names of a program and a system, such as "Firefox · Linux"; "": we know neither.

    It is kept, and read in any language: so it holds no word of one.
    """
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return " · ".join(filter(None, (program, system)))
