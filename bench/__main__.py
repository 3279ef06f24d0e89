"""Run the benchmarks, or some of them: `./run bench [NAME] [--short] [--letters N]`.

Those with bounds name what is not kept, and the exit status is 1 then.
"""

import sys
from collections.abc import Callable

from bench import (
    accept,
    answers,
    backlog,
    desk,
    drain,
    events,
    export,
    memory,
    offices,
    rate,
    scale,
    trickle,
    web,
)
from bench.bounds import Options, options

BENCHMARKS: dict[str, Callable[[], None]] = {
    "accept": accept.main,
    "answers": answers.main,
    "backlog": backlog.main,
    "desk": desk.main,
    "rate": rate.main,
}
WITH_BOUNDS: dict[str, Callable[[Options], int]] = {
    "drain": drain.main,
    "events": events.main,
    "export": export.main,
    "memory": memory.main,
    "offices": offices.main,
    "scale": scale.main,
    "trickle": trickle.main,
    "web": web.main,
}


def main(arguments: list[str]) -> int:
    names, chosen = options(arguments)
    every = sorted([*BENCHMARKS, *WITH_BOUNDS])
    unknown = [name for name in names if name not in every]
    if unknown:
        print(f"There is no benchmark {unknown[0]}: there is {', '.join(every)}.")
        return 2
    status = 0
    for name in names or every:
        if name in WITH_BOUNDS:
            status = max(status, WITH_BOUNDS[name](chosen))
        else:
            BENCHMARKS[name]()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
