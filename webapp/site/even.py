"""Let an answer take as long whoever it is about.

A first letter and one that an address writes again are the same work (letters/intake/enter.py).
What little is left between them, so many bytes on the disk, is hidden by answering in steps.
"""

import time
from typing import Final

_STEP_SECONDS: Final = 0.02
"""More than either takes where nothing else goes on; what takes longer is answered a step later."""


def wait_out(begun: float) -> None:
    """Wait until the answer is due to what `begun` by :func:`time.monotonic`."""
    time.sleep(-(time.monotonic() - begun) % _STEP_SECONDS)
