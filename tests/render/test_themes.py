"""The themes that come with digest: every kind of issue in each, what they share and weigh, and how they break."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from digest import config as configuration
from digest import testing
from digest.app import App
from digest.errors import TemplateError
from digest.model import Group, Issue, Post, Rendered
from digest.render.colour import contrast
from digest.render.facts import Cover, Entry, Shelf
from digest.render.theme import ISSUE, TEXT, known, load, shipped
from digest.render.theme_values import PAIRS
from tests import pictures
from tests.render.test_browser import issues as hard_issues
from tests.render.test_draw import SENTENCE, page, posts, project, text_links, valid

Draw = Callable[..., Rendered]
THEMES = known(None)
every = pytest.mark.parametrize("theme", THEMES)
BODY = "## A heading\n\nText with a [link](https://example.org/a/) and `code`.\n\n- one\n- two\n\n> A quote.\n"


def grouped(some: list[Post], labels: tuple[str, ...] = ("News", "Notes", "Tools"), **more: Any) -> Issue:
    """An issue with a lead, and the other posts in groups."""
    rest = some[1:]
    groups = tuple(Group(label=name, posts=tuple(rest[i :: len(labels)])) for i, name in enumerate(labels))
    return testing.issue(*some, **({"lead": some[0], "groups": tuple(g for g in groups if g.posts)} | more))


def kinds() -> dict[str, Issue]:
    """An issue of each kind."""
    three, intro = posts(3), "Hello.\n\nA [link](https://example.org/intro/) in the intro."
    return {
        "none": testing.issue(lead=None, groups=(), intro=intro),
        "one": testing.issue(*posts(1), intro=intro),
        "three": testing.issue(*three, intro=intro),
        "equal": testing.issue(*three, lead=None, groups=(Group(label="", posts=tuple(three)),)),
        "thirty": grouped(posts(30), intro=intro),
        "full": grouped(posts(6, body=BODY, categories=("News",)), content="full"),
        "title": grouped(posts(6, excerpt="", body=""), content="title"),
        "bare": testing.issue(*posts(2, image=None, author="", tags=(), date=None, url="")),
        "arabic": grouped(posts(4), labels=("أخبار",), language="ar", title="النشرة الأسبوعية"),
        "mixed": grouped(posts(4, lang="ar"), language="en"),
    }


@every
@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_theme_draws_every_kind(drawn: Draw, theme: str, kind: str) -> None:
    """HTML without an error, the same links in both parts, one h1, no picture without a size, every title in both."""
    issue = kinds()[kind]
    made = drawn(issue, theme=load(theme, None))
    valid(made)
    text = " ".join(made.text.split())
    for post in issue.posts:
        assert post.title in page(made).text
        assert post.title in text
    levels = [int(tag[1]) for tag in page(made).tags if re.fullmatch("h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels)), levels
    if issue.language == "ar":
        assert 'dir="rtl"' in made.html
        assert not re.search(r"font:[^\";]*Georgia", made.html), "no serif where it is no habit"


@every
def test_a_theme_can_be_read_in_light_and_dark(theme: str) -> None:
    """Each pair of text and ground, as it is worked out: 4.5:1."""
    made = load(theme, None)
    for palette in (made.light, made.dark):
        assert min(contrast(palette[text], palette[ground]) for text, ground in PAIRS) >= 4.5


def test_no_partial_is_kept_twice() -> None:
    """What two themes show alike stands in parts/: no line of markup twice, no two files that are nearly one."""
    files = [p for p in sorted(shipped().rglob("*.j2")) if p.suffixes[-2:] == [".mjml", ".j2"]]
    lines: dict[str, Path] = {}
    for path in files:
        for line in path.read_text(encoding="utf-8").split("\n"):
            if re.search(r"<[a-ln-z]", line) and len(line) > 60:  # <m…: the frame of a section
                assert line not in lines, f"{path.name} and {lines.get(line)} hold: {line}"
                lines[line] = path
    for one, other in combinations(files, 2):
        if one.parent != other.parent or one.parent.name == "parts":
            alike = difflib.SequenceMatcher(None, one.read_text(), other.read_text(), autojunk=False).quick_ratio()
            real = difflib.SequenceMatcher(None, one.read_text(), other.read_text(), autojunk=False)
            assert alike < 0.8 or real.ratio() < 0.8, f"{one} and {other} are nearly the same"
    for theme in THEMES:
        assert {p.name for p in (shipped() / theme).iterdir()} == {"theme.toml", ISSUE, TEXT}


# ------------------------------------------------------------------------------------------------ weight


@every
def test_twenty_posts_are_light(drawn: Draw, theme: str) -> None:
    """Far from where Gmail cuts; titles of usual length, excerpts of two sentences, a cover each."""
    made = drawn(grouped(posts(20)), theme=load(theme, None))
    assert len(made.html.encode()) < 50_000


def test_a_list_of_sixty_links_is_light(drawn: Draw) -> None:
    """All sixty stand under the labels of their groups, and nothing was shortened."""
    sixty = [replace(post, title=f"{post.title}, in about as many words as usual") for post in posts(60)]
    made = drawn(grouped(sixty), theme=load("links", None))
    assert len(made.html.encode()) < 45_000
    assert made.warnings == ()
    assert "Also this week" not in page(made).text


def test_what_does_not_fit_becomes_lines(drawn: Draw, tmp_path: Path) -> None:
    """Two hundred links with an excerpt each are too many: the last ones are lines, and all are there."""
    root = project(tmp_path, "links/theme.toml", '[options]\nexcerpts = "all"\n')
    issue = grouped(posts(110, excerpt=SENTENCE * 2))
    made = drawn(issue, theme=load("links", root))
    valid(made)
    assert "Also this week" in page(made).text
    assert {p.url for p in issue.posts} <= text_links(made)


# ------------------------------------------------------------------------------------------------ options


def with_options(folder: Path, theme: str, lines: str) -> Any:
    return load(theme, project(folder, f"{theme}/theme.toml", f"[options]\n{lines}\n"))


@pytest.mark.parametrize("theme", ["letter", "links"])
def test_pictures_and_tags_are_an_option(drawn: Draw, tmp_path: Path, theme: str) -> None:
    """Without: no picture at all. With: that of the first post alone, and its tags in both parts."""
    issue = grouped(posts(4, tags=("Maps", "Time")))
    usual = drawn(issue, theme=load(theme, None))
    assert page(usual).pictures == []
    assert "Tags:" not in usual.text + page(usual).text
    made = drawn(issue, theme=with_options(tmp_path, theme, "covers = true\ntags = true"))
    valid(made)
    assert len(page(made).pictures) == 1
    assert "Tags: Maps, Time" in page(made).text
    assert "Tags: Maps, Time" in made.text


def test_a_letter_may_be_signed(drawn: Draw, tmp_path: Path) -> None:
    """In both parts, after the posts and before the footer; escaped in one, as it is in the other."""
    made = drawn(grouped(posts(3)), theme=with_options(tmp_path, "letter", 'signature = "Yours, <Ann & Bo>"'))
    assert "Yours, &lt;Ann &amp; Bo&gt;</td>" in made.html
    assert made.text.index("Post number 2") < made.text.index("Yours, <Ann & Bo>") < made.text.index("-- \n")


@pytest.mark.parametrize(("chosen", "count"), [("none", 0), ("first", 1), ("all", 5)])
def test_a_list_has_as_many_excerpts_as_one_likes(drawn: Draw, tmp_path: Path, chosen: str, count: int) -> None:
    """The same ones in both parts."""
    issue = grouped(posts(5, excerpt="Said in short.", body=""))
    made = drawn(replace(issue, preheader="x"), theme=with_options(tmp_path, "links", f'excerpts = "{chosen}"'))
    assert page(made).text.count("Said in short.") == made.text.count("Said in short.") == count


def test_a_list_says_how_long_it_takes_where_that_is_wanted(drawn: Draw, tmp_path: Path) -> None:
    """Not by itself: a list is read by its titles."""
    issue = grouped(posts(3))
    assert "min\xa0read" not in drawn(issue, theme=load("links", None)).html
    made = drawn(issue, theme=with_options(tmp_path, "links", "reading_time = true"))
    assert made.html.count("min\xa0read") == made.text.count("min read") == 3


@every
def test_few_cards_leave_lines(drawn: Draw, tmp_path: Path, theme: str) -> None:
    """`cards` says how many posts stand with their group; the rest follow under one label."""
    made = drawn(grouped(posts(9)), theme=with_options(tmp_path, theme, "cards = 3"))
    valid(made)
    assert "Also this week" in page(made).text
    assert re.search(r"(?i)also this week", made.text)


def test_another_site_is_named(drawn: Draw) -> None:
    """A post from elsewhere says where from, in both parts; the site itself and its subdomains go without saying."""
    some = posts(4)
    some[1] = replace(some[1], url="https://www.example.com/a/")
    some[2] = replace(some[2], url="https://blog.example.org/b/")
    some[3] = replace(some[3], url="https://notexample.org/c/")
    made = drawn(testing.issue(*some), theme=load("links", None))
    for said in ("example.com · 24 Nov", "notexample.org · 24 Nov"):
        assert said in page(made).text
        assert said.replace(" · ", " - ") in made.text
    assert "blog.example.org ·" not in page(made).text
    assert "example.org · 24" not in page(made).text.replace("notexample.org", "")


# ------------------------------------------------------------------------------------------------ themes on themes


def test_a_theme_on_top_of_another_takes_all_from_it(drawn: Draw, tmp_path: Path) -> None:
    """Templates, values and options come from the base; what it says itself wins, and the base can be extended."""
    root = project(tmp_path, "mine/theme.toml", 'base = "letter"\n[light]\naccent = "#7a33d6"\n')
    theme = load("mine", root)
    letter = load("letter", None)
    assert theme.chain == ("mine", "letter", "default")
    assert theme.light["page"] == letter.light["page"]
    assert theme.options["signature"] == ""
    assert theme.template(ISSUE) == "letter/issue.mjml.j2"
    issue = grouped(posts(3))
    made, plain = drawn(issue, theme=theme), drawn(issue, theme=letter)
    assert made.html != plain.html
    assert made.text == plain.text
    block = "{% block footer %}\n<tr><td>Below</td></tr>\n{{ super() }}{% endblock %}\n"
    project(tmp_path, "mine/issue.mjml.j2", '{% extends "letter/issue.mjml.j2" %}\n' + block)
    more = drawn(issue, theme=load("mine", root))
    assert page(more).text.replace("Below ", "") == page(made).text


def test_a_project_extends_the_shipped_file_under_its_own_name(drawn: Draw, tmp_path: Path) -> None:
    """One block changes, the others go on as they come with digest."""
    block = "{% block masthead %}\n<tr><td><h1>Mine</h1></td></tr>\n{% endblock %}\n"
    root = project(tmp_path, "default/issue.mjml.j2", '{% extends "shipped/default/issue.mjml.j2" %}\n' + block)
    issue = grouped(posts(3))
    made, usual = drawn(issue, theme=load("default", root)), drawn(issue)
    assert "<h1>Mine</h1>" in made.html
    assert page(made).text.split("Mine ")[1] == page(usual).text.split("Read on the web ", 1)[1]


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ('base = "lettre"\n', 1, 'no theme "lettre"', "Did you mean letter?"),
        ('\nbase = "mine"\n', 2, "circle", "out"),
        ('base = "parts"\n', 1, 'no theme "parts"', "letter"),
        ('base = "../x"\n', 1, "no theme", "letter"),
        ("base = 1\n", 1, "must be text", ""),
        ('about = ["x"]\n', 1, "must be text", ""),
        ('[sizes]\ntitle = "20/26 24/30"\n', 2, "second size", ""),
        ("[options.mood]\ndefault = 1.5\n", 1, "neither", ""),
        ("[options.mood]\ndefault = 1\nmaximum = 2\n", 1, "no maximum", "Did you mean max?"),
        ('[options.mood]\ndefault = "a"\nmax = 2\n', 1, "another kind", ""),
        ('[options.mood]\ndefault = "a"\nchoices = ["b"]\n', 1, "one of b", ""),
        ("[options.mood]\ndefault = 9\nmax = 2\n", 1, "between", ""),
        ("[options]\nsigned = true\n", 2, "no option signed", "Known here"),
    ],
)
def test_a_wrong_theme_says_where(tmp_path: Path, text: str, line: int, message: str, hint: str) -> None:
    """File, line, and what would be right."""
    with pytest.raises(TemplateError, match=message) as caught:
        load("mine", project(tmp_path, "mine/theme.toml", text))
    assert (caught.value.file, caught.value.line) == ("templates/mine/theme.toml", line)
    assert hint in caught.value.hint


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    """A theme.toml in another encoding."""
    root = project(tmp_path, "mine/theme.toml", "")
    (root / "templates/mine/theme.toml").write_bytes(b'about = "\xe9"\n')
    with pytest.raises(TemplateError, match="cannot be read") as caught:
        load("mine", root)
    assert caught.value.hint == "Save it as UTF-8."


MANY = "{% for i in range(90000) %}"
ROW = "\n<tr><td>{{ title * 99 }}</td></tr>\n"
EXTENDS = '{% extends "parts/page.mjml.j2" %}\n{% block posts %}\n'


@pytest.mark.parametrize(
    ("name", "text", "line", "message", "hint"),
    [
        ("issue.mjml.j2", EXTENDS + '{% include "parts/cart.mjml.j2" %}{% endblock %}', 3, "no template", "card"),
        ("issue.mjml.j2", '{% extends "parts/pages.mjml.j2" %}', 1, "no template", "parts/page.mjml.j2"),
        ("issue.mjml.j2", '\n{% extends "mine/issue.mjml.j2" %}', 2, "without end", "shipped/"),
        ("issue.mjml.j2", EXTENDS + '{% include "mine/issue.mjml.j2" %}{% endblock %}', 3, "without end", "include"),
        ("issue.mjml.j2", EXTENDS + '{% include "../../digest.toml" %}{% endblock %}', 3, "no template", "templates/"),
        ("issue.mjml.j2", EXTENDS + '{% include "/etc/hostname" %}{% endblock %}', 3, "no template", "templates/"),
        ("issue.mjml.j2", EXTENDS + '{% include "mine/secret.j2" %}{% endblock %}', 3, "leads out of", "copy the file"),
        ("issue.mjml.j2", EXTENDS + '{% include "mine/latin.j2" %}{% endblock %}', 3, "not UTF-8", "Save it as UTF-8"),
        ("issue.mjml.j2", EXTENDS + "{{ led.title }}{% endblock %}", 3, "led", "lead"),
        ("issue.mjml.j2", EXTENDS + "{{ option.sign }}{% endblock %}", 3, "sign", ""),
        ("issue.mjml.j2", EXTENDS + "<tr><td>\n<b>x</i></td></tr>{% endblock %}", 4, "mjml-balance", ""),
        ("issue.mjml.j2", EXTENDS + "\n{% endfor %}", 4, "cannot be read", "Jinja2"),
        ("issue.mjml.j2", "<mjml><mj-body><mj-setcion></mj-setcion></mj-body></mjml>", 1, "did you mean", ""),
        ("issue.mjml.j2", EXTENDS + MANY + ROW + "{% endfor %}{% endblock %}", 4, "5 MB", "loop"),
        ("issue.txt.j2", "a\n" + MANY + "x {{ title * 99 }}{% endfor %}", 2, "5 MB", "loop"),
        ("issue.txt.j2", "a\n\n{{ titel }}", 3, "titel", "title"),
        ("issue.mjml.j2", EXTENDS + MANY * 2 + "{% endfor %}" * 2 + "{% endblock %}", 3, "no end in sight", "loop"),
        ("issue.txt.j2", "a\n{% for x in range(999999999) %}{% endfor %}", 2, "more than 100,000", "posts"),
    ],
)  # fmt: skip
def test_a_broken_template_says_where_and_what_to_do(
    drawn: Draw, tmp_path: Path, name: str, text: str, line: int, message: str, hint: str
) -> None:
    """Missing partials, endless ones, files outside, unknown and broken MJML, unknown names, output without end."""
    root = project(tmp_path, f"mine/{name}", text)
    (tmp_path / "secret").write_text("a secret", encoding="utf-8")
    (root / "templates/mine/secret.j2").symlink_to(tmp_path / "secret")
    (root / "templates/mine/latin.j2").write_bytes(b"\xe9")
    with pytest.raises(TemplateError, match=message) as caught:
        drawn(grouped(posts(3)), theme=load("mine", root))
    assert (caught.value.file, caught.value.line) == (f"templates/mine/{name}", line)
    assert hint in caught.value.hint
    assert "a secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["issue.mjml.j2", "theme.toml"])
def test_a_theme_is_no_way_out(drawn: Draw, tmp_path: Path, name: str) -> None:
    """The page itself, or the values, behind a link to elsewhere."""
    (tmp_path / "elsewhere").write_text("x = 1", encoding="utf-8")
    root = project(tmp_path / "project", "mine/issue.txt.j2", "x")
    (root / "templates/mine" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TemplateError, match="leads out of") as caught:
        drawn(grouped(posts(3)), theme=load("mine", root))
    assert caught.value.file == f"templates/mine/{name}"


# ------------------------------------------------------------------------------------------------ the preflight


@every
@pytest.mark.parametrize("content", ["excerpt", "full", "title"])
def test_the_preflight_has_nothing_against_it(tmp_path: Path, theme: str, content: str) -> None:
    """The example posts in every theme: no error, and no warning of the look."""
    root = pictures.project(tmp_path / "project", theme)
    toml = root / "digest.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + f'content = "{content}"\n', encoding="utf-8")
    checked = App(configuration.load(root, {}), {}, pictures.Still(pictures.NOW)).check("weekly")
    found = {(f.rule, f.severity, f.message) for f in checked.findings if f.severity != "info"}
    assert {f for f in found if f[0] not in ABOUT_THE_PROJECT} == set()


ABOUT_THE_PROJECT = {"unsubscribe-https", "verp", "noreply"}  # settings of the example, not its look


# ------------------------------------------------------------------------------------------------ the docs


def names_in(text: str, head: str) -> set[str]:
    """The names in the first column of the tables under a heading of docs/themes.md."""
    part = re.split(r"\n##+ ", text.partition(f"\n{head}\n")[2])[0]
    assert part, head
    return {
        name for row in re.findall(r"^\| (`[^|]*) \|", part, re.MULTILINE) for name in re.findall(r"`([\w.]+)`", row)
    }


DOCS = (Path(__file__).parents[2] / "docs" / "themes.md").read_text(encoding="utf-8")


def test_the_docs_name_every_option() -> None:
    """Those of all themes, and no others."""
    assert names_in(DOCS, "## Options") == {option for theme in THEMES for option in load(theme, None).options}


def test_the_docs_name_every_value_of_theme_toml() -> None:
    """Colours, fonts, sizes, pixels."""
    theme = load("default", None)
    tables = {"light": theme.light, "fonts": theme.fonts, "sizes": theme.sizes, "space": theme.space}
    assert names_in(DOCS, "## What theme.toml says") == {f"{t}.{key}" for t, keys in tables.items() for key in keys}


def known_to(drawn: Draw, folder: Path, name: str) -> set[str]:
    """Every name that a template knows, as the message of an unknown one lists them."""
    root = project(folder, f"mine/{name}", "{{ zzzzzzzzzzzzzzzz }}")
    with pytest.raises(TemplateError) as caught:
        drawn(grouped(posts(3)), theme=load("mine", root))
    return set(caught.value.hint.removeprefix("Known here: ").removesuffix(".").split(", "))


def test_the_docs_name_every_value_a_template_may_use(drawn: Draw, tmp_path: Path) -> None:
    """What the code gives to a template is what the page tells, in both parts; the same of a post's facts."""
    html, text = known_to(drawn, tmp_path / "a", ISSUE), known_to(drawn, tmp_path / "b", TEXT)
    assert names_in(DOCS, "## What a template may name") == html
    assert names_in(DOCS, "### In the text part only") == text - html
    assert names_in(DOCS, "### A post") == {field.name for field in fields(Entry)}
    assert names_in(DOCS, "### A group and a cover") == {f.name for kind in (Shelf, Cover) for f in fields(kind)} | {
        "high"
    }


