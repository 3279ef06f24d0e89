"""How exactly the account-wide rate is kept by six processes, beside ready-made limiters."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.rival_venv import program
from rig import ROOT
from rig.servers import Valkey

PROCESSES = 6
PER_SECOND = (50, 400)
SECONDS = 12.0
START_SECONDS = 3.0  # until all processes are up; what is sent by then does not count
STRATEGIES = ("moving-window", "sliding-window-counter", "fixed-window")


def times(command: Sequence[str | Path], per_second: int, redis_url: str) -> list[list[float]]:
    """Let six processes send for a while; return the times of each."""
    begin = time.time() + START_SECONDS
    until = begin + SECONDS
    environment = {**os.environ, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(
            [*command, str(per_second), str(until)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    lines = [process.communicate()[0].split() for process in running]
    assert not any(process.returncode for process in running)
    return [[at for at in map(float, each) if at >= begin] for each in lines]


def worst_second(sent: Iterable[float]) -> int:
    """Return how many were sent in the fullest sliding second."""
    ordered = sorted(sent)
    most = first = 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def main() -> None:
    print(f"{PROCESSES} processes, {SECONDS:g} s; as ratios of what is allowed")
    print(f"  {'':<32}{'allowed/s':>10}{'mean':>8}{'worst second':>14}{'least process':>15}")
    python = program("python")
    contenders: dict[str, list[str | Path]] = {
        "Postbag": [sys.executable, "-m", "bench.reserved"],
        **{f"limits, {s}": [python, "-m", "bench.rivals.limited", s] for s in STRATEGIES},
    }
    with tempfile.TemporaryDirectory() as folder, Valkey(Path(folder)) as valkey:
        for per_second in PER_SECOND:
            for name, command in contenders.items():
                redis_url = valkey.new_database()
                each = times(command, per_second, redis_url)
                sent = [at for some in each for at in some]
                mean = len(sent) / SECONDS / per_second
                worst = worst_second(sent) / per_second
                least = min(map(len, each)) / (len(sent) / PROCESSES)
                print(f"  {name:<32}{per_second:>10}{mean:>8.3f}{worst:>14.2f}{least:>15.2f}")
