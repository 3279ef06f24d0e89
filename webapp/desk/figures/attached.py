"""Answer with a file to keep."""

from collections.abc import Iterator

from flask import Response


def attached(lines: Iterator[str], name: str) -> Response:
    """Stream a spreadsheet, to be kept under `name`."""
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
