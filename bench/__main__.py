"""Run the benchmarks, or one of them: `./run bench [NAME]`."""

import sys

from bench import accept, answers, backlog, desk, drain, events, rate

BENCHMARKS = {
    "accept": accept.main,
    "answers": answers.main,
    "backlog": backlog.main,
    "desk": desk.main,
    "drain": drain.main,
    "events": events.main,
    "rate": rate.main,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {unknown[0]}: there is {', '.join(BENCHMARKS)}.")
        return 2
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
