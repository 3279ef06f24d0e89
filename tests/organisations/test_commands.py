"""`postbag organisation load|dump|list`, and what a campaign file says of whose it is."""

from pathlib import Path

from rig.campaigns import campaign_file
from tests.support.command import Terminal

SAMPLE = Path(__file__).parents[2] / "templates" / "organisations" / "lantern.toml"


def test_an_organisation_is_loaded_with_its_logo_and_comes_back_whole(
    terminal: Terminal, tmp_path: Path
) -> None:
    loaded = terminal.run("organisation", "load", str(SAMPLE))
    assert (loaded.status, loaded.out, loaded.said) == (0, "lantern\n", "")
    dumped = terminal.run("organisation", "dump", "lantern")
    file = tmp_path / "again.toml"
    file.write_text(dumped.out)  # the logo is inside: there is no file beside this one
    assert terminal.run("organisation", "load", str(file)).status == 0
    assert "data:image/webp;base64," in dumped.out
    assert terminal.run("organisation", "dump", "lantern").out == dumped.out
    assert terminal.run("organisation", "list", "--json").document == {
        "organisations": [
            {"key": "lantern", "name": "Lantern Committee for Human Rights", "lacks": []}
        ]
    }


def test_what_is_wrong_is_told_with_its_line(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bare.toml"
    file.write_text('key = "bare"\nname = "Bare"\nlogo = "../bare.png"\n')
    refused = terminal.run("organisation", "load", str(file))
    assert (refused.status, refused.out) == (1, "")
    assert refused.said.startswith('Line 3: logo names "../bare.png", and there is no such file')
    (tmp_path / "bare.png").write_text("<svg/>")
    file.write_text('key = "bare"\nname = "Bare"\nlogo = "bare.png"\n')
    refused = terminal.run("organisation", "load", str(file))
    assert refused.said.startswith("Line 3: logo is no picture that can be read")
    file.write_text('key = "bare"\nname = "Bare"\n')
    loaded = terminal.run("organisation", "load", str(file))
    assert "Look at this: contact is missing" in loaded.said
    assert terminal.run("organisation", "dump", "nobody").said == (
        "There is no organisation 'nobody': see `postbag organisation list`.\n"
    )


def test_a_campaign_file_names_whose_it_is(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "trees.toml"
    file.write_text(campaign_file("trees"))
    nobodys = terminal.run("campaign", "load", str(file))
    assert (nobodys.status, nobodys.out) == (0, "trees\n")
    assert "Warning: It is nobody's campaign" in nobodys.said
    for key in ("bare", "other"):
        organisation = tmp_path / f"{key}.toml"
        organisation.write_text(f'key = "{key}"\nname = "{key.title()}"\n')
        terminal.run("organisation", "load", str(organisation))
    refused = terminal.run("campaign", "load", str(file))
    assert (refused.status, refused.out) == (1, "")
    assert refused.said == (
        'Line 1: organisation is missing, and there are several: name "bare" or "other".\n'
    )
    file.write_text(campaign_file("trees", more='organisation = "nobody"'))
    refused = terminal.run("campaign", "load", str(file))
    assert refused.said.startswith('Line 6: organisation names "nobody", which is not there')
    file.write_text(campaign_file("trees", more='organisation = "other"'))
    loaded = terminal.run("campaign", "load", str(file))
    assert loaded.status == 0
    assert "Warning: The organisation other says no controller" in loaded.said
    assert 'organisation = "other"' in terminal.run("campaign", "dump", "trees").out
    assert terminal.run("campaign", "check", "trees").status == 1
