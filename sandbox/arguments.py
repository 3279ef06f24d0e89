"""Read the command line of the stand-in."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What the stand-in was told at its start. Delays are in milliseconds."""

    port: int
    api_key: str
    signing_key: Path | None = None
    webhook: str | None = None
    inbound: str | None = None
    inbound_domain: str = ""
    inbound_key: Path | None = None
    messages: Path | None = None
    tls: bool = False
    tls_ca: Path | None = None
    answer_ms: tuple[float, float] = (0.0, 0.0)
    events: bool = True
    bare: bool = False
    host: str = "127.0.0.1"
    die_with_parent: bool = False


def read_arguments(
    arguments: Sequence[str], environment: Mapping[str, str] = os.environ
) -> Options:
    """Read `arguments`; ends the process with status 2 and a sentence if they make no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A stand-in for SendGrid on this computer."
    )
    parser.add_argument("--port", type=_port, default=0, help="0 takes any free port")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where to listen; default: 127.0.0.1",
    )
    parser.add_argument("--api-key", metavar="KEY", help="default: SANDBOX_API_KEY")
    parser.add_argument(
        "--signing-key", type=Path, metavar="FILE", help="signs events; made when missing"
    )
    parser.add_argument("--webhook", metavar="URL", help="where events are posted")
    parser.add_argument(
        "--inbound", metavar="URL", help="where mail that comes in is posted (Inbound Parse)"
    )
    parser.add_argument("--inbound-domain", default="", metavar="DOMAIN", help="whose mail that is")
    parser.add_argument(
        "--inbound-key", type=Path, metavar="FILE", help="signs it; made when missing"
    )
    parser.add_argument(
        "--messages", type=Path, metavar="FILE", help="keeps the messages from run to run"
    )
    parser.add_argument("--tls", action="store_true", help="speak HTTPS")
    parser.add_argument(
        "--tls-ca", type=Path, metavar="FILE", help="write the certificate to trust here"
    )
    parser.add_argument(
        "--answer-ms", type=_delay, default=(0.0, 0.0), metavar="LOW-HIGH", help="delay answers"
    )
    parser.add_argument("--no-events", action="store_true", help="post no events")
    parser.add_argument(
        "--bare", action="store_true", help="for benchmarks: check nothing, keep the ids alone"
    )
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the starting process ends (Linux)"
    )
    told = parser.parse_args(arguments)
    api_key = told.api_key or environment.get("SANDBOX_API_KEY")
    if not api_key and not told.bare:
        parser.error("there is no API key: give --api-key KEY or set SANDBOX_API_KEY")
    return Options(
        port=told.port,
        api_key=api_key or "",
        signing_key=told.signing_key,
        webhook=told.webhook,
        inbound=told.inbound,
        inbound_domain=told.inbound_domain,
        inbound_key=told.inbound_key,
        messages=told.messages,
        tls=told.tls or told.tls_ca is not None,
        tls_ca=told.tls_ca,
        answer_ms=told.answer_ms,
        events=not told.no_events,
        bare=told.bare,
        host=told.host,
        die_with_parent=told.die_with_parent,
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _delay(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        bounds = float(low), float(high or low)
    except ValueError:
        bounds = (1.0, 0.0)
    if not 0 <= bounds[0] <= bounds[1] < float("inf"):
        raise argparse.ArgumentTypeError("give milliseconds as LOW-HIGH, for example 50-150")
    return bounds
