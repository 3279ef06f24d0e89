"""Set the clock of a Python process WRONG_CLOCK_SECONDS ahead: Python imports this at its start.

It plays a machine whose clock is wrong; what measures spans of time (monotonic) stays as it is.
"""

import copyreg
import datetime as dt
import os
import time

_AHEAD_SECONDS = float(os.environ["WRONG_CLOCK_SECONDS"])
_time, _time_ns = time.time, time.time_ns
_true: type = dt.datetime
_true_now = dt.datetime.now


class _Kind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _true)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _true)


class _Wrong(dt.datetime, metaclass=_Kind):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        return _true_now(tz) + dt.timedelta(seconds=_AHEAD_SECONDS)


def _again(text: str) -> dt.datetime:
    moment: dt.datetime = _true.fromisoformat(text)  # type: ignore[attr-defined]
    return moment


# Moments go from process to process, and their kind is not found under its name any more.
copyreg.pickle(_true, lambda moment: (_again, (moment.isoformat(),)))
time.time = lambda: _time() + _AHEAD_SECONDS
time.time_ns = lambda: _time_ns() + int(_AHEAD_SECONDS * 1e9)
dt.datetime = _Wrong  # type: ignore[misc]
