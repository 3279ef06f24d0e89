"""Whoever can write to Redis can wake a worker, and nothing more."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from rig.servers import Valkey
from worker import jobs
from worker.wake import DRAIN, QUEUE, WakeUp, queue, wake


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    connection = Redis.from_url(valkey.new_database())
    yield connection
    connection.close()


def put(redis: Redis, data: bytes, **more: str) -> str:
    """Put a job on our queue as RQ keeps one, with any data."""
    job = Job.create("os.getcwd", connection=redis, serializer=JSONSerializer, origin=QUEUE)
    job.save()
    redis.hset(job.key, "data", data)
    if more:
        redis.hset(job.key, mapping=more)  # type: ignore[arg-type]  # the same
    redis.sadd("rq:queues", f"rq:queue:{QUEUE}")
    redis.rpush(f"rq:queue:{QUEUE}", job.id)
    return job.id


def foreign(folder: Path) -> dict[str, bytes]:
    made = str(folder / "made")
    return {
        "a function": json.dumps(["os.mkdir", None, [made], {}]).encode(),
        "ours with arguments": json.dumps([DRAIN, None, [made], {}]).encode(),
        "ours with names": json.dumps([DRAIN, None, [], {"path": made}]).encode(),
        "a method": json.dumps(["mkdir", made, [], {}]).encode(),
        "pickle": b"\x80\x04\x8c\x02os\x94\x8c\x05mkdir\x94\x93\x94.",
        "no JSON": b"{",
        "nothing": b"",
    }


@pytest.mark.parametrize("kind", foreign(Path()))
def test_only_the_workers_own_job_is_run(
    redis: Redis, tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    callbacks = dict.fromkeys(("success_callback_name", "failure_callback_name"), "os.abort")
    job_id = put(redis, foreign(tmp_path)[kind], **callbacks, timeout="1")
    with caplog.at_level(logging.WARNING, "worker"):
        found = queue(redis).fetch_job(job_id)
    assert isinstance(found, WakeUp)
    assert found.func is jobs.drain
    assert (found.func_name, found.args, found.kwargs, found.instance) == (DRAIN, (), {}, None)
    assert found.success_callback is found.failure_callback is found.stopped_callback is None
    assert found.timeout != 1
    assert "none of ours" in caplog.text
    assert "mkdir" not in caplog.text


def test_a_job_left_behind_calls_nothing_either(redis: Redis) -> None:
    job_id = put(redis, b"{", failure_callback_name="os.abort")
    registry = StartedJobRegistry(queue=queue(redis), job_class=WakeUp, serializer=JSONSerializer)
    redis.zadd(registry.key, {f"{job_id}:gone": 1})
    registry.cleanup()  # or this process would be no more


def test_our_own_wake_up_is_known(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    assert wake(redis)
    (job,) = queue(redis).get_jobs()
    assert job.func is jobs.drain
    assert "none of ours" not in caplog.text
