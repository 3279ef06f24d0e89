"""Run the tests: all of them, the pure ones, with coverage, or against mutants."""

import os
import re
import subprocess
from collections.abc import Mapping
from typing import Final

from launch.checking.browser import ensure_driver, find_browser, find_shell
from launch.checking.programs import ensure_programs
from launch.checkout import Checkout

COVERAGE: Final = "--coverage"
_LIVES: Final = ("survived", "no tests", "suspicious")
_PURE: Final = re.compile(r"-m ?pure\b")


def is_pure(arguments: list[str]) -> bool:
    """Tell whether pytest with these arguments runs the tests that need nothing beside Python."""
    return bool(_PURE.search(" ".join(arguments)))


def prepare(checkout: Checkout, arguments: list[str], environment: dict[str, str]) -> list[str]:
    """Put browsers into `environment` where a test may want one; give the arguments for pytest."""
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        # It may not stand beside the sources; to compile all anew takes each process seconds.
        environment.setdefault("PYTHONPYCACHEPREFIX", str(checkout.make_var() / "compiled"))
    if is_pure(arguments):
        return ["-n2", *arguments]  # they are so short that more processes only take time to start
    ensure_driver(checkout, environment)
    browser = find_browser(checkout, environment)
    environment["POSTBAG_CHROMIUM"] = browser
    environment["POSTBAG_CHROMIUM_SHELL"] = find_shell(environment, browser)
    if "--long" in arguments:
        environment["PATH"] = ensure_programs(environment)
    return arguments


def run_with_coverage(
    checkout: Checkout, arguments: list[str], environment: Mapping[str, str]
) -> int:
    """Run pytest, print the lines and branches reached over all processes; give its status."""
    (checkout.make_var() / "coverage").mkdir(exist_ok=True)

    def coverage(*words: str) -> int:
        return subprocess.run(
            [checkout.python, "-m", "coverage", *words],
            cwd=checkout.root,
            env=environment,
            check=False,
        ).returncode

    coverage("erase")
    status = coverage("run", "-m", "pytest", *(word for word in arguments if word != COVERAGE))
    coverage("combine", "--quiet")
    return status or coverage("report")


def run_mutants(checkout: Checkout, paths: list[str], environment: Mapping[str, str]) -> int:
    """Change the pure parts a little, many times; print each change that no test noticed.

    `paths` are files or folders; without any, all that pyproject.toml lists.
    """
    asked = [f"{path.removesuffix('.py').strip('/').replace('/', '.')}." for path in paths]

    def mutmut(*words: str, output: int | None = subprocess.PIPE) -> tuple[int, str]:
        done = subprocess.run(
            [checkout.python, "-m", "mutmut", *words],
            cwd=checkout.root,
            env=environment,
            stdout=output,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout or ""

    cores = str(os.cpu_count() or 1)
    status, _ = mutmut("run", "--max-children", cores, *(f"{name}*" for name in asked), output=None)
    for line in mutmut("results")[1].splitlines():
        name, _, fate = line.strip().partition(": ")
        if fate in _LIVES and (not asked or name.startswith(tuple(asked))):
            print(f"\n{fate}: {mutmut('show', name)[1].strip()}")
    return status
