"""Writing a letter with JavaScript: the text follows, nothing typed is lost, help is no gate."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from rig.servers import wait_for
from tests.page.campaign import TWO_TARGETS
from tests.support.stack import Stack, supporter

Load = Callable[..., str]


def order_of(page: Page) -> list[str]:
    boxes = page.locator("input[name=points]").all()
    return [str(box.get_attribute("value")) for box in boxes]


def fill_in(page: Page, **changes: str) -> dict[str, str]:
    who = {**supporter(), **changes}
    page.locator("#name").fill(who["name"])
    page.locator("#email").fill(who["email"])
    return who


def test_the_text_follows_the_points_until_it_is_changed(
    stack: Stack, load: Load, page: Page
) -> None:
    page.goto(f"{stack.url}/c/{load()}")
    body = page.locator("#body")
    expect(page.get_by_role("button", name="Update the letter")).to_be_hidden()
    page.get_by_role("checkbox", name="Plant ten more.").uncheck()
    expect(body).not_to_have_value(re.compile("Plant ten more"))
    page.get_by_role("button", name="Move up: Ask the people").click()
    page.get_by_role("button", name="Move up: Ask the people").click()
    expect(body).to_have_value(re.compile(r"felled\.\n\nAsk the people.*\n\nKeep all"))
    body.press_sequentially(" Mine.")
    mine = body.input_value()
    page.get_by_role("checkbox", name="Plant ten more.").check()
    expect(body).to_have_value(mine)
    expect(page.get_by_text("it no longer follows these points")).to_be_visible()
    page.get_by_role("button", name="Update the letter").click()
    page.get_by_role("button", name="No, keep my text").click()
    expect(body).to_have_value(mine)
    page.get_by_role("button", name="Update the letter").click()
    page.get_by_role("button", name="Yes, write it anew").click()
    expect(body).not_to_have_value(re.compile("Mine"))
    expect(body).to_have_value(re.compile(r"Ask the people[^\n]*\n\nKeep all[^\n]*\n\nPlant ten"))
    # What was put aside is kept as all that is typed, and comes back.
    page.reload()
    page.get_by_role("button", name="Bring my text back").click()
    expect(body).to_have_value(mine)
    expect(page.get_by_role("button", name="Bring my text back")).to_be_hidden()


def test_points_move_by_keyboard_and_keep_the_focus(stack: Stack, load: Load, page: Page) -> None:
    page.goto(f"{stack.url}/c/{load()}")
    down = page.get_by_role("button", name="Move down: Keep all forty trees.")
    down.focus()
    page.keyboard.press("Enter")
    expect(down).to_be_focused()
    assert order_of(page) == ["shade", "trees", "ask"]
    expect(page.locator("[data-moved]")).to_have_text("Now number 2 of 3.")
    page.keyboard.press("Space")
    expect(down).to_be_focused()
    assert order_of(page) == ["shade", "ask", "trees"]
    expect(down).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    assert order_of(page) == ["shade", "ask", "trees"]
    assert stack.url in page.url


def test_the_letter_survives_a_reload_and_a_closed_tab(
    stack: Stack, load: Load, context: BrowserContext, page: Page
) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")
    page.locator("#reason").fill("My daughter learned to climb there.")
    page.locator("#body").fill("Only mine.\n\nGrüße 😀 §")
    page.get_by_role("button", name="Move up: Ask the people").click()
    page.locator("#opt_in").check()
    subject = page.locator("#subject").input_value()
    page.reload()
    expect(page.locator("#opt_in")).to_be_checked()
    for _ in range(2):
        expect(page.locator("#reason")).to_have_value("My daughter learned to climb there.")
        expect(page.locator("#body")).to_have_value("Only mine.\n\nGrüße 😀 §")
        expect(page.locator("#subject")).to_have_value(subject)
        assert order_of(page) == ["trees", "ask", "shade"]
        expect(page.get_by_text("This is what you wrote here earlier")).to_be_visible()
        page.close()
        page = context.new_page()
        page.goto(f"{stack.url}/c/{slug}")
    other = load()
    page.goto(f"{stack.url}/c/{other}")
    expect(page.locator("#reason")).to_have_value("")


def test_what_was_typed_after_an_error_survives_a_reload(
    stack: Stack, load: Load, page: Page
) -> None:
    page.goto(f"{stack.url}/c/{load()}")
    page.locator("#reason").fill("First.")
    page.get_by_role("button", name="Send my letter").click()
    expect(page.locator(".wrong")).to_be_focused()
    expect(page.locator("#reason")).to_have_value("First.")
    page.locator("#reason").fill("First, and then more.")
    page.get_by_role("checkbox", name="Plant ten more.").uncheck()
    page.locator("#reason").press("Enter")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.method))
    for leave_and_return in (page.reload, page.go_back, page.go_forward):
        leave_and_return()
        expect(page.get_by_text("This is what you wrote here earlier")).to_be_visible()
        expect(page.locator("#reason")).to_have_value("First, and then more.\n")
        expect(page.get_by_role("checkbox", name="Plant ten more.")).not_to_be_checked()
        expect(page.locator("#body")).not_to_have_value(re.compile("Plant ten more"))
        expect(page.locator(".wrong")).to_have_count(0)
    assert "POST" not in posts


def test_who_writes_is_kept_in_that_tab_alone(
    stack: Stack, load: Load, context: BrowserContext, page: Page
) -> None:
    slug = load(more="asks_postcode = true\n")
    page.goto(f"{stack.url}/c/{slug}")
    who = fill_in(page)
    typed = {"#name": who["name"], "#email": who["email"], "#postcode": "AB1 2CD"}
    page.locator("#postcode").fill(typed["#postcode"])
    page.locator("#reason").fill("My daughter learned to climb there.")
    page.locator("#opt_in").check()
    page.reload()
    for field, value in typed.items():
        expect(page.locator(field)).to_have_value(value)
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "learned to climb" in kept
    assert not [value for value in (*typed.values(), "opt_in") if value in kept]
    page.close()
    # Whoever sits down at this computer next is not asked to write as, or to agree for, the last.
    page = context.new_page()
    page.goto(f"{stack.url}/c/{slug}")
    expect(page.locator("#reason")).to_have_value("My daughter learned to climb there.")
    for field in typed:
        expect(page.locator(field)).to_have_value("")
    expect(page.locator("#opt_in")).not_to_be_checked()


def test_on_a_shared_computer_it_can_be_cleared(stack: Stack, load: Load, page: Page) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")
    fill_in(page)
    page.locator("#reason").fill("A secret.")
    page.get_by_role("button", name="Move up: Ask the people").click()
    page.get_by_role("button", name="Clear what I typed").click()
    for field in ("#reason", "#name", "#email"):
        expect(page.locator(field)).to_have_value("")
    assert order_of(page) == ["trees", "shade", "ask"]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    # On the answer to a post too, which was served with what was typed.
    page.locator("#reason").fill("A secret.")
    page.get_by_role("button", name="Send my letter").click()
    expect(page.locator(".wrong")).to_be_focused()
    page.get_by_role("button", name="Clear what I typed").click()
    page.wait_for_function("!document.querySelector('.wrong')")
    expect(page.locator("#reason")).to_have_value("")
    assert page.evaluate("localStorage.length") == 0


def test_sending_clears_what_was_kept(stack: Stack, load: Load, page: Page) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")
    fill_in(page)
    assert page.evaluate("localStorage.length") == 1
    page.get_by_role("button", name="Send my letter").click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    wait_for(lambda: page.evaluate("localStorage.length") == 0)
    kept = page.evaluate(f"sessionStorage.getItem('postbag:{slug}')")
    assert kept is None  # the address that the page shows goes with this tab
    page.goto(f"{stack.url}/c/{slug}")
    expect(page.locator("#name")).to_have_value("")


def test_a_lost_connection_is_told_and_loses_nothing(
    stack: Stack, load: Load, context: BrowserContext, page: Page
) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")
    fill_in(page)
    page.locator("#reason").fill("Kept through the storm.")
    trouble = page.get_by_role("alert").filter(has_text="there seems to be no connection")
    # The browser knows that it is offline.
    context.set_offline(offline=True)
    for button in ("Preview", "Send my letter"):
        page.get_by_role("button", name=button).click()
        expect(trouble).to_be_visible()
    context.set_offline(offline=False)
    # The browser does not know: the request is lost on the way.
    page.route("**/c/**", lambda route: route.abort())
    page.get_by_role("button", name="Send my letter").click()
    expect(trouble).to_be_visible()
    expect(page.locator("#reason")).to_have_value("Kept through the storm.")
    page.unroute("**/c/**")
    # The server is there and cannot take it.
    page.route("**/c/**", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Send my letter").click()
    expect(page.get_by_role("alert").filter(has_text="could not be taken just now")).to_be_visible()
    page.unroute("**/c/**")
    page.get_by_role("button", name="Send my letter").click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert stack.books(slug)["submitted"] == 1


def test_a_double_click_sends_once(stack: Stack, load: Load, page: Page) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")
    fill_in(page)
    page.get_by_role("button", name="Send my letter").dblclick()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert stack.books(slug)["submitted"] == 1


def test_the_live_preview_is_the_letter_byte_for_byte(stack: Stack, load: Load, page: Page) -> None:
    slug = load(more='confirm = "none"\nasks_postcode = true')
    page.goto(f"{stack.url}/c/{slug}")
    page.get_by_text("Read it as it will leave").click()
    page.locator("#reason").fill("  It is $& and {name} and <b>\n\n\n😀 ")
    page.get_by_role("checkbox", name="Plant ten more.").uncheck()
    page.locator("#body").press_sequentially("\nIch grüße die Bäume ☘  ")
    fill_in(page, name="  $1 {salutation} Ana ")
    page.locator("#postcode").fill("AB1 2CD")
    live = page.locator(".draft pre").text_content()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="This is your letter")).to_be_focused()
    previewed = page.locator("pre[data-preview]").text_content()
    assert live == previewed
    page.get_by_role("button", name="Send my letter").first.click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    wait_for(lambda: stack.messages(f"delivered@{slug}.example"))
    (sent,) = stack.messages(f"delivered@{slug}.example")
    assert sent["content"][0]["value"] == previewed


def test_the_measure_says_how_much_is_ones_own_and_is_no_gate(
    stack: Stack, load: Load, page: Page
) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")
    told = page.locator("[data-own-words]")
    expect(page.get_by_text("When were you last under these trees?")).to_be_visible()
    expect(told).to_contain_text("So far these are the campaign’s words")
    page.locator("#reason").fill("I met my wife there.")
    expect(told).to_have_text("A little of this letter is in your own words.")
    page.locator("#reason").fill("I met my wife there one morning in the rain. " * 4)
    expect(told).to_have_text("A good part of this letter is in your own words.")
    shown = float(str(page.locator("[data-own]").evaluate("one => one.value")))
    fill_in(page)
    # The server measures the same.
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="This is your letter")).to_be_focused()
    served = page.locator("[data-own]").get_attribute("value")
    assert abs(float(str(served)) - shown) < 0.01
    page.locator("#reason").fill("")
    page.locator("#body").fill("Short, and wholly mine.")
    expect(told).to_have_text("Nearly all of this letter is in your own words.")
    # And a letter left as it was is taken as well.
    page.goto(f"{stack.url}/c/{slug}")
    page.get_by_role("button", name=re.compile("Clear it")).click()
    fill_in(page)
    page.get_by_role("button", name="Send my letter").click()
    expect(page.locator("h1")).to_contain_text("Thank you")


def test_the_room_left_is_told_and_a_paste_is_not_cut(stack: Stack, load: Load, page: Page) -> None:
    page.goto(f"{stack.url}/c/{load()}")
    left = page.locator("[data-left=reason]")
    expect(left).to_have_text("Up to 2,000 characters")
    page.locator("#reason").fill("é" * 1990 + "😀")
    expect(left).to_have_text("Characters left: 9")
    page.locator("#reason").fill("x" * 2012)
    expect(left).to_have_text("Characters too many: 12")
    fill_in(page)
    page.get_by_role("button", name="Send my letter").click()
    expect(page.locator(".wrong")).to_contain_text("12 characters too long")
    expect(page.locator("#reason")).to_have_value("x" * 2012)


def test_one_of_the_subjects_is_drawn_and_stays(stack: Stack, load: Load, page: Page) -> None:
    slug = load()
    subjects = {"Keep the trees", "Forty trees on the quay", "The trees of Porttown"}
    drawn = {stack.form(slug)["subject"] for _ in range(40)}
    assert drawn == subjects
    page.goto(f"{stack.url}/c/{slug}")
    subject = page.locator("#subject").input_value()
    for button in ("Send my letter", "Preview"):
        page.get_by_role("button", name=button).first.click()
        expect(page.locator(".wrong")).to_be_focused()
        expect(page.locator("#subject")).to_have_value(subject)
    page.locator("#subject").fill("My own subject")
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview .subject")).to_have_text("My own subject")


def test_the_sheet_is_addressed_to_whom_the_writer_chooses(
    stack: Stack, load: Load, page: Page
) -> None:
    slug = load(more='confirm = "none"\nrouting = "choice"', targets=TWO_TARGETS)
    page.goto(f"{stack.url}/c/{slug}")
    expect(page.locator("[data-address]")).to_contain_text("The Hon. A. Example")
    page.get_by_role("checkbox", name="Dr B. Mayor").check()
    expect(page.locator("[data-address]")).to_contain_text("Town Hall")
    expect(page.locator("p[data-salutation]")).to_have_text("Dear Mayor,")
    fill_in(page)
    page.get_by_text("Read it as it will leave").click()
    expect(page.locator(".draft pre")).to_contain_text("Dear Mayor,")
    live = page.locator(".draft pre").text_content()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="This is your letter")).to_be_focused()
    assert page.locator("pre[data-preview]").text_content() == live


def test_pressed_twice_while_a_script_is_on_its_way_it_is_sent_once(
    stack: Stack, load: Load, page: Page
) -> None:
    on_their_way: list[Route] = []

    def hold(route: Route) -> None:
        on_their_way.append(route)

    page.route("**/address.js*", hold)
    posts: list[Request] = []
    page.on("request", lambda asked: posts.append(asked) if asked.method == "POST" else None)
    page.goto(f"{stack.url}/c/{load()}")
    fill_in(page)
    send = page.locator("#letter button.primary").last
    send.click()
    send.click()
    page.wait_for_timeout(100)
    assert posts == []
    for route in on_their_way:
        route.continue_()
    page.locator("[data-sent]").wait_for()
    assert len(posts) == 1
