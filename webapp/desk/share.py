"""Help an organiser to bring people to a campaign: its link, a QR code, the form elsewhere."""

import io
from urllib.parse import quote

import segno
from flask import Response, render_template, request

from letters.campaign import Status
from letters.campaigns import store
from letters.intake.posted import source_code
from webapp.desk.entry.door import blueprint
from webapp.site.frame import embed_snippet
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.share import link, share


@blueprint.get("/<slug>/share")
def show_share(slug: str) -> str:
    """Show all that brings people to a campaign."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    typed = request.args.get("source", "")
    own = source_code(typed)
    return render_template(
        "desk/share.html",
        campaign=stored.campaign,
        is_draft=stored.campaign.status is Status.DRAFT,
        link=link(slug),
        share=share(stored.campaign, "desk"),
        tagged=[
            (_("Newsletter"), link(slug, "newsletter")),
            (_("Website"), link(slug, "website")),
            (_("Poster or leaflet"), link(slug, "poster")),
            *([(own, link(slug, own))] if own else []),
        ],
        typed=typed[:40],
        is_wrong=bool(typed) and not own,
        embed=embed_snippet(services().settings.public_url, slug, stored.campaign.title).strip(),
        origins=stored.campaign.embed_origins,
    )


@blueprint.get("/<slug>/qr.svg")
def qr_code(slug: str) -> Response:
    """Return the QR code of a campaign's link, to print: made here, nobody else is asked."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    drawn = io.BytesIO()
    code = segno.make(link(stored.campaign.slug, "qr"), error="m", micro=False)
    # White around it, in dark mode and on coloured paper too: what reads it needs that.
    code.save(drawn, kind="svg", scale=8, border=4, dark="#000", light="#fff", title=quote(slug))
    response = Response(drawn.getvalue(), mimetype="image/svg+xml")
    response.headers["Content-Disposition"] = f'inline; filename="{slug}-qr.svg"'
    return response
