"""What the limit for one network and the pacing do to a room full of writers."""

from datetime import timedelta

import pytest

from letters.campaign import Pacing
from letters.pacing.crowd import crowd
from postbag.reasons import of_crowd


@pytest.mark.parametrize(
    ("people", "seconds", "is_tight"),
    [
        (60, 3_600, False),
        (50, 3_600, False),
        (49, 3_600, True),
        (1, 60, False),
        (600, 86_400, True),
    ],
)
def test_a_room_of_fifty_writes_in_an_hour_or_it_is_told(
    people: int, seconds: int, *, is_tight: bool
) -> None:
    assert crowd(people, seconds, Pacing()).is_tight is is_tight


def test_how_many_may_write_and_when_their_letters_have_left() -> None:
    found = crowd(60, 3_600, Pacing(30))
    assert found.leaves_within == timedelta(hours=2)
    assert of_crowd(found) == (
        "From one network, such as a school's, 60 people can write in 60 minutes (FORM_LIMIT); "
        "others are asked to wait, and keep their text. The last of their letters to one office "
        "has left after 2 hours of sending."
    )
