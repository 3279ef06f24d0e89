"""Every dependency is pinned, by hash, on every Python that we support."""

import importlib.metadata
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


def pins(file: str, place: dict[str, str] | None = None) -> dict[str, str]:
    """Give the versions that are installed on one kind of computer; without `place`, on ours."""
    found: dict[str, str] = {}
    for entry in entries(file):
        pinned = Requirement(entry.partition("--hash")[0])
        if pinned.marker is None or pinned.marker.evaluate(place):
            found[canonicalize_name(pinned.name)] = str(pinned.specifier).removeprefix("==")
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_line_pins_one_version_and_its_files(file: str) -> None:
    for entry in entries(file):
        assert re.fullmatch(
            r"[a-z0-9.-]+==[\w.]+( ; python_version == \"3\.\d+\")?"
            r"( +--hash=sha256:[0-9a-f]{64})+ *",
            entry,
        )


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
    for system, machine in COMPUTERS:
        place = {
            "extra": "",
            "platform_machine": machine,
            "platform_system": system.title(),
            "python_full_version": python,
            "python_version": python.rpartition(".")[0],
            "sys_platform": system,
        }
        pinned = pins(file, place)
        # What is for another Python than ours cannot say here what it needs.
        for name in pinned.keys() & pins(file).keys():
            for text in importlib.metadata.requires(name) or []:
                need = Requirement(text)
                if need.marker is None or need.marker.evaluate(place):
                    version = pinned.get(canonicalize_name(need.name))
                    assert version is not None, f"{name} needs {text} on {system} {machine}"
                    assert need.specifier.contains(version, prereleases=True)


def test_what_is_installed_is_what_is_pinned() -> None:
    pinned = pins("requirements-dev.txt")
    assert {name: importlib.metadata.version(name) for name in pinned} == pinned
