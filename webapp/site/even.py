"""Let an answer take as long whoever it is about.

A first letter is stored in one turn; one that an address writes again is looked up, and kept beside
the first, in two. A stranger could tell by that milliseconds who has written before.
"""

import time
from typing import Final

_STEP_SECONDS: Final = 0.02
"""More than either takes where nothing else goes on; what takes longer is answered a step later."""


def wait_out(begun: float) -> None:
    """Wait until the answer is due to what `begun` by :func:`time.monotonic`."""
    time.sleep(-(time.monotonic() - begun) % _STEP_SECONDS)
