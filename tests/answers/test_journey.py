"""From letter to answer to the writer's mailbox, over real HTTP and in real processes."""

import secrets
import time

import psutil
import pytest

from rig.inbound import PATH, raw_message, raw_post
from rig.servers import wait_for
from sandbox.behaviour.events import signature_headers
from tests.answers.office import THROUGH_US
from tests.support.stack import REPLY_DOMAIN, Stack

MOST_MIB = 100


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_both_kinds_of_answers_come_home(stack: Stack, language: str) -> None:
    slug = f"answered-{secrets.token_hex(4)}"
    person, program = (f"{who}@{slug}.example" for who in ("answers", "away"))
    stack.load(slug, person, program, more=f'{THROUGH_US}language = "{language}"\n')
    fields = stack.form(slug)
    writer = fields["email"]
    assert stack.post(f"/c/{slug}", fields).status == 303
    wait_for(lambda: len(stack.messages(writer)) == 3)
    for office in (person, program):
        (letter,) = stack.messages(office)
        assert letter["reply_to"]["email"].endswith(f"@{REPLY_DOMAIN}")
        assert writer not in str(letter["reply_to"])
    relays = [m for m in stack.messages(writer) if "answer" in m["categories"]]
    by_office = {relay["reply_to"]["email"]: relay for relay in relays}
    assert by_office[person]["subject"] == "Re: Keep the trees"
    assert by_office[person]["content"][0]["value"].startswith("Thank you for your letter.")
    assert "Auto-Submitted" not in by_office[person].get("headers", {})
    assert by_office[program]["subject"] == "Automatic reply: Keep the trees"
    assert by_office[program]["headers"]["Auto-Submitted"] == "auto-generated"
    assert stack.books(slug)["answers"] == {"people": 1, "automatic": 1}


def test_thirty_mebibytes_take_little_memory(stack: Stack) -> None:
    assert stack.web is not None
    processes = psutil.Process(stack.web.pid).children(recursive=True)
    to = f"{'a' * 52}@{REPLY_DOMAIN}"
    body, kind = raw_post(to, raw_message(to))
    small = {"Content-Type": kind, **signature_headers(stack.inbound_key, body, time.time())}
    assert stack.put(PATH, body, small).status == 204
    rest = sum(process.memory_info().rss for process in processes)
    body, kind = raw_post(to, raw_message(to) + b"\r\n--x\n" * (5 * 2**20 - 1_000))
    assert 29 * 2**20 < len(body) <= 30 * 2**20
    large = {"Content-Type": kind, **signature_headers(stack.inbound_key, body, time.time())}
    assert stack.put(PATH, body, large).status == 204
    peak = sum(_peak(process.pid) for process in processes)
    assert peak - rest < MOST_MIB * 2**20
    assert stack.put(PATH, body + b"x" * 2**20, large).status == 413


def _peak(pid: int) -> int:
    """Give the most memory that a process ever had, in bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - no path of ours
        (line,) = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1_024
