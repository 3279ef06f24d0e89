"""Every dependency is pinned, by hash, on every Python that we support."""

import importlib.metadata
import itertools
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILES = ("requirements.txt", "requirements-dev.txt")
PYTHONS = ("3.11.2", "3.11.9", "3.12.0", "3.13.0", "3.14.0")
COMPUTERS = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64"))


def entries(file: str) -> list[str]:
    """Give each requirement with its continuation lines joined, comments left out."""
    lines = [line for line in (ROOT / file).read_text().splitlines() if "#" not in line]
    return [entry for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


def pins(file: str) -> dict[str, str]:
    words = (entry.split()[0].partition("==") for entry in entries(file))
    return {canonicalize_name(name): version for name, _, version in words}


@pytest.mark.parametrize("file", FILES)
def test_every_line_pins_one_version_and_its_files(file: str) -> None:
    for entry in entries(file):
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+ *", entry)


@pytest.mark.parametrize("file", FILES)
def test_no_line_says_where_packages_come_from(file: str) -> None:
    text = (ROOT / file).read_text()
    assert not re.search(r"://|--(index|extra-index|find-links|trusted)|file:/|/home|/opt", text)


def test_the_development_file_holds_all_of_the_other() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("python", PYTHONS)
def test_nothing_is_missing_on_any_python_that_we_support(file: str, python: str) -> None:
    # They are installed with --no-deps, so pip would not notice.
    pinned = pins(file)
    for name, (system, machine) in itertools.product(pinned, COMPUTERS):
        place = {
            "extra": "",
            "platform_machine": machine,
            "platform_system": system.title(),
            "python_full_version": python,
            "python_version": python.rpartition(".")[0],
            "sys_platform": system,
        }
        for text in importlib.metadata.requires(name) or []:
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate(place):
                version = pinned.get(canonicalize_name(need.name))
                assert version is not None, f"{name} needs {text} on {system} {machine}"
                assert need.specifier.contains(version, prereleases=True)


def test_what_is_installed_is_what_is_pinned() -> None:
    pinned = pins("requirements-dev.txt")
    assert {name: importlib.metadata.version(name) for name in pinned} == pinned
