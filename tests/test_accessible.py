"""Accessibility as axe-core sees it: the preview page, the page of `digest build`, and mails of each direction."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from digest.live import Live
from digest.web import preview
from digest.web.watching import Changes
from tests.axe import violations
from tests.golden.issues import FOLDER, GOLDENS, app_of, make
from tests.test_golden import part

pytestmark = pytest.mark.browser

WIDTHS = (375, 640)  # of a mail
PAGES = (375, 1280)  # of a page for its editor
PICTURE = (Path(__file__).parents[1] / "examples" / "posts" / "images" / "map.png").read_bytes()
# A mail is shown inside another page: its landmarks are that page's.
MAIL_HAS_NO = ("region", "landmark-one-main")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests of this module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page; pictures of the web come from here."""
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.route(re.compile("^https://"), lambda route: route.fulfill(body=PICTURE, content_type="image/png"))
        yield page


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three posts, of which one is told to be broken, and findings."""
    root = make(GOLDENS["three-posts"], tmp_path_factory.mktemp("accessible") / "project")
    (root / "posts" / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    (root / "posts" / "old.md").write_text("---\ntitle: Old\ndate: 2020-01-01\n---\nLong ago.\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def served(project: Path) -> Iterator[tuple[str, Changes]]:
    """The address of the preview page of that project, as `digest preview` serves it, and who tells it of changes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        changes = Changes()
        pages = preview.create_app(Live(app_of(project)), newsletter="weekly", port=port, changes=changes, key="k")
        server = make_server(
            "127.0.0.1", port, pages, threaded=True, request_handler=preview._Quiet, fd=listener.fileno()
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{port}/", changes
        changes.close()
        server.shutdown()
        thread.join()
        server.server_close()


def seen(page: Any, widths: tuple[int, ...] = PAGES, **options: Any) -> list[str]:
    """What axe has against it: light at each width, and dark, where colours alone are others."""
    found = []
    for scheme, shown in (("light", widths), ("dark", widths[:1])):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in shown:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{scheme} {width}: {told}" for told in violations(page, **options)]
    return found


def test_axe_sees_what_is_wrong(page: Any) -> None:
    """A test that cannot fail would prove nothing: bad contrast, a picture without alt, no language."""
    page.set_content(
        '<title>x</title><main><h1>x</h1><p style="color:#bbb">Grey words</p><img src="https://example.org/x"></main>'
    )
    found = " ".join(violations(page))
    assert "color-contrast" in found
    assert "image-alt" in found
    assert "html-has-lang" in found
    assert "color-contrast" not in " ".join(violations(page, off=("color-contrast",)))


@pytest.mark.parametrize("name", ["three-posts", "right-to-left", "full-content"])
def test_mails_have_no_fault(page: Any, name: str) -> None:
    """Light and dark, on a phone and wider."""
    page.set_content(part((FOLDER / f"{name}.eml").read_bytes(), "html"), wait_until="load")
    assert seen(page, WIDTHS, off=MAIL_HAS_NO) == []


@pytest.mark.parametrize("theme", ["letter", "links"])
def test_the_other_themes_have_no_fault(page: Any, tmp_path: Path, theme: str) -> None:
    """An issue of three posts with a cover, drawn by each."""
    golden = replace(GOLDENS["three-posts"], newsletter=f'theme = "{theme}"')
    built = app_of(make(golden, tmp_path / "project")).build("weekly", "", tmp_path / "out")
    page.set_content(built.files[1].read_text(encoding="utf-8"), wait_until="load")
    assert seen(page, WIDTHS, off=MAIL_HAS_NO) == []


@pytest.mark.parametrize("tab", ["mail", "text", "headers", "source"])
def test_the_preview_page_has_no_fault(page: Any, served: tuple[str, Changes], tab: str) -> None:
    """Each of its four parts, with findings, posts left out and its lists open."""
    page.goto(served[0])
    page.wait_for_selector("#device iframe:not(.next)")
    page.locator(f"#tab-{tab}").click()
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.locator(".finding").first.wait_for()
    assert seen(page) == []


def test_the_page_that_tells_an_error_has_no_fault(page: Any, project: Path, served: tuple[str, Changes]) -> None:
    """An error above the mail."""
    part_of_look = project / "templates" / "parts"
    part_of_look.mkdir(parents=True)
    (part_of_look / "footer.mjml.j2").write_text("{% if", encoding="utf-8")
    served[1].tell()
    try:
        page.goto(served[0])
        page.locator("#trouble").wait_for(state="visible", timeout=5000)
        assert "footer.mjml.j2" in page.locator("#trouble").inner_text()
        assert seen(page) == []
    finally:
        (part_of_look / "footer.mjml.j2").unlink()
        served[1].tell()


@pytest.mark.parametrize("name", ["three-posts", "right-to-left"])
def test_the_page_of_build_has_no_fault(page: Any, tmp_path: Path, name: str) -> None:
    """Nothing must be moved sideways, nothing runs, and nothing is asked for but pictures."""
    built = app_of(make(GOLDENS[name], tmp_path / "project")).build("weekly", "", tmp_path / "out")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.goto(built.files[0].as_uri())
    assert seen(page) == []
    for width in (320, *WIDTHS, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert set(asked) <= {"document", "image"}
    frames = [f for f in page.frames if f != page.main_frame]
    assert len(frames) == 4
    grounds = [f.evaluate("() => getComputedStyle(document.body).backgroundColor") for f in frames]
    assert grounds[:2] == ["rgb(244, 242, 237)"] * 2
    assert grounds[2:] == ["rgb(19, 21, 24)"] * 2


@pytest.mark.parametrize("name", ["intro-only", "three-posts", "thirty-posts", "full-content", "right-to-left"])
def test_frames_of_build_are_about_as_high_as_the_mail(page: Any, tmp_path: Path, name: str) -> None:
    """A frame cannot grow by itself: most of each mail shows, and not twice as much ground."""
    built = app_of(make(GOLDENS[name], tmp_path / "project")).build("weekly", "", tmp_path / "out")
    text = built.files[0].read_text(encoding="utf-8")
    heights = [int(h) for h in re.findall(r'<iframe [^>]*height="(\d+)"', text)][:2]
    for width, height in zip((375, 640), heights, strict=True):
        page.set_viewport_size({"width": width, "height": 100})
        page.set_content(built.files[1].read_text(encoding="utf-8"), wait_until="load")
        true = page.evaluate("() => document.documentElement.scrollHeight")
        assert 0.7 < height / true < 2, (width, height, true)
