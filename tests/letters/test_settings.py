"""What only makes sense together is asked for together."""

import pytest

from letters.settings import SettingsError
from tests.support.books import settings


def test_answers_go_straight_to_writers_unless_a_domain_is_given() -> None:
    assert settings().reply_domain == ""


@pytest.mark.parametrize("domain", ["Replies.Postbag.Example", "replies.postbag.example."])
def test_a_domain_for_answers_needs_the_key_that_they_are_signed_with(domain: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        settings(REPLY_DOMAIN=domain)
    assert [sentence.split()[0] for sentence in wrong.value.sentences] == [
        "SENDGRID_INBOUND_PUBLIC_KEY"
    ]
    key = settings().sendgrid_event_public_key
    made = settings(REPLY_DOMAIN=domain, SENDGRID_INBOUND_PUBLIC_KEY=key)
    assert made.reply_domain == "replies.postbag.example"


@pytest.mark.parametrize("domain", ["a@b.example", "localhost", "-a.example", "a b.example"])
def test_what_is_no_domain_is_named(domain: str) -> None:
    with pytest.raises(SettingsError, match="REPLY_DOMAIN cannot be read"):
        settings(REPLY_DOMAIN=domain)
