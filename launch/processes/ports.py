"""See that the ports we are about to take are free."""

import errno
import socket

from launch.failure import Failure

_PLACES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, ""), (socket.AF_INET6, "::1"))


def refuse_taken_ports(port: int) -> None:
    """Raise Failure if PORT, or the stand-in's port after it, is taken or may not be taken."""
    for wanted, use in ((port, "the pages"), (port + 1, "the outbox")):
        for family, address in _PLACES:
            try:
                with socket.socket(family) as door:
                    # As the servers do: a connection of an earlier run that is still winding
                    # down (TIME_WAIT) is in nobody's way.
                    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    door.bind((address, wanted))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise Failure(
                        f"Port {wanted}, which {use} would have, is taken by another program: end "
                        f"that, or choose another pair of ports with PORT (PORT=8100 ./run)."
                    ) from error
                if error.errno == errno.EACCES:
                    raise Failure(
                        f"Port {wanted} is kept for the administrator: choose a higher one with "
                        f"PORT (PORT=8100 ./run)."
                    ) from error
                if family == socket.AF_INET:
                    raise
                # This computer has no IPv6, so nobody can have taken the port there.
