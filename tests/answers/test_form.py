"""A form is the same form, however its bytes happen to come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.inbound import form
from webapp.sendgrid.form import parts

VALUES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([b"", b"\r\n", b"--", b"\r\n--", b"\r\n--xYzZ", b"xYz\r\n\r\nZY", b"\r"]),
    ),
    max_size=5,
)


def read(body: bytes, size: int) -> list[tuple[str, bytes]]:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return [(head.name, b"".join(data)) for head, data in parts(b"xYzZY", pieces)]


@given(VALUES, st.integers(1, 80))
def test_each_field_arrives_byte_for_byte(values: list[bytes], size: int) -> None:
    fields = {f"f{n}": value for n, value in enumerate(values) if b"--xYzZY" not in value}
    body, _ = form(fields)
    assert read(body, size) == [*fields.items()]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_file_has_a_name_and_a_kind(size: int) -> None:
    body, _ = form({}, [('ä "b".pdf'.replace('"', '\\"'), "application/pdf", b"%PDF")])
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    ((head, data),) = [(head, b"".join(data)) for head, data in parts(b"xYzZY", pieces)]
    assert data == b"%PDF"
    assert (head.name, head.file_name, head.media_type) == (
        "attachment1", 'ä "b".pdf', "application/pdf"
    )  # fmt: skip


@given(st.integers(0, 200), st.integers(1, 40))
def test_what_is_cut_off_gives_what_came_before(cut: int, size: int) -> None:
    body, _ = form({"a": b"first", "b": b"second" * 20})
    for name, value in read(body[: len(body) - cut], size)[:1]:
        assert name == "a"
        assert value.startswith(b"first") or b"first".startswith(value)


@given(VALUES, st.integers(1, 80))
def test_what_nobody_reads_is_passed_over(values: list[bytes], size: int) -> None:
    fields = {f"f{n}": value for n, value in enumerate(values) if b"--xYzZY" not in value}
    body, _ = form(fields)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert [head.name for head, _ in parts(b"xYzZY", pieces)] == [*fields]
