"""A digest: one letter for an office, signed by everyone who left its text as it was."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.campaign import Campaign
from letters.files.campaign_file import read_campaign
from letters.files.faults import Flaw, What
from letters.files.toml_file import FaultyFile
from letters.text import compose, digest
from letters.text.digest import Signatory
from rig.campaigns import campaign_file

MORE = 'identical = "digest"\nasks_postcode = true'
TODAY = date(2026, 3, 10)


def campaign() -> Campaign:
    return read_campaign(campaign_file("trees", more=MORE))


def test_a_digest_reads_well() -> None:
    trees = campaign()
    signatories = [
        Signatory("Ana Reed", "AB1 2CD", date(2026, 3, 3)),
        Signatory("Ben Okri Junior", "AB3 4EF", date(2026, 3, 9)),
        Signatory("Chen", "", date(2026, 3, 4)),
    ]
    assert digest.text(trees, trees.targets[0], signatories, TODAY) == (
        """10 March 2026

Dear Minister 1,

3 people sent you the letter below between 3 March 2026 and 9 March 2026, in the campaign \
“Keep the harbour's trees”. To spare your office it comes once, signed by all of them.

I walk under the harbour's trees each day.

Keep all forty trees. They are older than the cranes.

Plant ten more. The quay has no shade at noon.

Yours sincerely,

Ana Reed, AB1 2CD
Ben Okri Junior, AB3 4EF
Chen"""
    )
    assert digest.subject(trees, trees.targets[0]) == "Keep the trees (signed by several)"


@given(st.integers(1, 250))
def test_a_digest_names_everyone_once(number: int) -> None:
    trees = campaign()
    everyone = [
        Signatory(f"Writer number {n}.", "", TODAY - timedelta(n % 7)) for n in range(number)
    ]
    lines = digest.text(trees, trees.targets[0], everyone, TODAY).split("\n")
    assert [line for line in lines if line.startswith("Writer")] == [s.name for s in everyone]


def is_untouched(
    body: str | None = None, reason: str = "", subject: str = "Keep the trees"
) -> bool:
    trees = campaign()
    target = trees.targets[0]
    values = compose.merge_values(target, name="Ana", postcode="AB1")
    offered = compose.body(trees, values, ["trees", "shade"])
    text = compose.text(trees, values, reason=reason, body=offered if body is None else body)
    return digest.is_untouched(
        trees, target, name="Ana", postcode="AB1", subject=subject, text=text
    )


def test_only_what_was_left_as_it_was_goes_into_a_digest() -> None:
    assert is_untouched()
    assert not is_untouched(reason="My own.")
    assert not is_untouched(subject="My trees")
    assert not is_untouched(body="I walk under the harbour's trees each day.")


def test_a_text_that_names_its_writer_cannot_be_everyones() -> None:
    file = campaign_file("trees", more=MORE).replace("I walk under", "I, {name}, walk under")
    with pytest.raises(FaultyFile) as caught:
        read_campaign(file)
    (fault,) = caught.value.faults
    assert (fault.key, fault.flaw) == ("letter.opening", Flaw(What.NAMES_WRITER, found="{name}"))
