"""Let the workers see at once what a command changed."""

from redis import Redis, RedisError

from postbag.shell import Shell
from worker.wake import wake


def wake_workers(shell: Shell) -> None:
    """Wake a worker; without Redis they see the change within seconds by themselves."""
    redis = Redis.from_url(shell.settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    try:
        wake(redis)
    except RedisError:
        shell.say("Redis cannot be reached; the workers will see the change within seconds.")
    finally:
        redis.close()
