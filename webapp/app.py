"""Build the Flask app."""

import logging
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from letters import tracing
from letters.desk.sign_ins import SESSION_LIFE
from letters.logs import configure
from letters.settings import SettingsError, read_settings
from webapp import desk, operations, receipt
from webapp.action import kept, listed, privacy
from webapp.action import routes as action
from webapp.action.made import pdf, preview
from webapp.office import routes as office
from webapp.receipt import lost
from webapp.sendgrid import inbound
from webapp.sendgrid import routes as sendgrid
from webapp.site import errors, face, ground, language, posted, signs, whose
from webapp.site.guards import measured, refused, traced
from webapp.site.guards.compress import compress
from webapp.site.services import build
from webapp.updates import routes as updates

_ROOT: Final = Path(__file__).parent.parent
_HTTPS_SECONDS: Final = 2 * 365 * 86_400
_FOR_OTHER_SITES: Final = frozenset({"action.count", "preview.picture"})
"""What another site's page or a link's preview shows, beside the script that sizes a frame."""
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors {ancestors}"
)


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Return the app; end the process with one sentence a setting where settings are wrong."""
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        sys.exit(4)  # the status on which gunicorn gives up instead of trying again
    configure(settings.log_format)
    tracing.configure(settings.tracing)
    is_https = settings.public_url.startswith("https://")
    app = Flask(__name__, template_folder=str(_ROOT / "templates"))
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        WTF_CSRF_SECRET_KEY=list(settings.secret_keys[::-1]),  # it wants the newest last
        SESSION_COOKIE_NAME="__Host-desk" if is_https else "desk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFE,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=posted.MOST_BYTES,  # whoever may send more is given it
        MAX_FORM_MEMORY_SIZE=posted.MOST_BYTES_OF_LISTS,
        MAX_FORM_PARTS=2_000,
        WTF_CSRF_CHECK_DEFAULT=False,  # the desk asks for it; other forms have tokens of their own
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # it asks for a referrer, and our own pages send none
    )
    app.extensions["postbag"] = build(settings)
    app.url_map.strict_slashes = False
    # To mend an address is to redirect, and that names the host that a stranger wrote.
    app.url_map.merge_slashes = False
    refused.register(app, app.extensions["postbag"].redis)
    measured.register(app)
    traced.register(app)
    language.register(app)
    whose.register(app)
    kept.register(app)
    app.extensions["csrf_guard"] = CSRFProtect(app)
    # A line for each forged post says nothing of where; what is refused is counted by door.
    logging.getLogger("flask_wtf.csrf").setLevel(logging.WARNING)
    for part in (
        action,
        listed,
        pdf,
        preview,
        privacy,
        face,
        ground,
        signs,
        receipt,
        lost,
        updates,
        office,
        sendgrid,
        inbound,
        desk,
        operations,
    ):
        app.register_blueprint(part.blueprint)
    posted.register(app)
    errors.register(app)
    app.after_request(partial(_guard, is_https=is_https))
    app.after_request(compress)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Flask's documents have it
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_prefix=0
        )
    return app


def _guard(response: Response, *, is_https: bool) -> Response:
    """Close every page: no framing, no foreign content, no referrer with a token in it."""
    ancestors = " ".join(g.get("frame_ancestors", ())) or "'none'"
    response.headers.setdefault("Content-Security-Policy", _POLICY.format(ancestors=ancestors))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    is_for_others = request.endpoint in _FOR_OTHER_SITES or (
        request.endpoint == "static" and request.path == "/static/embed.js"
    )
    response.headers["Cross-Origin-Resource-Policy"] = (
        "cross-origin" if is_for_others else "same-origin"
    )
    if is_https:
        response.headers["Strict-Transport-Security"] = f"max-age={_HTTPS_SECONDS}"
    if ancestors == "'none'":
        response.headers["X-Frame-Options"] = "DENY"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
