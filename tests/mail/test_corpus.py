"""Messages of the shapes that public corpora hold arrive as a mail program shows them."""

from collections import Counter

from letters.mail.incoming import Incoming
from letters.mail.kinds import SIGNS, Kind, told
from letters.mail.mime import Reader
from letters.mail.shown import content_of
from rig.post_office import letters
from rig.post_writer import Letter


def read(letter: Letter, piece: int = 1_000) -> Incoming:
    """Read a message as it comes, in pieces."""
    reader = Reader()
    for start in range(0, len(letter.raw), piece):
        reader.feed(letter.raw[start : start + piece])
    whole = reader.close()
    path = "" if whole.header("return-path") == "<>" else "office@harbours.example"
    return Incoming(
        recipients=(),
        return_path=path,
        sender="office@harbours.example",
        subject=whole.header("subject"),
        content=content_of(whole),
        headers={name: whole.header(name) for name in SIGNS & whole.headers.keys()},
    )


def test_each_arrives_with_its_words_and_the_names_of_its_files() -> None:
    for n, letter in enumerate(letters(200, seed=1)):
        for piece in (65_536, 997, *((1,) if n < 40 else ())):
            found = read(letter, piece)
            assert found.content.text == letter.text, letter.shape
            assert found.content.attachments == letter.attachments, letter.shape
            assert found.subject == letter.subject, letter.shape


def test_no_persons_answer_is_called_automatic_and_nearly_every_automatic_one_is_told() -> None:
    missed: Counter[str] = Counter()
    automatic = 0
    for letter in letters(1_000, seed=2):
        found = told(read(letter))
        if letter.is_automatic:
            automatic += 1
            missed[letter.shape] += found.kind is not Kind.AUTOMATIC
        else:
            assert found.kind is Kind.PERSON, (letter.shape, found, letter.text)
    assert missed.total() <= automatic * 0.05, missed
