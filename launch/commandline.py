"""The commands of ./run."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import NoReturn

from launch.checking.checks import run_checks
from launch.checking.testing import COVERAGE, prepare, run_mutants, run_with_coverage
from launch.checkout import Checkout, this_checkout
from launch.environment import DATABASE_FILE, settings_environment
from launch.failure import Failure, Stopped
from launch.processes.procfile import read_procfile, shell_command
from launch.processes.signals import Signals
from launch.setup import DEVELOPMENT, ensure_installed
from launch.start import start, where_it_runs
from launch.supply.advisories import check_advisories
from launch.supply.sbom import bill_of_materials

USAGE = """\
usage: ./run              start everything on this computer; Ctrl-C ends it
       ./run setup        make .venv and install the pinned dependencies, start nothing
       ./run test ARGS    run the test suite; ARGS go to pytest (`-m pure`: what needs no process,
                          in seconds), `--coverage` prints what it reached over all processes
       ./run mutants PATH change the pure parts a little, and print what no test noticed
       ./run check        formatting, lint, types, import contracts, scripts, styles, templates,
                          links, translations
       ./run advisories   compare what is pinned with what is published of holes in it
       ./run sbom         print of what a release is made (CycloneDX)
       ./run bench NAME   run the benchmarks, or the one of this name
       ./run postbag ...  the postbag command line, with the settings of ./run

PORT (8000) chooses where the pages are; the outbox is on the port after it. Every other setting
may be given in the environment too. What is kept is in var/.
"""
_TERMINATED_BY = 128  # what a shell adds to the number of the signal that ended a program


def main(arguments: list[str]) -> NoReturn:
    """Do what the command line asks for, and end the process with the status it deserves."""
    signals = Signals()
    signals.listen()
    try:
        sys.exit(_run(arguments, this_checkout(), signals))
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"The system refuses what is needed ({error}): mend that first.", file=sys.stderr)
        sys.exit(1)
    except Stopped as stopped:
        # To end the main job is how it ends; anything else was broken off.
        sys.exit(0 if not arguments else _TERMINATED_BY + stopped.signal_number)


def _run(arguments: list[str], checkout: Checkout, signals: Signals) -> int:
    """Give the exit status; raises Failure with a sentence, or Stopped."""
    environment = checkout.command_environment(os.environ)
    match arguments:
        case []:
            start(checkout, os.environ, signals)
        case ["setup"]:
            ensure_installed(checkout)
        case ["test", *rest]:
            return _test(checkout, rest, environment)
        case ["mutants", *paths]:
            ensure_installed(checkout, DEVELOPMENT)
            return run_mutants(checkout, paths, environment)
        case ["check" | "advisories" | "sbom" as what]:
            return 0 if _look_at(what, checkout, environment) else 1
        case ["bench", *rest]:
            ensure_installed(checkout, DEVELOPMENT)
            _become(checkout, "bench", rest, environment)
        case ["postbag", *rest]:
            ensure_installed(checkout)
            # Links lead to the ./run that is running, wherever that is.
            environment = settings_environment(checkout, where_it_runs(checkout) | os.environ)
            if "DATABASE_URL" not in os.environ and not (checkout.var / DATABASE_FILE).exists():
                _migrate(checkout, environment)
            _become(checkout, "postbag", rest, environment)
        case ["--help" | "-h"]:
            print(USAGE, end="")
        case _:
            print(USAGE, end="", file=sys.stderr)
            return 2
    return 0


def _look_at(what: str, checkout: Checkout, environment: Mapping[str, str]) -> bool:
    if what == "advisories":
        return check_advisories(checkout, environment)
    if what == "sbom":
        print(bill_of_materials(checkout))
        return True
    ensure_installed(checkout, DEVELOPMENT)
    return run_checks(checkout, environment)


def _test(checkout: Checkout, arguments: list[str], environment: dict[str, str]) -> int:
    ensure_installed(checkout, DEVELOPMENT)
    arguments = prepare(checkout, arguments, environment)
    if COVERAGE not in arguments:
        _become(checkout, "pytest", arguments, environment)
    return run_with_coverage(checkout, arguments, environment)


def _migrate(checkout: Checkout, environment: Mapping[str, str]) -> None:
    release = read_procfile(checkout.root / "Procfile")["release"]
    # Standard output belongs to the command that follows.
    done = subprocess.run(
        shell_command(release), cwd=checkout.root, env=environment, stdout=sys.stderr, check=False
    )
    if done.returncode != 0:
        raise Failure("The database could not be made: what stands above says why.")


def _become(
    checkout: Checkout, module: str, arguments: list[str], environment: Mapping[str, str]
) -> NoReturn:
    """Hand this process over, so that signals, terminal and exit status are the program's own."""
    os.chdir(checkout.root)
    os.execve(checkout.python, [str(checkout.python), "-m", module, *arguments], environment)
