"""Dialects: what carries content becomes Markdown or HTML, what does not goes, and code is never touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.dialect import plain_markdown


def squeezed(text: str) -> str:
    return re.sub(r"\n\s*\n+", "\n\n", text).strip()


CODE = "```jinja\n{{ x }} {% if y %} {{< z >}} <Card a={b}/> {#id}\n!!! note\n:::tip\nimport a from 'b'\n```"


@pytest.mark.parametrize("dialect", ["", "plain", "jekyll", "hugo", "zola", "hexo", "eleventy", "docusaurus"])
def test_code_is_never_touched(dialect: str) -> None:
    """A blog about templates keeps its examples, fenced, indented in a list, or inline."""
    for text in (CODE, "- item\n\n  " + CODE.replace("\n", "\n  "), "Use `{{ x }}` and ``{% y %} ` {#z}`` here."):
        assert plain_markdown(text, dialect) == text


@pytest.mark.parametrize("dialect", ["", "plain", "hugo", "mkdocs-material"])
def test_braces_in_prose_stay_where_no_generator_reads_them(dialect: str) -> None:
    """Only Jekyll, Eleventy and Hexo put values in place of braces."""
    for text in ("Write {{ name }} to greet.", "a {b} c {1: 2}", "100 {%} {{}}", "f({x})"):
        assert plain_markdown(text, dialect) == text


@pytest.mark.parametrize(
    ("dialect", "written", "left"),
    [
        ("jekyll", "a {{ site.title }} {{ '/x.png' | relative_url }} {{- page.y -}}b", "a  /x.png b"),
        ("jekyll", "{% raw %}{{ kept }}{% endraw %} {% include x.html %}", "{{ kept }}"),
        ("jekyll", "[a]({% post_url 2020-01-01-b %}) {%- comment -%} x {% endcomment %}", "[a]()"),
        ("jekyll", "{% highlight ruby %}\n{{ code }}\n{% endhighlight %}", "~~~~~~\n{{ code }}\n~~~~~~"),
        ("jekyll", "{% highlight ruby %}\nnever closed", "~~~~~~\nnever closed\n~~~~~~"),
        ("eleventy", "{# a comment #}text {% set x = 1 %}", "text"),
        ("hexo", "{% asset_img a.png The alt %}", '<figure><img src="a.png" alt="The alt"></figure>'),
        ("hexo", "{% asset_img left a.png 100 200 %}", '<figure><img src="a.png" alt=""></figure>'),
        ("hexo", "{% post_link some-slug 'A title' %} {% codeblock lang:js %}", "A title"),
        ("hexo", "{% youtube dQw4 %}", '<iframe src="https://www.youtube.com/embed/dQw4"></iframe>'),
        ("hugo", '{{< figure src="/a.png" caption="B <b>" alt=\'x\' >}}',
         '<figure><img src="/a.png" alt="x"><figcaption>B &lt;b&gt;</figcaption></figure>'),
        ("hugo", "{{< vimeo 12 >}} {{% note %}}kept{{% /note %}} [a]({{< ref \"b\" >}})",
         '<iframe src="https://player.vimeo.com/video/12"></iframe>\n\n kept [a]()'),
        ("hugo", "{{< highlight go >}}\nx := {{ y }}\n{{< /highlight >}}", "~~~~~~\nx := {{ y }}\n~~~~~~"),
        ("hugo", '{{< youtube id="a b\\"<script>" >}}', ""),
        ("hugo", "{{< figure >}}{{< iframe http://x >}}", ""),
        ("hugo", "{{< iframe src=https://x.example/a?b=1 >}}", '<iframe src="https://x.example/a?b=1"></iframe>'),
        ("zola", '{{ youtube(id="abc") }} {% quote(author="x") %}said{% end %}',
         '<iframe src="https://www.youtube.com/embed/abc"></iframe>\n\n said'),
        ("", "{% include x %} {% youtube abc %} {% unknown thing %}",
         '<iframe src="https://www.youtube.com/embed/abc"></iframe>\n\n {% unknown thing %}'),
        ("", "# Title {#anchor}\n\n[a](b){target=_blank .c rel=\"x y\"}\n{: .note}", "# Title\n\n[a](b)"),
        ("docusaurus",
         "import A from './a';\nimport './b.css'\nimport {\n  C,\n} from 'c';\n\nexport const x = {\n a: 1\n}\ntext",
         "text"),
        ("docusaurus", "<Tabs values={[{a: '>'}]}>\n<TabItem value=\"a\">\n\nkept\n\n</TabItem>\n</Tabs>", "kept"),
        ("next", "<YouTubeIframe videoId=\"abc\" />", '<iframe src="https://www.youtube.com/embed/abc"></iframe>'),
        ("next", "a{' '}b {/* gone */}<div style={{a: {b: 1}}} className=\"c\" x={y}>d</div>",
         'a b <div className="c">d</div>'),
        ("next", "<Card icon={<Star />}>kept</Card>", "kept"),
        ("next", "<b x={y> never closed", "<b x={y> never closed"),
        ("", "Vec<T,U> and a < B, x <https://e.org>", "Vec<T,U> and a < B, x <https://e.org>"),
        ("pelican", "[a]({filename}b.md) ![c]({static}/d.png)", "[a](#b.md) ![c](/d.png)"),
        ("mkdocs-material", "!!! warning \"Mind\"\n    one\n\n    two\n\nafter",
         "> **Mind**\n>\n> one\n> \n> two\n> \n\nafter"),
        ("mkdocs-material", "???+ tip\n\tx\n", "> **Tip**\n>\n> x\n>"),
        ("mkdocs-material", "- ==two words==: a == b, c==d== `==e==` ==\n==",
         "- <mark>two words</mark>: a == b, c==d== `==e==` ==\n=="),
        ("", "==two words==", "==two words=="),
        ("mkdocs-material", "=== \"Linux\"\n\n    apt\n\nafter", "**Linux**\n\napt\n\nafter"),
        ("docusaurus", ":::note\n\n**Note:** once\n\n:::\nafter", "> \n> **Note:** once\n> \n\nafter"),
        ("docusaurus", "::::info Ti[t]le\n:::tip[Inner]\nx\n:::\ny\n::::\nz",
         "> **Ti[t]le**\n>\n> \n> > **Inner**"),
        ("", "> [!WARNING]\n> mind", "> **Warning**\n>\n> mind"),
        ("", "[TOC]\n\n[[_TOC_]]\ntext", "text"),
        ("", "``` a `\n\n{% include x %}", "``` a `"),
    ],
)  # fmt: skip
def test_signs_of_a_dialect(dialect: str, written: str, left: str) -> None:
    """Each line: the dialect, what a body holds, what becomes of it."""
    assert squeezed(plain_markdown(written, dialect)).startswith(squeezed(left))


def test_boxes_end_where_they_end() -> None:
    """Boxes within boxes, code within boxes, and one that is never closed."""
    text = "::::info\n:::tip\nx\n:::\n```\n:::\n```\ny\n::::\nafter"
    done = plain_markdown(text).split("\n")
    assert "> > x" in done
    assert "> :::" in done
    assert "> y" in done
    assert done[-1] == "after"
    assert "> lost" in plain_markdown(":::tip\nlost").split("\n")
    assert ":::" not in plain_markdown(":::\n\ntext\n").replace(":::\n", "", 1)


@given(st.text(alphabet="ab {}%<>/=\"'`#:!\n\t[]()-~.", max_size=120), st.sampled_from(["", "jekyll", "hugo", "next"]))
def test_no_body_breaks_it(text: str, dialect: str) -> None:
    """Whatever a post holds, it comes out as text; nothing hidden stays behind."""
    assert "\ufdd6" not in plain_markdown(text, dialect)


@pytest.mark.parametrize(
    ("dialect", "written", "left"),
    [
        ("", "a {/* b {/* c */} d {/* never closed", "a  d {/* never closed"),
        ("jekyll", "{{ {{ 'x' }} {% raw %}{{ a }}{% endraw %}{{ b }}", " {{ a }}"),
        ("jekyll", "{% raw %}never closed {{ x }}", "never closed "),
        ("jekyll", "{# a {{ x }} #}b {{{ c }}}", "b }"),
        ("hugo", "{{< never closed {{< b >}}", ""),
        ("", "{{{ f(x) }}} {% if", "{} {% if"),
        ("", "<A <B x={1}>in</B> <a href={'x'} b={<i>no</i>}>t</a>", "<A in <a>t</a>"),
        ("", "Vec<T and <U >x", "Vec<T and x"),
        ("", "``a`b`` `c ``d` e", "``a`b`` `c ``d` e"),
        ("", "`a\n\nb` {{ x }}", "`a\n\nb` {{ x }}"),
    ],
)
def test_what_is_opened_and_not_closed(dialect: str, written: str, left: str) -> None:
    """A sign without its end is text, or ends where the next one does; what stands beside it is read as ever."""
    assert plain_markdown(written, dialect) == left


@pytest.mark.parametrize(
    ("dialect", "written", "left"),
    [
        # kramdown
        ("jekyll", "* TOC\n{:toc}\n\nText", "Text"),
        ("jekyll", "1. Contents\n{: .no_toc toc}\n\nText", "Text"),
        ("jekyll", "{:toc}\nText", "Text"),
        ("jekyll", "Before\n{:toc}\n\nText", "Before\n\nText"),
        ("jekyll", "- kept\n{: .cls}\n\nText", "- kept\n\n\nText"),
        ("jekyll", "*[HTML]: Hyper Text\nThe HTML.", "The HTML."),
        ("jekyll", "a {::comment}\nno\n{:/comment} b {::nomarkdown}x{:/} c", "a  b x c"),
        ("jekyll", "- a\n^\n- b", "- a\n- b"),
        ("jekyll", '<div class="x" markdown="1">\n*a*\n</div>', '<div class="x" markdown="1">\n\n*a*\n</div>'),
        ("jekyll", '<div class="markdown">\n*a*', '<div class="markdown">\n*a*'),
        # Hugo
        ("hugo", "{{</* figure src=\"a\" */>}} {{%/* x */%}}", "{{&lt; figure src=&quot;a&quot; &gt;}} {{% x %}}"),
        ("hugo", '{{< details summary="Open" >}}in{{< /details >}}', "**Open**\n\nin"),
        ("hugo", '{{< tab "One" >}}in{{< /tab >}}{{< tab >}}b', "**One**\n\nin\n\nb"),
        # Obsidian
        ("plain", "[[Note]] [[A/B#C]] [[A|words]]", "Note B – C words"),
        ("plain", "![[a b.png]] ![[a.png|300]] ![[a.png|Alt]] ![[Note]]",
         '<img src="a b.png" alt=""> <img src="a.png" alt=""> <img src="a.png" alt="Alt"> Note'),
        ("plain", "[[1]](https://x.example) [[ -z x ]] [[a][b]]", "[[1]](https://x.example) [[ -z x ]] [[a][b]]"),
        ("plain", "a %%no%% b\n%%\nno\nno\n%%\nc ^a1b2c3\n5 %% 3", "a  b\n\nc\n5 %% 3"),
        ("plain", "a ==b c== d == e", "a <mark>b c</mark> d == e"),
        # VitePress
        ("vitepress", "{{ $frontmatter.x }}a\n<<< @/x.js{2}\n<!--@include: ./x.md-->\nb", "a\nb"),
        ("vitepress", "::: code-group\nx\n:::\nb", "x\n\nb"),
        # Quarto, R Markdown
        ("quarto", "::: {.columns}\n::: {.column width=\"50%\"}\na\n:::\nb\n:::\nc", "a\n\nb\n\nc"),
        ("quarto", "::: {.callout-note}\n## Head ##\nbody\n:::", "> **Head**\n>\n> body"),
        ("quarto", '::: {.callout-tip title="T" collapse="true"}\nbody\n:::', "> **T**\n>\n> body"),
        ("quarto", "::: {.callout-tip}\n:::", "> **Tip**\n>"),
        ("quarto", "::: panel-tabset\n## R\nrr\n:::", "## R\nrr"),
        ("quarto", "a [words]{.mark} ![x](a.png){#fig-a width=50%}", "a words ![x](a.png)"),
        ("quarto", "```{r setup, include=FALSE}\nx\n```\na", "a"),
        ("quarto", "```{python}\n#| echo: false\nx\n```\na", "a"),
        ("quarto", "```{python}\n#| label: y\nx\n```\na", "```python\nx\n```\na"),
        ("quarto", "````markdown\n```{r, echo=FALSE}\nx\n```\n````", "````markdown\n```{r, echo=FALSE}\nx\n```\n````"),
        ("quarto", "```{r}\nx", "```{r}\nx"),
        # files of the source, which readers cannot open
        ("zola", "[a](@/blog/b.md#c) [d](@/e/index.md) [f](@/g/_index.md)", "[a](/blog/b/#c) [d](/e/) [f](/g/)"),
        ("zola", "[a]: @/b.md", "[a]: /b/"),
        ("docusaurus", "[a](./b.md#c) [d](../e.mdx) [f](https://x.example/g.md) [h](i.mdown)",
         "[a](#) [d](#) [f](https://x.example/g.md) [h](i.mdown)"),
    ],
)  # fmt: skip
def test_signs_of_the_wider_world(dialect: str, written: str, left: str) -> None:
    """What each generator adds to Markdown is turned or taken out, and what only looks like it stays."""
    assert squeezed(plain_markdown(written, dialect)) == squeezed(left)
