"""What every page keeps to: axe finds nothing, nothing is too wide, too small or out of reach."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

NARROW = 320
"""The narrowest page, in CSS pixels: 1,280 at 400 % zoom, 640 at 200 %."""
_ZOOMED = 640
"""1,280 pixels at 200 % zoom."""
_MOST_STOPS = 300
_SCRIPTS = re.compile(r"<script\b.*?</script>|</?noscript>", re.DOTALL)
_AXE = Axe().axe_script
_RUN_AXE = """
(runOnly) => axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) }).then(
  ({ violations }) => violations.map(({ id, nodes }) =>
    [id, nodes.map(({ target, failureSummary }) => [target, failureSummary])]))
"""

# What WCAG 2.2's 2.5.8 exempts: links in a sentence. A box is reached through its label.
SMALL_TARGETS = """
() => [...document.querySelectorAll("a, button, input, textarea, summary")]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.closest(".unseen"))
  .filter((one) => !(one.matches("a") && one.closest(".summary, .skip")) && !one.matches(".skip"))
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""
FOCUS_RING = """
() => {
  const focused = document.activeElement;
  const style = getComputedStyle(focused);
  return focused === document.body
    || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}
"""
# From the end Tab leads out of the page, and then to its beginning.
_COMES_ROUND = """
() => {
  const focused = document.activeElement;
  if (window.reached.has(focused)) return true;
  if (focused !== document.body) window.reached.add(focused);
  return false;
}
"""
_OUT_OF_REACH = """
() => [...document.querySelectorAll("a[href], button, input, textarea, summary")]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.disabled)
  .filter((one) => one.tabIndex >= 0 && !window.reached.has(one))
  .map((one) => one.outerHTML.slice(0, 90))
"""


_SUBMIT = """
([action, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  for (const [name, value] of fields) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
"""


@contextmanager
def narrow(browser: Browser, *, language: str = "en", with_script: bool = True) -> Iterator[Page]:
    """Give a page on a small phone that has asked for nothing yet.

    It lets axe in, which the site's policy would not.
    """
    context = browser.new_context(
        viewport={"width": NARROW, "height": 800},
        reduced_motion="reduce",
        bypass_csp=True,
        java_script_enabled=with_script,
        extra_http_headers={"Accept-Language": language, **new_client()},
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def without_scripts(page: Page) -> None:
    """Show pages as they are without JavaScript, where axe, a script itself, could not look."""

    def strip(route: Route) -> None:
        if route.request.resource_type != "document":
            route.continue_()
            return
        answer = route.fetch()
        route.fulfill(response=answer, body=_SCRIPTS.sub("", answer.text()))

    page.route("**/*", strip)


def sideways(page: Page) -> int:
    """Give by how many pixels the page scrolls sideways."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def look(page: Page, state: str) -> None:
    """Hold a page, as it stands, against every rule; `state` names it where it breaks one."""
    page.wait_for_load_state()
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(_AXE)
    # In the dark only the colours are others.
    for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        found = page.evaluate(_RUN_AXE, rules)
        assert not found, f"{state}, {scheme}: {json.dumps(found, indent=1)}"
    assert page.evaluate(SMALL_TARGETS) == [], state
    size = page.viewport_size
    assert size is not None
    for width in (_ZOOMED, NARROW):
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert sideways(page) == 0, f"{state}, {width} pixels wide"


def tab_through(page: Page, state: str) -> None:
    """Go through a page with Tab alone: everything to press or fill is reached, and seen to be."""
    page.wait_for_load_state()
    page.evaluate("window.reached = new Set()")
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_RING), f"{state}: no ring around what has the focus"
        if page.evaluate(_COMES_ROUND):
            break
    assert page.evaluate(_OUT_OF_REACH) == [], state


def tab_to(page: Page, selector: str, key: str = "") -> None:
    """Press Tab until what `selector` names has the focus, and then `key`."""
    page.wait_for_load_state()  # before its style sheet is there, a ring is the browser's own
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_RING), f"no ring on the way to {selector}"
        if page.locator(f"{selector}:focus").count():
            if key:
                page.keyboard.press(key)
            return
    raise AssertionError(f"{selector} is out of reach")


def unfold(page: Page) -> None:
    """Unfold the letter, which a small screen shows folded."""
    page.locator("label[for=unfold] .to-open").click()


def submit(page: Page, url: str, **fields: object) -> int:
    """Post `fields` as a form of a page of ours would, and give the status of the answer."""
    page.goto(url.partition("/c/")[0] + "/desk/sign-in")
    pairs = [(name, one) for name, value in fields.items() for one in _each(value)]
    with page.expect_navigation() as leads_to:
        page.evaluate(_SUBMIT, [url, pairs])
    return leads_to.value.status


def _each(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def new_client() -> dict[str, str]:
    """Give the header of a client that has done nothing yet, as a proxy in front adds it."""
    network = f"2001:db8:{secrets.randbits(16):x}:{secrets.randbits(16):x}"
    return {"X-Forwarded-For": f"{network}::1"}
