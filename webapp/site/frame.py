"""Let the action page stand in a frame: on the origins that the campaign lists, nowhere else."""

from flask import g, request
from markupsafe import escape

from letters.campaigns.stored import StoredCampaign
from webapp.site import ground


def enter_frame(stored: StoredCampaign) -> None:
    """Let this answer be framed by the campaign's origins, and be set for a frame."""
    g.frame_ancestors = stored.campaign.embed_origins
    g.embedded = True
    ground.enter()


def is_embedded_post() -> bool:
    """Tell whether this request comes from a page that was set for a frame."""
    return "embedded" in request.values


def frame_words() -> dict[str, object]:
    """Return what every template knows about frames."""
    return {
        "embedded": bool(g.get("embedded", False)),
        "frame_origins": " ".join(g.get("frame_ancestors", ())),
        "ground": ground.entered(),
    }


def embed_snippet(public_url: str, slug: str, title: str = "Write a letter") -> str:
    """Return the two lines of HTML that put a campaign's form on another page.

    `title` is what screen readers call the frame. The second line lets the frame's height follow
    its content, and its ground the page's; without it the frame has a fixed height and scrolls, and
    is light or dark as the reader's system is.
    """
    return (
        f'<iframe src="{escape(public_url)}/c/{escape(slug)}/embed" title="{escape(title)}"'
        ' width="100%" height="1200" allow="web-share; clipboard-write"'
        ' style="border: 0"></iframe>\n'
        f'<script async src="{escape(public_url)}/static/embed.js" data-ground="host"></script>\n'
    )
