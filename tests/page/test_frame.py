"""The form in a frame on another origin: its height, its thanks and its letters."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from rig.servers import wait_for
from tests.support.seldom import seldom
from tests.support.stack import Stack, supporter
from webapp.site.frame import embed_snippet

Load = Callable[..., str]


@contextmanager
def host(slug_to_html: Callable[[], str]) -> Iterator[str]:
    """Serve an organiser's page on another origin, and give that origin."""

    class HostPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = f"<!doctype html><title>Ours</title><h1>Ours</h1>{slug_to_html()}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), HostPage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def framed(page: Page) -> Frame:
    element = page.locator("iframe").element_handle()
    frame = element.content_frame()
    assert frame is not None
    return frame


def height_fits(page: Page) -> bool:
    shown = page.locator("iframe").bounding_box()
    inner = framed(page).evaluate("document.documentElement.getBoundingClientRect().height")
    return shown is not None and abs(shown["height"] - inner) <= 1


@pytest.fixture
def snippets() -> dict[str, str]:
    return {}


@pytest.fixture
def origin(snippets: dict[str, str]) -> Iterator[str]:
    with host(lambda: snippets["html"]) as running:
        yield running


@pytest.mark.parametrize("with_script", [True, seldom(False)])
def test_a_letter_through_a_frame_arrives_as_previewed(
    stack: Stack,
    load: Load,
    browser: Browser,
    origin: str,
    snippets: dict[str, str],
    with_script: bool,
) -> None:
    slug = load(more=f'confirm = "none"\nembed_origins = ["https://other.example", "{origin}"]')
    snippets["html"] = embed_snippet(stack.url, slug)
    context = browser.new_context(
        java_script_enabled=with_script, viewport={"width": 700, "height": 600}
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{origin}/?source=poster")
    frame = page.frame_locator("iframe")  # found anew each time: embed.js gives it another address
    expect(frame.locator("#reason")).to_be_visible()
    if with_script:
        # The code in the link to the page around it counts for what is written in the frame.
        expect(frame.locator("[name=source]")).to_have_value("poster")
        wait_for(lambda: height_fits(page))
        frame.locator("#reason").fill("A line\n" * 40)
        wait_for(lambda: height_fits(page))
    frame.locator("#reason").fill("In a frame: 😀 مرحبا\n\n <i>mine</i>")
    who = supporter()
    frame.locator("#name").fill(who["name"])
    frame.get_by_role("button", name="Preview").click()
    expect(frame.locator(".wrong")).to_be_visible()
    if with_script:  # browsers grant a frame of another origin no focus unasked
        expect(frame.locator(".wrong")).to_be_focused()
        expect(frame.locator(".wrong")).to_be_in_viewport()
    frame.locator("#email").fill(who["email"])
    frame.get_by_role("button", name="Preview").click()
    expect(frame.locator(".wrong")).to_have_count(0)  # the answer has taken the page's place
    previewed = frame.locator("pre[data-preview]").text_content()
    frame.get_by_role("button", name="Send my letter").first.click()
    expect(frame.locator("h1")).to_contain_text("Thank you")
    if with_script:
        expect(frame.locator("h1")).to_be_in_viewport()
        wait_for(lambda: height_fits(page))
    # The thanks stand alone in the frame: no way into pages that may not be framed.
    expect(frame.locator(".top")).to_have_count(0)
    assert context.cookies() == []
    wait_for(lambda: stack.messages(f"delivered@{slug}.example"))
    (sent,) = stack.messages(f"delivered@{slug}.example")
    assert sent["content"][0]["value"] == previewed
    context.close()


def test_where_the_browser_keeps_nothing_for_frames_nothing_is_promised(
    stack: Stack, load: Load, whole_browser: Browser, origin: str, snippets: dict[str, str]
) -> None:
    page = whole_browser.new_page()
    slug = load(more=f'embed_origins = ["{origin}"]')
    snippets["html"] = embed_snippet(stack.url, slug)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(origin)
    frame = page.frame_locator("iframe")
    frame.locator("#reason").fill("Typed in the frame.")
    # A private window, as here, refuses a frame of another site any storage.
    expect(frame.get_by_text("is kept in this browser until you send it")).to_be_hidden()
    expect(frame.get_by_role("checkbox", name="Plant ten more.")).to_be_checked()
    assert problems == []
    page.close()


def test_other_origins_and_other_pages_are_refused(
    stack: Stack, load: Load, page: Page, origin: str, snippets: dict[str, str]
) -> None:
    closed = load(more='embed_origins = ["https://other.example"]')
    open_to_us = load(more=f'embed_origins = ["{origin}"]')
    page.goto(stack.url)
    for path in (
        f"/c/{closed}/embed",
        f"/c/{closed}/thanks?embedded=1",
        f"/c/{open_to_us}",
        f"/c/{open_to_us}/thanks",
        "/",
    ):
        snippets["html"] = f'<iframe src="{stack.url}{path}"></iframe>'
        page.goto(origin)
        page.wait_for_timeout(200)
        assert framed(page).url.startswith("chrome-error://"), path


def test_the_script_listens_to_our_origin_alone(
    stack: Stack, load: Load, page: Page, origin: str, snippets: dict[str, str]
) -> None:
    slug = load(more=f'embed_origins = ["{origin}"]')
    snippets["html"] = embed_snippet(stack.url, slug)
    page.goto(origin)
    expect(page.frame_locator("iframe").locator("#reason")).to_be_visible()
    wait_for(lambda: height_fits(page))
    page.evaluate("postMessage({ postbag: 'height', height: 9 }, '*')")
    page.evaluate(
        """() => new Promise((resolve) => {
             const other = document.createElement("iframe");
             other.onload = resolve;
             other.srcdoc = "<p>Other</p>";
             document.body.append(other);
           })"""
    )
    page.frames[-1].evaluate("parent.postMessage({ postbag: 'height', height: 9 }, '*')")
    page.wait_for_timeout(100)
    assert page.locator("iframe").first.evaluate("one => one.getBoundingClientRect().height") > 500


def test_answers_that_refuse_stay_in_the_frame(
    stack: Stack, load: Load, page: Page, origin: str, snippets: dict[str, str]
) -> None:
    slug = load(more=f'embed_origins = ["{origin}"]')
    snippets["html"] = embed_snippet(stack.url, slug)
    page.goto(origin)
    frame = page.frame_locator("iframe")
    frame.locator("#reason").fill("Too late.")
    stack.postbag("campaign", "status", slug, "closed")
    frame.get_by_role("button", name="Preview").click()
    expect(frame.locator("h1")).to_contain_text("This campaign is over")
    expect(frame.get_by_text("Too late.")).to_be_visible()
