"""Posts of every kind, and every post of real sites, as whole messages: nothing fails, nothing overflows, no link is
lost, and Gmail hides no way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import testing
from digest.model import Post, Rendered
from digest.render import mime
from digest.render.draw import BUDGET
from digest.settings import Newsletter, Public, Sender, Site
from tests.render.kinds import KINDS, LONG
from tests.render.test_draw import page, valid

Draw = Callable[..., Rendered]
SENDER = Sender(name="Example Weekly", address="news@example.org", unsubscribe="leave@news.example.org")


def message(made: Rendered) -> bytes:
    """The finished bytes of one reader, held to every rule of the one check."""
    stencil = mime.assemble(
        made,
        newsletter=Newsletter(name="weekly", title="Example Weekly"),
        site=Site(name="Example Weekly", url="https://example.org"),
        sender=SENDER,
        public=Public(url="https://news.example.org"),
        issue_id="weekly-2026-11-27",
        date=datetime(2026, 11, 27, 8, 0, tzinfo=UTC),
    )
    data = stencil.stamp(to="reader@example.net", token="a" * 26, message_id="b" * 32)
    mime.check(data, mail_from=SENDER.address, rcpt_to="reader@example.net")
    return data


def post(kind: str, **fields: Any) -> Post:
    return testing.post("posts/a.md", title="A title that stays", body=KINDS[kind], excerpt="", **fields)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_whole_post_of_any_kind(drawn: Draw, kind: str, language: str) -> None:
    """Sound HTML, the same links in both parts, below the limit, and bytes that may leave."""
    made = drawn(testing.issue(post(kind), content="full", language=language))
    valid(made)
    assert "A title that stays" in page(made).text
    text = mime.read(message(made))[1]
    assert not re.search(
        r"</?(?:p|div|td|span|strong)[\s>]|mj-text>(?! *Not)", text.replace("</p></div></table></td>", "")
    )
    shortened = [w.message for w in made.warnings if w.rule == "clip"]
    assert bool(shortened) == (len(made.html.encode()) > BUDGET - 4_000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", ["jekyll", "hugo", "docusaurus", "html"])
def test_an_excerpt_of_any_kind(drawn: Draw, kind: str, dialect: str) -> None:
    """As most newsletters have it, whatever generator the post was written for."""
    made = drawn(testing.issue(post(kind, dialect=dialect), post(kind, dialect=dialect, id="b")))
    valid(made, prose=True)  # an excerpt may begin a line with an address
    message(made)


@pytest.mark.parametrize("kind", LONG)
def test_what_is_too_long_is_begun_and_leads_on(drawn: Draw, kind: str) -> None:
    """Nothing beside it is lost; the link to the whole stands after what was cut."""
    made = drawn(testing.issue(post(kind), testing.post("posts/b.md", body="The second, in full."), content="full"))
    valid(made)
    assert "The second, in full." in made.text
    assert made.text.index("https://example.org/blog/a/") < made.text.index("The second, in full.")
    if any(w.rule == "clip" for w in made.warnings):
        assert [w.file for w in made.warnings] == ["posts/a.md"]
        assert made.text.index("[…]") < made.text.index("https://example.org/blog/a/\n")


def real_posts(corpus: Path) -> Iterator[tuple[str, str]]:
    """Each post of the sites: its path, and its text without the metadata."""
    for path in sorted(corpus.rglob("*.md*")):
        if "_feeds" in path.parts or path.name == "SOURCES.md":
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        whole = text.split("\n---\n", 1)[1] if text.startswith("---\n") and "\n---\n" in text else text
        yield path.relative_to(corpus).as_posix(), whole


def draws_all(drawn: Draw, posts: list[tuple[str, str]]) -> None:
    assert posts
    for path, body in posts:
        dialect = next((d for d in ("jekyll", "hexo", "hugo", "astro") if d in path), "")
        real = testing.post(path, title="A real post", body=body, dialect=dialect)
        made = drawn(testing.issue(real, testing.post(), content="full"))
        try:
            valid(made, prose=True)
            message(made)
        except BaseException as exc:
            exc.add_note(path)
            raise


def test_one_in_seven_real_posts_in_full(drawn: Draw, corpus: Path) -> None:
    """Posts of real sites in full: valid, within the budget, the same links in both parts, and fit to leave."""
    draws_all(drawn, list(real_posts(corpus))[::7])


@pytest.mark.soak
@pytest.mark.parametrize("part", range(7))
def test_every_real_post_in_full(drawn: Draw, corpus: Path, part: int) -> None:
    """The same for all of them."""
    draws_all(drawn, list(real_posts(corpus))[part::7])


# ------------------------------------------------------------------------------------------------ in a browser

TOO_WIDE = """() => {
  // what is cut off at the edge of the sheet is lost, though the page need not be moved
  const room = window.innerWidth, box = e => e.getBoundingClientRect();
  return [...document.querySelectorAll('body *')].filter(e => box(e).width && (box(e).right > room + 1
    || box(e).left < -1)).slice(-3).map(e => e.outerHTML.slice(0, 160)).join(' | ');
}"""
PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg' width='1800' height='900'><path d='M0 0h1800v900H0z'/></svg>"


@pytest.mark.browser
def test_no_kind_of_post_is_wider_than_a_telephone(chromium: str, drawn: Draw) -> None:
    """320 pixels, from left to right and from right to left, with pictures and without, with and without styles."""
    sync_api = pytest.importorskip("playwright.sync_api")
    wide: dict[str, str] = {}
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_context(viewport={"width": 320, "height": 900}).new_page()
        tab.route(re.compile("^https?:"), lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
        for kind in KINDS:
            for language in ("en", "ar"):
                html = drawn(testing.issue(post(kind), content="full", language=language)).html
                for name, shown in (
                    ("", html),
                    ("no styles", re.sub(r"<style\b.*?</style>", "", html, flags=re.DOTALL)),
                ):
                    tab.set_content(shown, wait_until="load")
                    if found := tab.evaluate(TOO_WIDE):
                        wide[f"{kind} {language} {name}"] = found
        browser.close()
    assert wide == {}
