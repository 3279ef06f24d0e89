"""What is in deploy/ starts what the Procfile starts, and nothing else."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

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


SETTINGS = """\
# DATABASE_URL=postgresql:///another
; nor this

DATABASE_URL=postgresql://db.example/postbag?sslmode=require&pgbouncer=true
SECRET_KEY=a$HOME;b#c`id`$(id) d!*
  MAIL_FROM="Letters <letters@act.example>"\t
LOG_FORMAT='json'
SENDGRID_READ_KEY=
no setting
MORE-OVER=neither
SEND_RATE=10"""
SHOWS = "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]))"


def test_the_command_gets_the_services_settings_as_they_stand_there(tmp_path: Path) -> None:
    """Play it with folders of our own, a `setpriv` that changes nothing, a command that shows."""
    settings, checkout, programs = tmp_path / "env", tmp_path / "checkout", tmp_path / "bin"
    settings.write_text(SETTINGS)
    (checkout / "postbag").mkdir(parents=True)
    (checkout / "postbag/__main__.py").write_text(SHOWS)
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    programs.mkdir()
    (programs / "setpriv").write_text('#!/bin/sh\nshift 3\nexec "$@"\n')
    (programs / "setpriv").chmod(0o700)
    script = (
        (DEPLOY / "systemd/postbag")
        .read_text()
        .replace("/etc/postbag/env", str(settings))
        .replace("/opt/postbag", str(checkout))
    )

    def played() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", script, "postbag", "office", "show", "a b"],
            env={"PATH": f"{programs}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    words, folder, environment = json.loads(played().stdout)
    assert (words, folder) == (["office", "show", "a b"], str(checkout))
    settings_there = {
        "DATABASE_URL": "postgresql://db.example/postbag?sslmode=require&pgbouncer=true",
        "SECRET_KEY": "a$HOME;b#c`id`$(id) d!*",
        "MAIL_FROM": "Letters <letters@act.example>",
        "LOG_FORMAT": "json",
        "SENDGRID_READ_KEY": "",
        "SEND_RATE": "10",
    }
    assert environment.items() >= settings_there.items()
    assert not environment.keys() & {"no setting", "MORE-OVER", "# DATABASE_URL"}
    settings.unlink()
    assert (played().returncode != 0, played().stdout) == (True, "")
