"""Whatever can be wrong has its words."""

import pytest

from letters.files.faults import Flaw, What
from postbag.faults import words


@pytest.mark.parametrize("what", What)
def test_everything_that_can_be_wrong_is_worded(what: What) -> None:
    said = words(Flaw(what, found="this", near="that", options=("a", "b"), length=3, most=2))
    assert said
    assert "{shape}" not in said
