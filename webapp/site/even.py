"""Let an answer take as long whoever it is about.

A first letter and one that an address writes again are the same work (letters/intake/enter.py).
What little is left between them, so many bytes on the disk, is hidden by answering in steps.
"""

import time
from typing import Final

_FIRST_SECONDS: Final = 0.02
"""More than either takes where nothing else goes on."""


def wait_out(begun: float) -> None:
    """Wait until the answer is due to what `begun` by :func:`time.monotonic`.

    What takes longer is due after twice the time, and again: the busier the machine, the fewer are
    the moments between which a little more or less could tell.
    """
    took, due = time.monotonic() - begun, _FIRST_SECONDS
    while due < took:
        due *= 2
    time.sleep(due - took)
