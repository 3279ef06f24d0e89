"""Send when the worker's rate says so: `reserved PER_SECOND UNTIL`; prints the times."""

import os
import sys
import time

from redis import Redis

from worker.rate import Rate

rate = Rate(Redis.from_url(os.environ["REDIS_URL"]), float(sys.argv[1]))
until = float(sys.argv[2])
while time.time() < until:
    count = rate.batch
    start = rate.reserve(count)
    for n in range(count):
        time.sleep(max(0.0, start + n * rate.interval_seconds - time.monotonic()))
        if time.time() < until:
            print(time.time())
