"""Turn Ctrl-C, SIGTERM and a closed terminal into one exception, at moments that bear it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from launch.failure import Stopped


class Signals:
    """Raises Stopped in the main thread at the first signal; later ones change nothing."""

    def __init__(self) -> None:
        self._received: int | None = None
        self._raised = False
        self._held = False

    def listen(self) -> None:
        """Begin. A SIGHUP that is ignored already (nohup) stays so."""
        signal.signal(signal.SIGINT, self._receive)
        signal.signal(signal.SIGTERM, self._receive)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._receive)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put off the exception until the block is done.

        Between the start of a child and the note of it, a signal would leave an orphan.
        """
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self._raise_once()

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self._received is None:
            self._received = number
        if not self._held:
            self._raise_once()

    def _raise_once(self) -> None:
        if self._received is not None and not self._raised:
            self._raised = True
            raise Stopped(self._received)
