"""The preview page in a real browser: it shows the mail, follows a save, and survives what breaks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from digest.web import preview
from digest.web.watching import Changes, Watch

pytestmark = pytest.mark.browser


@pytest.fixture
def served(files_app: Any) -> Iterator[str]:
    """The address of a page that is served in this process, watching real files."""
    changes = Changes()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        pages = preview.create_app(files_app, newsletter="weekly", port=port, changes=changes, key="k")
        server = make_server(
            "127.0.0.1", port, pages, threaded=True, request_handler=preview._Quiet, fd=listener.fileno()
        )
        watch = Watch(files_app.watch_paths, changes.tell)
        watch.start()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{port}/"
        changes.close()
        watch.close()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests of this module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, served: str) -> Iterator[Any]:
    """The page, open; anything that the browser complains about fails the test."""
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark") as context:
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.on("request", lambda r: None if r.url.startswith((served, "data:")) else complaints.append(r.url))
        page.goto(served)
        page.wait_for_selector("#device iframe:not(.next)")
        yield page
    # The mail tries to run a script, and the browser says that it stopped it: that is wanted.
    assert [c for c in complaints if "Blocked script execution" not in c and "script-src" not in c] == []


def mail(page: Any) -> Any:
    return page.frame_locator("#device iframe:not(.next)")


def test_an_edit_shows_by_itself(page: Any, files_app: Any) -> None:
    """A save shows within half a second (a busy machine gets more), at the same place of the mail; scripts of the
    mail never ran."""
    assert mail(page).locator("#words").inner_text() == "The first words."
    assert page.title() == "News of weekly – preview"
    inside(page, "w.scrollTo(0, 900)")
    (files_app.root / "words.txt").write_text("The second words.", encoding="utf-8")
    mail(page).locator("#words", has_text="The second words.").wait_for(timeout=3000)
    until(lambda: inside(page, "w.scrollY") == 900)
    assert page.locator("#device iframe").count() == 1


def test_what_breaks_is_shown_and_mends(page: Any, files_app: Any) -> None:
    """The error stands above the last good mail, with file and line, and goes with the next good save."""
    (files_app.root / "words.txt").write_text("{% for", encoding="utf-8")
    page.locator("#trouble", has_text="templates/x.j2:17").wait_for(timeout=3000)
    assert page.locator("#trouble strong").inner_text() == "the loop is never closed"
    assert mail(page).locator("#words").inner_text() == "The first words."
    (files_app.root / "words.txt").write_text("Mended.", encoding="utf-8")
    page.locator("#trouble").wait_for(state="hidden", timeout=3000)
    mail(page).locator("#words", has_text="Mended.").wait_for(timeout=3000)


def test_mistakes_of_the_mjml_stand_among_the_findings(page: Any, files_app: Any) -> None:
    """Each under its rule, with its place, before those of the last version that worked; a click on any of them does
    what it says, and all is as it was when it is mended."""
    until(lambda: page.locator(".finding").count() == 4)
    (files_app.root / "words.txt").write_text("<mj-txt>", encoding="utf-8")
    page.locator("#trouble", has_text="(and 1 more)").wait_for(timeout=3000)
    # Not the inner text: of a list that is just then written anew it has no gaps.
    pieces = "found => found.map(rule => [...rule.childNodes].map(piece => piece.textContent.trim()))"
    rules = page.locator(".finding .rule").evaluate_all(pieces)
    assert rules[:3] == [["error", "mjml-tag"], ["error", "mjml-tag"], ["warning", "alt-poor"]]
    assert page.locator(".finding .where").all_inner_texts()[:2] == ["templates/x.j2:3", "templates/x.j2:9"]
    page.locator(".finding").nth(1).click()
    page.locator(".finding", has_text="a wide line").click()
    assert page.locator("#text .here").inner_text() == "The first words."
    (files_app.root / "words.txt").write_text("Mended.", encoding="utf-8")
    page.locator("#trouble").wait_for(state="hidden", timeout=3000)
    until(lambda: page.locator(".finding").count() == 4)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; the page's own policy forbids to ask for it in there."""
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.03)


def inside(page: Any, expression: str) -> Any:
    """Ask something of the frame's window, `w`, through the page: the frame itself may change at any moment."""
    frame = "document.querySelector('#device iframe:not(.next)').contentWindow"
    return page.evaluate(f"(w => {expression})({frame})")


def ground(page: Any) -> str:
    return str(inside(page, "w.document.body && getComputedStyle(w.document.body).backgroundColor"))


def test_keys_change_the_view(page: Any) -> None:
    """Light is light in a dark browser; dark is the mail's own; widths are the mail's, not the window's."""
    assert ground(page) == "rgb(255, 255, 255)"
    page.keyboard.press("d")
    until(lambda: ground(page) == "rgb(19, 21, 24)")
    page.keyboard.press("3")
    until(lambda: inside(page, "w.innerWidth") == 1200)
    page.keyboard.press("1")
    until(lambda: inside(page, "w.innerWidth") == 375)
    page.keyboard.press("i")
    mail(page).locator("img[data-src]").wait_for(state="attached", timeout=3000)
    page.keyboard.press("t")
    assert page.locator("#panel-text").is_visible()
    assert page.locator("#panel-mail").is_hidden()
    page.keyboard.press("ArrowRight")
    page.locator("#tab-text").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-headers").is_visible()
    page.reload()
    assert page.locator("#panel-headers").is_visible()


def test_a_finding_leads_to_its_place(page: Any) -> None:
    """A click opens the part, and marks the element, the line or the field."""
    page.locator(".finding", has_text="its date is odd").click()
    mark = mail(page).locator("#digest-here")
    mark.wait_for(timeout=3000)
    assert mark.get_attribute("href") == "https://example.org/blog/a/"
    page.locator(".finding", has_text="a wide line").click()
    assert page.locator("#text .here").inner_text() == "The first words."
    page.locator(".finding", has_text="the subject is long").click()
    assert "News of weekly" in page.locator("#headers .here").inner_text()


def test_readers_are_masked_and_chosen(page: Any) -> None:
    """The picker shows masked addresses; the mail shown is that reader's."""
    assert page.locator("#reader option").all_inner_texts() == [
        "a sample reader",
        "a•••@example.net",
        "b•••@example.net",
    ]
    page.locator("#reader").select_option("1")
    mail(page).get_by_text("For bob@example.net").wait_for(timeout=3000)
    page.locator("#variant").select_option("1")
    mail(page).get_by_text("For reader@example.com").wait_for(timeout=3000)
    assert page.locator("#reader option").all_inner_texts() == ["a sample reader", "m•••@example.com"]


def test_the_button_sends_and_says_so(page: Any, files_app: Any) -> None:
    """The answer stands beside the button; letters typed into the field are no shortcuts."""
    page.locator("#address").fill("")
    page.locator("#address").press_sequentially("dim@example.org")
    page.locator("#send button").click()
    page.locator("#answer", has_text="Sent to dim@example.org.").wait_for(timeout=3000)
    assert files_app.sent == [("weekly", "dim@example.org")]
    assert page.locator("#panel-mail").is_visible()


@pytest.mark.parametrize("width", [320, 390, 900, 1440])
def test_nothing_hangs_over_the_edge(page: Any, width: int) -> None:
    """From a small phone to a wide screen the page has no sideways scroll, in any tab."""
    page.set_viewport_size({"width": width, "height": 800})
    for key in "mths":
        page.keyboard.press(key)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
