"""Send when a ready-made limiter lets us: `limited STRATEGY PER_SECOND UNTIL`; prints the times."""

import os
import sys
import time

from limits import RateLimitItemPerSecond, storage, strategies

limiter = {
    "moving-window": strategies.MovingWindowRateLimiter,
    "sliding-window-counter": strategies.SlidingWindowCounterRateLimiter,
    "fixed-window": strategies.FixedWindowRateLimiter,
}[sys.argv[1]](storage.storage_from_string(f"redis+{os.environ['REDIS_URL']}"))
allowed = RateLimitItemPerSecond(int(sys.argv[2]))
until = float(sys.argv[3])
while (now := time.time()) < until:
    if limiter.hit(allowed, "letters"):
        print(time.time())
    else:
        # It tells when its window is new, for everybody at once; asking again soon does no worse.
        time.sleep(0.01)
