"""Issues in a real browser: nothing overflows, thumbs can hit what they must, nothing is fetched but pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from digest import testing
from digest.model import Group, Image, Issue, Rendered

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

Draw = Callable[..., Rendered]
COVER = Image(url="https://img.example.org/a.png", alt="A cover", width=1200, height=600)
ENDLESS = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
BODY = f"""
A paragraph with `inline_code_that_goes_on_and_on_without_any_blank_in_it_at_all()` and {ENDLESS}.

## {ENDLESS}

```
a line of code that is so long that it must be wrapped on a phone {"x" * 200}
```

| {"Column " * 3} | B | C |
|---|---|---|
| {"a cell of many words " * 5} | 2 | {"x" * 40} |

![a picture without a size](https://img.example.org/b.png)

- {"item " * 30}
    - {"x" * 100}

https://example.org/{"very-long-" * 20}
"""


def issues() -> dict[str, Issue]:
    """The hard cases of a layout."""
    lead = testing.post(
        "posts/lead.md", image=COVER, tags=("One", "Two", "A tag of many words that is long"), author="The Example team"
    )
    card = testing.post("posts/card.md", image=replace(COVER, width=300, height=900), author="An author of some length")
    bare = testing.post("posts/bare.md", title=f"{ENDLESS} {ENDLESS}", url=f"https://example.org/{'x' * 200}/")
    many = [testing.post(f"posts/{n}.md", image=COVER if n % 2 else None) for n in range(30)]
    return {
        "three": testing.issue(lead, card, bare, intro="Hello."),
        "alone": testing.issue(lead),
        "none": testing.issue(lead=None, groups=(), intro="Nothing this week."),
        "many": testing.issue(*many),
        "whole": testing.issue(replace(lead, body=BODY), replace(card, body=BODY), content="full", intro=BODY),
        "arabic": testing.issue(lead, card, bare, language="ar", title="النشرة الأسبوعية"),
        "mixed": testing.issue(replace(lead, lang="ar"), replace(card, lang="ar"), lead=None,
                               groups=(Group(label="A group", posts=(replace(card, lang="he"), lead)),)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[sync_api.Browser]:
    """One Chromium for all tests of this file."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("name", sorted(issues()))
def test_nothing_overflows_and_everything_can_be_hit(browser: sync_api.Browser, drawn: Draw, name: str) -> None:
    """From 320 to 1200 pixels, light and dark: no sideways scrolling, high links, pictures alone are fetched."""
    html = drawn(issues()[name]).html
    asked: list[str] = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
        page.set_content(html)
        for width in (320, 375, 480, 640, 1200):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, scheme, width)
        low = page.evaluate(
            """() => [...document.querySelectorAll('a.b, a[aria-label], td.m a')]
                .filter(a => a.getBoundingClientRect().height < 44).map(a => a.outerHTML)"""
        )
        assert low == []
        context.close()
    assert all(url.startswith("https://img.example.org/") for url in asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_palette_follows_the_reader(browser: sync_api.Browser, drawn: Draw, scheme: str) -> None:
    """Page, sheet and ink in light and in dark, as the theme names them."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content(drawn(issues()["three"]).html)
    seen = page.evaluate(
        """() => [getComputedStyle(document.body).backgroundColor,
                  getComputedStyle(document.querySelector('.card')).backgroundColor,
                  getComputedStyle(document.querySelector('h1')).color]"""
    )
    assert seen == (
        ["rgb(244, 242, 237)", "rgb(255, 255, 255)", "rgb(28, 29, 31)"]
        if scheme == "light"
        else ["rgb(19, 21, 24)", "rgb(29, 32, 37)", "rgb(242, 240, 235)"]
    )
    context.close()


def test_without_any_style_sheet_it_is_still_a_mail(browser: sync_api.Browser, drawn: Draw) -> None:
    """Some clients drop every <style>: text stays readable and within the screen."""
    html = drawn(issues()["three"]).html
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content(html)
    page.evaluate("document.querySelectorAll('style').forEach(s => s.remove())")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    small = page.evaluate(
        """() => [...document.querySelectorAll('h1,h2,h3,p,a,td')]
            .filter(e => e.innerText.trim() && e.children.length == 0)
            .filter(e => parseFloat(getComputedStyle(e).fontSize) < 13).map(e => e.outerHTML)"""
    )
    assert small == []
    context.close()


def test_a_window_of_a_month_is_no_week(drawn: Draw) -> None:
    """The cases above are what they say: many posts have lines under a label."""
    issue = issues()["many"]
    assert "Also this week" in drawn(issue).html
    assert issue.window.end - issue.window.start == timedelta(weeks=1)
