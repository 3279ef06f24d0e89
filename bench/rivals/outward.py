"""The two ways in which a rival sends a letter: with SendGrid's SDK, and with a pooled client."""

import json
import os
import ssl
from functools import cache

import urllib3
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail

KEY = os.environ["SENDGRID_API_KEY"]
HOST = os.environ["SENDGRID_API_HOST"]
TEXT = "I walk under the harbour's trees each day. " * 40
TO = "minister@harbours.example"


def letter(number: int) -> Mail:
    return Mail("letters@postbag.example", TO, f"Trees {number}", plain_text_content=TEXT)


@cache
def pool() -> urllib3.PoolManager:
    """Make one pool for the process, with a connection for each thread."""
    context = ssl.create_default_context()
    return urllib3.PoolManager(maxsize=int(os.environ["BENCH_THREADS"]), ssl_context=context)


def send(number: int) -> None:
    if os.environ["BENCH_CLIENT"] == "sdk":
        status = SendGridAPIClient(KEY, host=HOST).send(letter(number)).status_code
    else:
        status = (
            pool()
            .request(
                "POST",
                f"{HOST}/v3/mail/send",
                body=json.dumps(letter(number).get()).encode(),
                headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
            )
            .status
        )
    if status != 202:
        raise RuntimeError(status)
