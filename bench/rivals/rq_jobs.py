"""The way that a first version is written: RQ's default worker, a job a letter."""

import os

from redis import Redis
from rq import Queue

from bench.rivals.outward import send


def enqueue(letters: int) -> None:
    queue = Queue("letters", connection=Redis.from_url(os.environ["REDIS_URL"]))
    for number in range(letters):
        queue.enqueue(send, number)
