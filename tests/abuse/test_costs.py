"""What one post of a stranger can cost us: processor time, in this process alone."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import delete

from letters.storage.schema import sign_in
from tests.abuse.at_desk import Desk
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


@pytest.mark.parametrize("kind", IN_PARTS)
@pytest.mark.parametrize("path", ["/c/trees", "/desk/new", "/l/forged/edit"])
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


def test_only_whoever_is_at_the_desk_brings_more(make_site: MakeSite) -> None:
    site = make_site()
    desk = Desk(site)
    long = {"title": "Long", "listed": "x" * 2**19}
    assert desk.post("/desk/new", long).status_code == 422
    assert desk.post("/c/trees", long).status_code == 413  # a session is the desk's alone
    with site.database.write() as connection:
        connection.execute(delete(sign_in))
    assert desk.post("/desk/new", long).status_code == 413  # and its cookie opens nothing any more
    forged = site.app.test_client()
    with forged.session_transaction() as session:
        session["token"] = "forged"
    assert forged.post("/desk/new", data=long).status_code == 413
