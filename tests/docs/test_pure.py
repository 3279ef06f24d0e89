"""What says of itself that it is pure is held to it by a contract of imports."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CONTRACT = "What is pure knows no database, no web, no clock and no chance"


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_what_says_that_it_is_pure_is_in_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = settings["tool"]["setuptools"]["packages"]
    (held,) = (
        contract["source_modules"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["name"] == CONTRACT
    )
    says_so = {
        module(path)
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if "Pure." in (ast.get_docstring(ast.parse(path.read_text())) or "")
    }
    assert says_so
    assert {
        name for name in says_so if not any(f"{name}.".startswith(f"{it}.") for it in held)
    } == set()
