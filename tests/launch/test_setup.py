"""The virtual environment: made once, made anew where it was interrupted."""

from pathlib import Path

import pytest

from launch.checkout import Checkout
from launch.failure import Failure
from launch.setup import RUNTIME, ensure_installed, is_current, is_sound


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give a checkout that needs no packages, set up for real."""
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    (checkout.root / RUNTIME).write_text("# nothing\n")
    ensure_installed(checkout)
    return checkout


def files_of(checkout: Checkout) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in checkout.venv.iterdir()}


@pytest.mark.long
def test_a_second_setup_changes_nothing(checkout: Checkout) -> None:
    assert is_current(checkout, RUNTIME)
    before = files_of(checkout)
    ensure_installed(checkout)
    assert files_of(checkout) == before


def test_other_requirements_are_installed_into_the_same_environment(checkout: Checkout) -> None:
    made_at = (checkout.venv / "made-for").stat().st_mtime_ns
    (checkout.root / RUNTIME).write_text("# nothing, in other words\n")
    assert not is_current(checkout, RUNTIME)
    ensure_installed(checkout)
    assert is_current(checkout, RUNTIME)
    assert (checkout.venv / "made-for").stat().st_mtime_ns == made_at


@pytest.mark.long
def test_what_was_interrupted_is_made_anew(checkout: Checkout) -> None:
    (checkout.venv / "installing").touch()
    (checkout.venv / "left-half-way").touch()
    assert not is_sound(checkout)
    ensure_installed(checkout)
    assert is_current(checkout, RUNTIME)
    assert not (checkout.venv / "left-half-way").exists()


def test_an_environment_of_another_place_or_python_is_not_ours(checkout: Checkout) -> None:
    mark = checkout.venv / "made-for"
    ours = mark.read_text()
    mark.write_text(ours.replace(str(checkout.root), "/elsewhere"))
    assert not is_sound(checkout)
    mark.write_text(ours.replace("Python 3", "Python 2"))
    assert not is_sound(checkout)
    mark.write_text(ours)
    assert is_sound(checkout)


def test_a_folder_that_a_link_leads_to_is_not_emptied(tmp_path: Path, checkout: Checkout) -> None:
    linked = Checkout(tmp_path)
    linked.venv.symlink_to(checkout.venv)
    (tmp_path / RUNTIME).write_text("# nothing\n")
    before = files_of(checkout)
    with pytest.raises(Failure, match="is a link: remove it"):
        ensure_installed(linked)
    assert files_of(checkout) == before


def test_a_file_that_pip_cannot_take_is_one_sentence(checkout: Checkout) -> None:
    (checkout.root / RUNTIME).write_text("this is no requirement\n")
    with pytest.raises(Failure, match="pip could not install the packages: its own words, in "):
        ensure_installed(checkout)
    assert not is_sound(checkout)
