"""django-post-office on SQLite, sent from threads through a backend of a few lines."""

import os
from collections.abc import Sequence

import django
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command

from bench.rivals.outward import TEXT, TO, send

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL", "timeout": 20},
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EMAIL_BACKEND="post_office.EmailBackend",
    POST_OFFICE={
        "BACKENDS": {"default": "bench.rivals.post_office.Backend"},
        "BATCH_SIZE": 1_000,
        "THREADS_PER_PROCESS": int(os.environ["BENCH_THREADS"]),
    },
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)


class Backend(BaseEmailBackend):
    """Hand each message to SendGrid."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            send(int(message.subject))
        return len(messages)


def enqueue(letters: int) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    from post_office import mail  # noqa: PLC0415 - needs the lines above

    mail.send_many(
        [
            {
                "sender": "letters@postbag.example",
                "recipients": [TO],
                "subject": str(number),
                "message": TEXT,
            }
            for number in range(letters)
        ]
    )


def work() -> None:
    django.setup()
    call_command("send_queued_mail", processes=1, log_level=0)
