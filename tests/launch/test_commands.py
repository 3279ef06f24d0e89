"""What ./run says of its commands, and what runs on each change."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "run", *arguments], capture_output=True, text=True, check=False
    )


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("setup", "test", "check", "bench", "postbag"):
        assert f"./run {command}" in done.stdout


def test_an_unknown_command_shows_the_usage() -> None:
    done = run("dance")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ./run")


def test_ci_runs_the_checks_and_the_whole_suite() -> None:
    words = (ROOT / ".ci" / "run").read_text()
    assert "\n./run check\n" in words
    assert "\n./run test\n" in words
