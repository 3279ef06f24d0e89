"""Celery, a task a letter, sent from threads."""

import os

from celery import Celery

from bench.rivals.outward import send

SOCKET, _, DATABASE = os.environ["REDIS_URL"].removeprefix("unix://").partition("?db=")
app = Celery(broker=f"redis+socket://{SOCKET}?virtual_host={DATABASE}")
app.conf.task_ignore_result = True
task = app.task(send, name="send")


def enqueue(letters: int) -> None:
    for number in range(letters):
        task.delay(number)
