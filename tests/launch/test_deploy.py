"""What is in deploy/ starts what the Procfile starts, and nothing else."""

import json
import re
import shlex

import pytest

from rig import ROOT

DEPLOY = ROOT / "deploy"
LINES = {
    name: shlex.split(command)
    for name, _, command in (
        line.partition(": ") for line in (ROOT / "Procfile").read_text().splitlines()
    )
}


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("compose.yml", ("release", "web", "worker")),
        ("kubernetes/postbag.yaml", ("release", "web", "worker")),
        ("Dockerfile", ("web",)),
    ],
)
def test_containers_start_the_procfiles_lines(file: str, parts: tuple[str, ...]) -> None:
    text = (DEPLOY / file).read_text()
    commands = [json.loads(found) for found in re.findall(r"(?:CMD|command:) (\[.*\])", text)]
    for part in parts:
        assert LINES[part] in commands


@pytest.mark.parametrize(
    ("unit", "part"), [("release", "release"), ("web@", "web"), ("worker@", "worker")]
)
def test_units_start_the_procfiles_lines(unit: str, part: str) -> None:
    text = (DEPLOY / f"systemd/postbag-{unit}.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, *words = shlex.split(command.replace("create_app()", "'create_app()'"))
    assert [program.removeprefix("/opt/postbag/.venv/bin/"), *words] == LINES[part]


def test_an_image_has_all_that_runs_and_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    let_in = re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert copied == {name for name in let_in if (ROOT / name).is_dir()}
    for folder in copied:
        for file in (ROOT / folder).rglob("*.py"):
            used = set(re.findall(r"^(?:from|import) (\w+)", file.read_text(), re.MULTILINE))
            ours = {name for name in used if (ROOT / name / "__init__.py").exists()}
            assert ours <= copied, (file, ours - copied)


def test_every_setting_that_an_app_asks_for_is_one_of_ours() -> None:
    known = (ROOT / "letters/settings.py").read_text() + (ROOT / "webapp/gunicorn.py").read_text()
    for name in json.loads((DEPLOY / "app.json").read_text())["env"]:
        assert f'"{name}"' in known
