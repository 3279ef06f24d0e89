"""What a writer's letters have in common, to be changed in all of them at once.

Of letters that have not left, those with one subject and one text, each after its own salutation
and above its own foot. One that its writer has changed by itself is none of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from letters.campaigns.stored import StoredCampaign
from letters.receipts.receipt import Receipt, SubmittedLetter
from letters.states import NOT_LEFT
from letters.text.compose import foot_of, merge_values, without_foot
from letters.text.merge import merge
from letters.text.versions import letter_for
from letters.tokens import digest


@dataclass(frozen=True, slots=True)
class Shared:
    """Letters with one subject and one text."""

    letters: tuple[SubmittedLetter, ...]
    subject: str
    text: str
    """Without salutation and foot."""

    @property
    def seen(self) -> str:
        """Return what tells whether these are still what was shown."""
        ids = (letter.id for letter in self.letters)
        return digest("\0".join((self.subject, self.text, *ids)))


def shared(stored: StoredCampaign, receipt: Receipt) -> Shared | None:
    """Return the most letters that can be changed at once; None: no two can."""
    groups: dict[tuple[str, str], list[SubmittedLetter]] = {}
    for letter in receipt.letters:
        if letter.state not in NOT_LEFT or letter.offer is not None:
            continue
        head = _salutation(stored, receipt, letter)
        text = without_foot(letter.text)
        if text.startswith(head):
            groups.setdefault((letter.subject, text.removeprefix(head)), []).append(letter)
    if not groups:
        return None
    (subject, text), letters = max(groups.items(), key=lambda group: len(group[1]))
    return Shared(tuple(letters), subject, text) if len(letters) > 1 else None


def texts(
    stored: StoredCampaign, receipt: Receipt, letters: Iterable[SubmittedLetter], text: str
) -> dict[str, str]:
    """Return the whole text of each letter, by its id, with `text` in the place of what it says."""
    return {
        letter.id: "\n\n".join(
            part
            for part in (
                f"{_salutation(stored, receipt, letter)}{text}",
                foot_of(letter.text),
            )
            if part
        )
        for letter in letters
    }


def _salutation(stored: StoredCampaign, receipt: Receipt, letter: SubmittedLetter) -> str:
    values = merge_values(letter.target, name=receipt.name, postcode=receipt.postcode)
    return f"{merge(letter_for(stored.campaign.letter, letter.target).salutation, values)}\n\n"
