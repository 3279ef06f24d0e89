"""What one post of a stranger can cost us: processor time, in this process alone."""

import time
from collections.abc import Callable

import pytest

from tests.abuse.conftest import Site

MakeSite = Callable[..., Site]
MIB = 2**20
BOUNDARY = "xxxxxxxxxxxxxxxx"
MOST_SECONDS = 1.5
IN_PARTS = {
    "many heads": f"--{BOUNDARY}\r\n" + "X: y\r\n" * (4 * MIB // 6),
    "nearly ends": f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="body"\r\n\r\n'
    + "\r\n-" * (4 * MIB // 3),
}


@pytest.mark.parametrize("name", ["reason", "body"])
def test_millions_of_words_cost_no_more_than_one_as_long(make_site: MakeSite, name: str) -> None:
    site = make_site()

    def took(text: str) -> float:
        fields = site.form(**{name: text}, preview="1")
        start = time.process_time()
        assert site.client.post("/c/trees", data=fields).status_code == 422
        return time.process_time() - start

    assert min(took("a " * (2 * MIB)) for _ in range(2)) < 2 * took("aa" * (2 * MIB)) + 0.2


@pytest.mark.parametrize("kind", IN_PARTS)
@pytest.mark.parametrize("path", ["/c/trees", "/desk/new", "/nowhere"])
def test_a_strangers_form_in_parts_is_small_or_not_read(
    make_site: MakeSite, path: str, kind: str
) -> None:
    site = make_site()
    start = time.process_time()
    answer = site.client.post(
        path,
        data=f"{IN_PARTS[kind]}\r\n--{BOUNDARY}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert time.process_time() - start < MOST_SECONDS
    assert answer.status_code == 413


def test_a_form_in_parts_is_taken(make_site: MakeSite) -> None:
    site = make_site()
    fields = {**site.form(), "points": "trees", "body": "Keep them. " * 900}
    answer = site.client.post("/c/trees", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 303