def test_what_the_docs_show_can_be_used(drawn: Draw, tmp_path: Path) -> None:
    """The block of the page extends the shipped file, and what it adds is there."""
    (block,) = re.findall(r"^```jinja\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    made = drawn(grouped(posts(3)), theme=load("default", project(tmp_path, "default/issue.mjml.j2", block)))
    valid(made)
    assert page(made).text.endswith("Printed on recycled electrons.")


# ------------------------------------------------------------------------------------------------ a browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["letter", "links"])
def test_nothing_overflows(browser: Any, drawn: Draw, tmp_path: Path, theme: str) -> None:
    """The hard cases of a layout, 320 to 1200 pixels; the footer's links are high; pictures alone are asked for."""
    chosen = with_options(tmp_path, theme, "covers = true\ntags = true")
    asked: list[str] = []
    page = browser.new_page()
    page.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
    for name, issue in hard_issues().items():
        page.set_content(drawn(issue, theme=chosen).html)
        for width in (320, 375, 480, 640, 1200):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        low = "[...document.querySelectorAll('td.m a')].filter(a => a.getBoundingClientRect().height < 44).length"
        assert page.evaluate(low) == 0
    page.close()
    assert asked
    assert all(url.startswith("https://img.example.org/") for url in asked)


@every
def test_whole_texts_are_told_apart(drawn: Draw, theme: str) -> None:
    """Each but the first of its group stands under a hairline, and its title is larger than the headings inside."""
    some = posts(4, body=BODY, image=None)
    made = drawn(testing.issue(some[0], *some[1:], content="full"), theme=load(theme, None))
    sizes = re.findall(r"<h([234])[^>]*?font:\s*700 (\d+)px", made.html)
    inside = [int(size) for level, size in sizes if f"font: 700 {size}px" in made.html]
    titles = [int(size) for level, size in sizes if f"font:700 {size}px" in made.html]
    assert len(sizes) == 8
    assert min(titles) > max(inside)
    lines = made.html.count("border-top:1px solid")
    alone = drawn(testing.issue(*some[:2], content="full"), theme=load(theme, None)).html.count("border-top:1px solid")
    assert lines - alone == 2
