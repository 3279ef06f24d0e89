"""Die at a named step of a send, for the crash tests: POSTBAG_FAILPOINT=name or name:nth."""

import os
import signal
from collections import Counter
from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """The steps of a send at which a process can be made to die."""

    BEFORE_CLAIM_COMMITS = "before-claim-commits"
    AFTER_CLAIM_COMMITS = "after-claim-commits"
    BYTES_OUT = "bytes-out"
    ANSWER_IN = "answer-in"
    BEFORE_OUTCOME_COMMITS = "before-outcome-commits"
    AFTER_OUTCOME_COMMITS = "after-outcome-commits"


_name, _, _nth = os.environ.get("POSTBAG_FAILPOINT", "").partition(":")
_DIE_AT: Final = (Step(_name), int(_nth or 1)) if _name else None
_passed: Final[Counter[Step]] = Counter()


def reached(step: Step) -> None:
    """Kill the work-horse with -9, and its books, when it is to die at this pass of this step."""
    if _DIE_AT is None or _DIE_AT[0] is not step:
        return
    _passed[step] += 1
    if _passed[step] == _DIE_AT[1]:
        os.killpg(0, signal.SIGKILL)  # RQ gives each work-horse a group of its own
