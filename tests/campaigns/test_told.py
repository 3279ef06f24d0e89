"""The command line tells what should be looked at in a letter before a campaign goes live."""

from pathlib import Path

from rig.campaigns import campaign_file
from tests.support.command import Terminal


def greeting(salutation: str, path: Path) -> Path:
    """Write a campaign file whose one target is greeted so."""
    text = campaign_file("trees", "a@x.example")
    usual = next(line for line in text.splitlines() if line.startswith('salutation = "Minister'))
    path.write_text(text.replace(usual, f'salutation = "{salutation}"'))
    return path


def test_load_and_check_tell_of_a_title_alone(terminal: Terminal, tmp_path: Path) -> None:
    path = greeting("Hon", tmp_path / "trees.toml")
    assert "begins “Dear Hon,”" in terminal.run("campaign", "load", str(path)).said
    checked = terminal.run("campaign", "check", "trees", "--json").document
    told = {"kind": "title-alone", "target": "a@x.example", "line": "Dear Hon,"}
    assert told in checked["cautions"]
    assert "begins “Dear Hon,”" in terminal.run("campaign", "check", "trees").out


def test_load_and_check_tell_of_letters_that_the_paper_lacks(
    terminal: Terminal, tmp_path: Path
) -> None:
    told = "A PDF cannot show “李” in the salutation"
    path = greeting("李小龍", tmp_path / "trees.toml")
    assert told in terminal.run("campaign", "load", str(path)).said
    assert told in terminal.run("campaign", "check", "trees").out
