"""huey, a task a letter, sent from threads."""

import os

from huey import RedisHuey

from bench.rivals.outward import send

huey = RedisHuey(url=os.environ["REDIS_URL"], results=False)
task = huey.task()(send)


def enqueue(letters: int) -> None:
    for number in range(letters):
        task(number)
