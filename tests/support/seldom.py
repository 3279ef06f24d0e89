"""Name a case that costs seconds and is much like another: it is run with --long only."""

from functools import partial
from typing import Final

import pytest

seldom: Final = partial(pytest.param, marks=pytest.mark.long)
