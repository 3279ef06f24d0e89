"""Targets from a spreadsheet: told row by row before anything is stored."""

import re
import secrets
from collections.abc import Callable

from rig.campaigns import form_fields
from tests.desk.conftest import AtDesk, campaign_fields, stored
from tests.support.stack import Stack
from tests.support.stand_in import StandInProcess

HEAD = "name,email,role\n"


def upload(ana: AtDesk, content: bytes, **more: object) -> tuple[int, str]:
    """Post the editor with a file as a browser would; give the status and the page."""
    csrf = form_fields(ana.page("/desk/sessions"))["csrf_token"]
    fields = campaign_fields("From a list", do="read-spreadsheet", csrf_token=csrf, **more)
    mark = secrets.token_hex(8)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n'.encode()
        for name, given in fields.items()
        for one in (given if isinstance(given, list) else [given])
    ]
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="spreadsheet"; filename="a.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n".encode()
    )
    answer = StandInProcess(url=ana.stack.url).request(
        "POST",
        "/desk/new",
        data=b"".join(parts) + content + f"\r\n--{mark}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={mark}", "Cookie": ana.cookie},
    )
    return answer.status, answer.body.decode()


def test_a_bad_row_is_told_and_nothing_is_taken(sign_in: Callable[..., AtDesk]) -> None:
    ana = sign_in("ana@rows.example")
    content = HEAD + "A. Example,a@rows.example,Minister\nB. Example,nowhere,\n,c@rows.example,\n"
    status, page = upload(ana, content.encode())
    assert status == 422
    assert "Nothing was taken" in page
    assert re.search(r"Row 3</th><td>nowhere</td>\s*<td>E-mail address is no e-mail address", page)
    assert re.search(r"Row 4</th><td></td>\s*<td>Name is empty", page)
    assert "A. Example" not in page


def test_good_rows_become_fields_and_many_a_list(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    ana = sign_in("ana@rows.example")
    status, page = upload(ana, (HEAD + "A. Example,a@rows.example,Minister\n").encode())
    assert status == 200
    assert form_fields(page)["targets-0-email"] == "a@rows.example"
    rows = "".join(f"M{n},m{n}@rows.example,\n" for n in range(300))
    status, page = upload(ana, (HEAD + rows).encode())
    assert "300 rows were read" in page
    listed = form_fields(page)["listed"]
    answer = ana.post("/desk/new", campaign_fields("From a list", listed=listed))
    assert answer.status == 303
    assert len(stored(stack, "from-a-list").targets) == 300
    assert "300 people from a list" in ana.page("/desk/from-a-list/edit")


def test_what_is_no_csv_is_told_what_to_do(sign_in: Callable[..., AtDesk]) -> None:
    ana = sign_in("ana@rows.example")
    for content, words in (
        (b"", "Choose a file first"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"name,email\n\xff\xfe,x\n", "not certain in which encoding"),
        (b"x" * (2**19 + 1), "larger than 500 kB"),
    ):
        status, page = upload(ana, content)
        assert status == 422
        assert words in page
