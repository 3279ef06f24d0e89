"""Which browser the tests run in, and what is said where there is none."""

from pathlib import Path

import pytest

from launch.checking.browser import find_browser, find_shell
from launch.checkout import Checkout
from launch.failure import Failure


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Give a checkout whose Playwright can download nothing."""
    checkout = Checkout(tmp_path / "checkout")
    program(checkout.python, status=1)
    return checkout


def program(path: Path, *, status: int) -> Path:
    """Make a program that ends with this status."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_the_browser_that_the_environment_names_is_taken(
    checkout: Checkout, tmp_path: Path
) -> None:
    named = program(tmp_path / "named", status=0)
    program(tmp_path / "bin" / "chromium", status=0)
    environment = {"POSTBAG_CHROMIUM": str(named), "PATH": str(tmp_path / "bin")}
    assert find_browser(checkout, environment) == str(named)


def test_a_named_browser_that_does_not_start_is_an_error(
    checkout: Checkout, tmp_path: Path
) -> None:
    with pytest.raises(Failure, match=r"POSTBAG_CHROMIUM names .* which does not start"):
        find_browser(checkout, {"POSTBAG_CHROMIUM": str(tmp_path / "nowhere"), "PATH": ""})


def test_an_installed_browser_is_taken_and_nothing_is_fetched(
    checkout: Checkout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path / "chromium", status=1)  # a broken one is passed over
    working = program(tmp_path / "google-chrome", status=0)
    assert find_browser(checkout, {"PATH": str(tmp_path)}) == str(working)
    assert capsys.readouterr().err == ""


def test_the_shell_without_a_window_is_taken_where_it_starts(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}
    assert find_shell(environment, "/the/browser") == "/the/browser"
    shell = program(tmp_path / "chromium-headless-shell", status=1)
    assert find_shell(environment, "/the/browser") == "/the/browser"
    program(shell, status=0)
    assert find_shell(environment, "/the/browser") == str(shell)


def test_without_any_browser_the_tests_cannot_run(checkout: Checkout, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="The tests need a browser and none could be found"):
        find_browser(checkout, {"PATH": str(tmp_path)})
