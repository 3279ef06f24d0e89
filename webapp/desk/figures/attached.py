"""Answer with a file to keep."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from flask import Response

_UTF_8: Final = "\ufeff"
"""Without this mark at its head a spreadsheet reads a file in the letters of its own country."""


def attached(lines: Iterator[str], name: str) -> Response:
    """Stream a spreadsheet, to be kept under `name`."""
    response = Response(chain([_UTF_8], lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
