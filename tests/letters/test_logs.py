"""Logs tell where something went wrong, and nothing that somebody typed."""

import io
import logging

import pytest

from letters.logs import Discreet, JsonLines


@pytest.mark.parametrize("formatter", [JsonLines(), Discreet("%(levelname)s %(message)s")])
def test_an_error_is_told_without_its_words(formatter: logging.Formatter) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    log = logging.getLogger(f"test.{type(formatter).__name__}")
    log.addHandler(handler)
    log.propagate = False
    typed = str(12_345_678)  # and not as the line that a traceback shows
    known: dict[str, str] = {}
    try:
        try:
            known[typed]
        except KeyError as error:
            raise ValueError(typed) from error
    except ValueError:
        log.exception("unexpected")
    told = written.getvalue()
    assert typed not in told
    for word in ("unexpected", "ValueError", "KeyError", "test_logs.py"):
        assert word in told
