"""Start the stand-in from the command line."""

import asyncio
import ctypes
import errno
import gc
import os
import signal
import sys

from sandbox.arguments import Options, read_arguments
from sandbox.keys import UnusableKeyError
from sandbox.mail.messages import UnreadableMessagesError
from sandbox.server import serve

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Run until SIGTERM or SIGINT; what goes wrong at the start is one sentence and status 1."""
    parent = os.getppid()
    options = read_arguments(sys.argv[1:])
    if options.die_with_parent:
        _die_with(parent)
    # Looking through what is imported for garbage takes a while, in which a request would get a
    # later time in the ledger than it came at.
    gc.freeze()
    try:
        asyncio.run(_serve_until_signalled(options))
    except (UnusableKeyError, UnreadableMessagesError) as error:
        sys.exit(f"The stand-in cannot start: {error}")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {options.port} is taken. Stop what uses it or choose another port.")
        sys.exit(f"The stand-in cannot use a file that it was given: {error}")


async def _serve_until_signalled(options: Options) -> None:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    await serve(options, end)


def _die_with(parent: int) -> None:
    """Ask Linux for SIGTERM when the thread that started us ends."""
    if not sys.platform.startswith("linux"):
        sys.stderr.write("--die-with-parent does nothing on this system.\n")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("The process that started the stand-in has ended.")


if __name__ == "__main__":
    main()
