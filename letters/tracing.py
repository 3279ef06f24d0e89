"""Spans for OpenTelemetry, where TRACING asks for them: of a request, a submission, an attempt.

Off, as it is by default, nothing of OpenTelemetry is imported and a span is one look at a name. On,
the spans go to whatever the operator has set up around the process (`opentelemetry-instrument`).
Ids are all that they hold.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, Protocol


class Tracer(Protocol):
    """What makes spans."""

    def span(self, name: str, ids: dict[str, str]) -> AbstractContextManager[None]:
        """Return a span that lasts as long as it is entered."""

    def flush(self) -> None:
        """Hand on what was made: this process is about to end."""


class _OpenTelemetry:
    """Spans by OpenTelemetry's API, which does nothing until somebody sets up a place for them."""

    def __init__(self) -> None:
        from opentelemetry import trace  # noqa: PLC0415 - only where it is asked for

        self._provider = trace.get_tracer_provider
        self._tracer = trace.get_tracer("postbag")

    @contextmanager
    def span(self, name: str, ids: dict[str, str]) -> Iterator[None]:
        attributes = {f"postbag.{key}": value for key, value in ids.items()}
        # An error's words could hold what somebody wrote: that there was one is enough.
        with self._tracer.start_as_current_span(
            f"postbag {name}", attributes=attributes, record_exception=False
        ):
            yield

    def flush(self) -> None:
        flush = getattr(self._provider(), "force_flush", None)
        if flush is not None:
            flush()


_OFF: Final[AbstractContextManager[None]] = nullcontext()
_in_use: list[Tracer] = []


def configure(tracing: str) -> None:
    """Make spans from now on where `tracing` is "opentelemetry", and none where it is "off"."""
    _in_use[:] = [_OpenTelemetry()] if tracing == "opentelemetry" else []


def is_on() -> bool:
    """Tell whether spans are made."""
    return bool(_in_use)


def span(name: str, **ids: str) -> AbstractContextManager[None]:
    """Return a span with some ids, to be entered."""
    return _in_use[0].span(name, ids) if _in_use else _OFF


def flush() -> None:
    """Hand on what was made: this process is about to end."""
    for tracer in _in_use:
        tracer.flush()
