"""A small ./run for the tests: two services in the checkout that its one argument names.

Each service starts a process of its own, in a process group of its own as RQ's work horses are,
and writes its name to `ended` when it is asked to end. A line with all process ids, each service's
own first, says that everything is up.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

from launch.checkout import Checkout
from launch.failure import Stopped
from launch.processes.lifeline import Lifeline
from launch.processes.signals import Signals
from launch.processes.supervisor import Service, Supervisor
from launch.start import only_one

_SERVICE = """\
import os, signal, subprocess, sys
name, folder = sys.argv[1:]
def end(*_):
    with open(f"{folder}/ended", "a") as file:
        file.write(f"{name}\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
grandchild = subprocess.Popen(["sleep", "600"], process_group=0)
with open(f"{folder}/{name}.draft", "w") as file:
    file.write(f"{os.getpid()} {grandchild.pid}")
os.rename(f"{folder}/{name}.draft", f"{folder}/{name}")
while True:
    signal.pause()
"""


def service(name: str, folder: Path) -> Service:
    """Give a service that notes its process ids in the file `name` and its end in `ended`."""
    command: list[str | Path] = [sys.executable, "-c", _SERVICE, name, folder]
    return Service(name, command, os.environ, patience_seconds=10)


def main(root: Path) -> None:
    """Run the two until a signal comes."""
    signals = Signals()
    signals.listen()
    with suppress(Stopped), only_one(Checkout(root)) as lock:
        lifeline = Lifeline(Path.cwd(), lock)
        supervisor = Supervisor(root, lifeline, signals)
        try:
            for name in ("first", "second"):
                supervisor.start(service(name, root))
                supervisor.wait_for((root / name).exists, 20, f"{name} does not start.")
            pids = f"{(root / 'first').read_text()} {(root / 'second').read_text()}\n"
            sys.stdout.write(pids)
            sys.stdout.flush()
            supervisor.look_after_forever()
        finally:
            supervisor.stop()
            lifeline.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
