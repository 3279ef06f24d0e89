"""Fork our programs from a process that has read their modules already. See programs.py."""

import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from typing import Final

# What the programs import, but for what looks at the environment while it is read: failpoints, and
# all that measures.
_MODULES: Final = (
    *("gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "webapp.server.arrivals"),
    *("webapp.desk", "webapp.receipt", "webapp.office", "webapp.sendgrid", "webapp.updates"),
    *("worker.__main__", "postbag.__main__", "sandbox.__main__"),
)
_FILES: Final = 4
"""Standard input, output and error, and the pipe that is told how the program ended."""
_LARGEST_ORDER: Final = 100_000


def _tell_of_the_dead(told: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            pipe = told.pop(ended[0])
            with suppress(BrokenPipeError):
                os.write(pipe, str(os.waitstatus_to_exitcode(ended[1])).encode())
            os.close(pipe)


def _wait_for_order(asked: socket.socket) -> tuple[bytes, list[int]]:
    """Fork for each order, and return in the new process; end with who asks."""
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    told: dict[int, int] = {}
    ready = selectors.DefaultSelector()
    for one in (asked, woken):
        ready.register(one, selectors.EVENT_READ)
    while True:
        chosen = [key.fileobj for key, _ in ready.select()]
        if woken in chosen:
            woken.recv(4096)
            _tell_of_the_dead(told)
        if asked not in chosen:
            continue
        order, files, _, _ = socket.recv_fds(asked, _LARGEST_ORDER, _FILES)
        if not order:
            sys.exit()
        if (pid := os.fork()) == 0:
            # Closed here and now: if they were collected later, they would close what has their
            # numbers by then.
            signal.set_wakeup_fd(-1)
            for mine in (ready, asked, woken, wakes):
                mine.close()
            for pipe in told.values():
                os.close(pipe)
            return order, files
        told[pid] = files.pop()
        for file in files:
            os.close(file)
        asked.send(str(pid).encode())


def _become(order: bytes, files: list[int]) -> None:
    """Leave behind what is the forker's, and run `python -m module …` or a script."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    asked = json.loads(order)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = asked["command"]
    if sys.argv[0] != sys.executable:
        runpy.run_path(sys.argv[0], run_name="__main__")
        return
    sys.argv = sys.argv[2:]
    (module, *_) = sys.argv
    sys.modules.pop(f"{module}.__main__", None)  # it is run, not imported
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    for name in _MODULES:
        import_module(name)
    gc.freeze()  # it stays as it is, and shared
    _become(*_wait_for_order(socket.socket(fileno=int(sys.argv[1]))))
