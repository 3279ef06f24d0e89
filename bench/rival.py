"""The way that a first version is written: one RQ job a letter, sent with SendGrid's SDK."""

import os

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail


def send(letter_id: str) -> None:
    text = f"Keep the trees. ({letter_id})"
    mail = Mail("letters@postbag.example", "minister@harbours.example", "Trees", text)
    client = SendGridAPIClient(os.environ["SENDGRID_API_KEY"], host=os.environ["BENCH_HOST"])
    client.send(mail)
