"""Search the orders in which processes can act: runs drawn from a seed, replayed and shrunk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.simulation.drawing import Action, draw
from tests.simulation.ground import Ground
from tests.simulation.judge import Fault
from tests.simulation.processes import Parts
from tests.simulation.run import Run


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    fault: Fault | None
    steps: int
    commits: int
    trace: tuple[str, ...]


def replay(actions: Sequence[Action], ground: Ground, parts: Parts | None = None) -> Report:
    """Run actions, and tell whether they led to a fault."""
    run = Run(ground, parts or Parts())
    fault: Fault | None = None
    try:
        run.act(actions)
    except Fault as found:
        fault = found
    except Exception as error:  # noqa: BLE001 - told with the orders that led to it
        fault = Fault(f"{type(error).__name__}: {error}")
        fault.__cause__ = error
    finally:
        run.close()
    return Report(fault, run.steps, run.scene.judge.commits, tuple(run.trace))


def shrink(actions: Sequence[Action], is_fault: Callable[[Sequence[Action]], bool]) -> list[Action]:
    """Drop actions as long as what is left still fails."""
    left = list(actions)
    size = len(left) // 2
    while size:
        place = 0
        while place < len(left):
            fewer = left[:place] + left[place + size :]
            if is_fault(fewer):
                left = fewer
            else:
                place += size
        size //= 2
    return left


def explain(seed: int, ground: Ground, parts: Parts | None = None) -> str:
    """Return the shortest way that was found to a seed's fault, for whoever is to mend it."""
    actions = shrink(draw(seed), lambda some: replay(some, ground, parts).fault is not None)
    report = replay(actions, ground, parts)
    kept = ",\n    ".join(repr(each) for each in actions)
    steps = "\n  ".join(report.trace)
    return f"seed {seed}: {report.fault}\n  {steps}\nTo keep it:\n    {kept}"
