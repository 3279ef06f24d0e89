"""Whatever comes between the steps of a send, nothing is lost, sent twice, or miscounted."""

from collections.abc import Callable, Sequence
from itertools import count

import pytest

from tests.simulation.drawing import Action, draw
from tests.simulation.found import FOUND
from tests.simulation.ground import Ground
from tests.simulation.search import explain, replay, shrink

STEPS, LONG_STEPS = 10_000, 1_000_000


def test_no_order_of_ten_thousand_steps_breaks_a_promise(
    ground: Ground, is_long: bool, say: Callable[[str], None]
) -> None:
    """A million with --long. A seed that fails is shrunk, and told with what led to it."""
    steps = commits = 0
    for seed in count():
        report = replay(draw(seed), ground)
        steps, commits = steps + report.steps, commits + report.commits
        if report.fault is not None:
            pytest.fail(explain(seed, ground))
        if steps >= (LONG_STEPS if is_long else STEPS):
            break
    say(f"{seed + 1} runs, {steps} steps, {commits} commits judged")


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_replays_its_run(ground: Ground, seed: int) -> None:
    first, second = replay(draw(seed), ground), replay(draw(seed), ground)
    assert first.trace == second.trace
    assert (first.steps, first.commits) == (second.steps, second.commits)


def test_what_led_to_a_fault_shrinks_to_what_is_needed() -> None:
    actions = draw(1)
    needed = {actions[20], actions[45]}

    def is_fault(some: Sequence[Action]) -> bool:
        return needed <= set(some)

    assert set(shrink(actions, is_fault)) == needed


@pytest.mark.parametrize("what", FOUND)
def test_what_the_search_once_found_is_mended(ground: Ground, what: str) -> None:
    assert replay(FOUND[what], ground).fault is None
