"""dramatiq, a message a letter, sent from threads."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.rivals.outward import send

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))
actor = dramatiq.actor(send)


def enqueue(letters: int) -> None:
    for number in range(letters):
        actor.send(number)
