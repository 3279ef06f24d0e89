"""The checks of ./run check."""

import subprocess
import time
from collections.abc import Mapping

from launch.checkout import Checkout

# What is checked, and how strictly, is written in pyproject.toml, and beside it in biome.json for
# JavaScript and CSS and in .djlint_rules.yaml for the templates.
_CHECKS = (
    ("formatting", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("import contracts", ["lint-imports"]),
    ("JavaScript and CSS", ["biome", "lint", "--error-on-warnings", "webapp/static"]),
    ("templates", ["djlint", "--lint", "--quiet", "templates"]),
    ("Markdown and its links", ["rumdl", "check", "."]),
    ("translations", ["python", "-m", "translations"]),
)


def run_checks(checkout: Checkout, environment: Mapping[str, str]) -> bool:
    """Run every check, say how each went, and tell whether all are satisfied."""
    satisfied = True
    for name, (program, *arguments) in _CHECKS:
        begun = time.monotonic()
        done = subprocess.run(
            [checkout.venv / "bin" / program, *arguments],
            cwd=checkout.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - begun
        if done.returncode != 0:
            print(done.stdout, end="")
        result = "passed" if done.returncode == 0 else "failed"
        print(f"{name}: {result} ({seconds:.1f} s)", flush=True)
        satisfied = satisfied and done.returncode == 0
    return satisfied
