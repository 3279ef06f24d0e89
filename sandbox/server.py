"""Run a stand-in: put its parts together, listen, and end in good order."""

import asyncio
import contextlib
import datetime as dt
import ssl
import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from sandbox import bare, certificate, door, keys
from sandbox.arguments import Options
from sandbox.behaviour import steering
from sandbox.behaviour.replies import Replies
from sandbox.behaviour.webhook import Delivery, Webhook
from sandbox.mail import mail_door
from sandbox.mail.messages import Messages
from sandbox.outbox import pages
from sandbox.stand_in import StandIn

_GOODBYE_S = 0.5  # for answers under way; those that hang on purpose would never end


async def serve(options: Options, end: asyncio.Event) -> None:
    """Serve until `end` is set; prints `Listening on URL` once it can be reached.

    Raises OSError if the port is taken or a file cannot be used, and the errors of
    sandbox.keys and sandbox.messages.
    """
    tls = _tls(options)
    if options.bare:
        async with bare.listening(options.host, options.port, tls, options.answer_ms) as port:
            _announce(options.host, port, tls)
            await end.wait()
        return
    async with _stand_in(options, end) as stand_in:
        application = web.Application(
            client_max_size=mail_door.REQUEST_LIMIT_BYTES, middlewares=[door.guard(options.host)]
        )
        for part in (mail_door, steering, pages):
            application.add_routes(part.routes(stand_in))
        # Cancelling an answer when its client has gone is what ends a hanging one. What was taken
        # is in the books by then.
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=_GOODBYE_S
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, options.host, options.port, ssl_context=tls).start()
            _announce(options.host, runner.addresses[0][1], tls)
            await end.wait()
        finally:
            await runner.cleanup()


@contextlib.asynccontextmanager
async def _stand_in(options: Options, end: asyncio.Event) -> AsyncIterator[StandIn]:
    signing_key = keys.load_or_make(options.signing_key) if options.signing_key else keys.new_key()
    with contextlib.closing(Messages(options.messages)) as messages:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            webhook = Webhook(options.webhook, signing_key, session) if options.webhook else None
            delivery = Delivery(webhook, messages.settle) if webhook and options.events else None
            replies = None
            if options.inbound:
                key = keys.load_or_make(options.inbound_key) if options.inbound_key else signing_key
                replies = Replies(options.inbound, options.inbound_domain, key, session)
            stand_in = StandIn(options, signing_key, messages, webhook, delivery, replies)
            running = asyncio.create_task(delivery.run()) if delivery else None
            if running:
                running.add_done_callback(lambda _: end.set())  # a stand-in without it is none
            try:
                yield stand_in
            finally:
                if replies:
                    await replies.close()
                if running:
                    running.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await running


def _tls(options: Options) -> ssl.SSLContext | None:
    if not options.tls:
        return None
    made = certificate.for_this_computer(dt.datetime.now(dt.UTC))
    if options.tls_ca:
        options.tls_ca.write_bytes(made.certificate_pem)
    return certificate.server_context(made)


def _announce(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    sys.stdout.write(f"Listening on {'https' if tls else 'http'}://{host}:{port}\n")
    sys.stdout.flush()
