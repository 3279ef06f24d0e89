"""Messages that are kept from run to run, and the events still owed for them."""

from pathlib import Path

import pytest

from sandbox.ledger import Ledger
from sandbox.mail.messages import Message, Messages, UnreadableMessagesError, first_recipient
from tests.support.stand_in import letter, letter_id


def test_a_new_run_knows_the_messages_and_what_is_owed(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    taken = [Message(n, 1.5 * n, f"id-{n}", letter()) for n in (1, 2, 4)]
    first_run = Messages(path)
    for message in taken:
        first_run.take(message)
    first_run.settle(2)
    first_run.close()

    second_run = Messages(path)
    assert list(second_run) == taken
    assert list(second_run.newest_first()) == taken[::-1]
    assert second_run.unsettled() == [taken[0], taken[2]]
    assert [second_run.is_settled(n) for n in (1, 2, 3)] == [False, True, False]
    assert second_run.get(4) == taken[2]
    assert second_run.get(3) is None
    second_run.close()


def test_a_line_torn_by_a_crash_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_bytes(b'{"n": 1, "received_at": 1, "message_id": "a", "body": {}}\n{"n": 2, "rec')
    messages = Messages(path)
    messages.take(Message(2, 2.0, "b", {}))
    messages.close()
    again = Messages(path)
    assert [message.message_id for message in again] == ["a", "b"]
    again.close()


@pytest.mark.parametrize("line", ["no JSON", "[]", '{"n": "1"}', '{"settled": null}'])
def test_a_file_of_something_else_is_not_touched(tmp_path: Path, line: str) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(f'{{"settled": 1}}\n{line}\n')
    with pytest.raises(UnreadableMessagesError, match="line 2"):
        Messages(path)
    assert path.read_text().endswith(f"{line}\n")


def test_the_books_go_on_where_they_ended() -> None:
    sent = Message(5, 12.5, "id", letter())
    books = Ledger([sent])
    n = books.enter(13.0, first_recipient(None), "401", taken=False)
    assert n == 6
    earlier, refused = books.as_json()
    assert earlier["letter_id"] == letter_id(sent.body)
    assert (earlier["n"], earlier["received_at"], earlier["taken"]) == (5, 12.5, True)
    assert (refused["letter_id"], refused["to"], refused["taken"]) == (None, "", False)


@pytest.mark.parametrize(
    "body",
    [None, [], "text", {}, {"personalizations": 1}, {"personalizations": [1, {"to": "a"}]}],
)
def test_a_body_without_a_receiver_has_none(body: object) -> None:
    assert first_recipient(body).email == ""  # type: ignore[arg-type]
