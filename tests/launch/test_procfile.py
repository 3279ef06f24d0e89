"""How the Procfile is read."""

from pathlib import Path

import pytest

from launch.failure import Failure
from launch.processes.procfile import parse_procfile, read_procfile, shell_command

ROOT = Path(__file__).resolve().parents[2]


def test_a_procfile_names_commands() -> None:
    text = "# how it runs\nrelease: python -m postbag migrate\n\nweb: gunicorn 'a:b()' --port 1:2\n"
    assert parse_procfile(text) == {
        "release": "python -m postbag migrate",
        "web": "gunicorn 'a:b()' --port 1:2",
    }


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("web gunicorn\n", "Line 1 of the Procfile is not `name: command`: correct it."),
        ("\nweb:\n", "Line 2 of the Procfile is not `name: command`: correct it."),
        ("web: a\nweb: b\n", "Line 2 of the Procfile names web a second time: remove one."),
    ],
)
def test_a_line_that_makes_no_sense_is_named(text: str, refusal: str) -> None:
    with pytest.raises(Failure) as caught:
        parse_procfile(text)
    assert str(caught.value) == refusal


def test_our_own_has_what_run_starts() -> None:
    assert {"release", "web", "worker"} <= read_procfile(ROOT / "Procfile").keys()


def test_a_missing_process_type_is_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("release: a\nweb: b\n")
    with pytest.raises(Failure, match="no line for worker"):
        read_procfile(tmp_path / "Procfile")


def test_the_shell_makes_way_for_the_program() -> None:
    assert shell_command("gunicorn 'a:b()'") == ["/bin/sh", "-c", "exec gunicorn 'a:b()'"]
