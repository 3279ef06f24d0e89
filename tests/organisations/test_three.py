"""Nothing of one organisation shows a word or a colour of another."""

import io

import pytest
from PIL import Image

from letters.campaign import Status
from letters.campaigns import store
from letters.notices.links import Links
from letters.receipts import lost
from tests.organisations.conftest import THREE, WORDS, Installation
from tests.support.books import URL


def only(key: str, said: str) -> None:
    """Fail if anything of another organisation is said."""
    for other, words in WORDS.items():
        if other != key:
            found = [word for word in words if word in said]
            assert not found, f"{found} beside {key}"


@pytest.mark.parametrize("key", WORDS)
def test_no_page_mail_or_pdf_of_one_says_a_word_of_another(three: Installation, key: str) -> None:
    slug, books = f"trees-{key}", three.books
    name = f"{key.title()} Committee"
    (accent,) = (one.accent for one in THREE if one.key == key)
    books.write(f"trees-{key}", "ana@readers.example")
    stored = books.find(slug)
    receipt = f"/l/{books.tokens.receipt(books.submission('ana@readers.example'))}"
    office = f"/o/{books.tokens.office(stored.targets[0].id)}"
    for path in (f"/c/{slug}", f"/c/{slug}/embed", f"/c/{slug}/thanks", f"/c/{slug}/privacy",
                 receipt, f"{receipt}/not-me", office):  # fmt: skip
        said = three.says(path)
        only(key, said)
        assert name in said, path
        assert f"/c/{slug}/privacy" in said
    picture = three.client.get(f"/c/{slug}/preview.png")
    assert picture.mimetype == "image/png"
    with Image.open(io.BytesIO(picture.data)) as shown:
        assert shown.size == (1200, 630)
        pixels = shown.convert("RGB").tobytes()
    seen = [one.accent for one in THREE if bytes.fromhex(one.accent[1:]) * 9 in pixels]
    assert seen == [accent]
    for path in (f"/c/{slug}/letter.pdf", f"{receipt}/letter.pdf"):
        printed = three.says(path)
        only(key, printed)
        assert name in printed
    refused = three.says(f"/c/{slug}", 422, name="", email="", token="forged")
    only(key, refused)
    assert name in refused
    (mail,) = books.mails("ana@readers.example")
    only(key, mail.subject + mail.body)
    assert f"This mail is from {name}." in mail.body
    assert f"/c/{slug}/privacy" in mail.body
    with books.database.write() as connection:
        store.set_status(connection, slug, Status.CLOSED, books.now)
    over = three.says(f"/c/{slug}", 410)
    only(key, over)
    assert name in over
    # Its pages lead to its own campaigns, and never to those of the others.
    assert f'href="/by/{key}"' in over
    assert 'href="/"' not in over


@pytest.mark.parametrize("key", WORDS)
def test_the_list_of_one_has_its_own_campaigns_and_the_list_of_all_is_nobodys(
    three: Installation, key: str
) -> None:
    own = three.says(f"/by/{key}")
    only(key, own)
    assert f'href="/c/trees-{key}"' in own
    assert f"{key.title()} Committee" in own
    everybodys = three.says("/")
    assert f'href="/by/{key}">{key.title()} Committee</a>' in everybodys
    assert "/face/" not in everybodys
    assert f'href="/c/trees-{key}"' in everybodys
    assert three.client.get("/by/nobody").status_code == 404


def test_the_privacy_page_has_the_organisations_words_and_the_installations_facts(
    three: Installation,
) -> None:
    said = three.says("/c/trees-rookery/privacy")
    for words in (
        "Rookery Committee, 1 Quay Street",
        "us@rookery.example",
        "We of rookery keep <strong>little</strong>.",
        "Rookery Committee e. V.",
        "erased 90 days after",
        "SendGrid",
        "complain to the authority",
    ):
        assert words in said
    assert "Several organisations" in three.says("/privacy")
    assert three.client.get("/c/nothing/privacy").status_code == 404


def test_who_lost_their_links_gets_one_mail_from_each(three: Installation) -> None:
    books, ana = three.books, "ana@readers.example"
    for key in WORDS:
        books.load(f"seas-{key}", f"sea@{key}-town.example", more=f'organisation = "{key}"\n')
        for slug in (f"trees-{key}", f"seas-{key}"):
            books.write(slug, ana)
    books.send()
    with books.database.write() as connection:
        lost.write_down(connection, ana, books.now)
    assert lost.answer(books.database, Links(URL, books.tokens), books.now) == 6
    again = [claim for claim in books.claim() if claim.to_email == ana]
    assert sorted((claim.from_name, claim.mail_from) for claim in again) == sorted(
        (one.name, one.mail_from) for one in THREE
    )
    for claim in again:
        only(claim.organisation.split()[0].lower(), claim.subject + claim.body)
