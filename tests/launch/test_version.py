"""An old Python says that it is too old."""

import ast
import importlib.machinery
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

RUN = Path(__file__).resolve().parents[2] / "run"


@pytest.fixture
def run() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("run", str(RUN))
    spec = importlib.util.spec_from_loader("run", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_an_old_python_says_that_it_is_too_old(run: ModuleType) -> None:
    assert run.too_old((3, 10)) == (
        "Postbag needs Python 3.11 or newer and this is 3.10: install a newer one, "
        "then start this with it (for example: python3.11 run)."
    )


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 14), (4, 0)])
def test_a_new_python_will_do(run: ModuleType, version: tuple[int, int]) -> None:
    assert run.too_old(version) == ""


def test_a_python_as_old_as_3_6_can_read_that_sentence() -> None:
    ast.parse(RUN.read_text(), feature_version=(3, 6))
