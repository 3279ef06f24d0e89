"""Keep pages as they were set, for as long as nothing has changed that stands on them.

To set the action page costs as much as all else that is done for it, and most visitors get the same
one: it differs in the form's token and the number of letters, which are filled in.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from flask import Flask, current_app
from markupsafe import Markup, escape

TOKEN_MARK: Final = secrets.token_hex(16)
"""Stands where the token goes, while a page is kept."""
COUNT_MARK: Final = Markup(secrets.token_hex(16))  # noqa: S704 - hexadecimal digits
"""Stands where the number of letters goes."""
_MOST: Final = 32


@dataclass(frozen=True, slots=True)
class _Page:
    shows: object
    text: str


class Pages:
    """The pages that an app keeps, those that were asked for last."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, _Page] = OrderedDict()
        self._lock: Final = Lock()

    def text(self, key: Hashable, shows: object, make: Callable[[], str]) -> str:
        """Return the page with a key that `shows` what it is to show, made anew if it does not."""
        with self._lock:
            page = self._pages.get(key)
        if page is None or page.shows != shows:
            page = _Page(shows, make())
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > _MOST:
                self._pages.popitem(last=False)
        return page.text


def filled_in(text: str, token: str, so_far: Markup) -> str:
    """Return a kept page with what each visitor gets anew."""
    return text.replace(TOKEN_MARK, str(escape(token))).replace(COUNT_MARK, so_far)


def register(app: Flask) -> None:
    """Let `app` keep pages."""
    app.extensions["kept_pages"] = Pages()


def pages() -> Pages:
    """Return the pages that this app keeps."""
    found: Pages = current_app.extensions["kept_pages"]
    return found
