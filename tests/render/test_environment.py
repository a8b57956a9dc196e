"""Template environments: whose mistakes are told where, what the sandbox forbids, and that values stay values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TemplateError
from digest.render.bounded import BoundedEnvironment
from digest.render.environment import Foreign, environment, phrase, render


@dataclass(frozen=True)
class Post:
    title: str


NESTED = "{% for x in range(9999) %}{% for y in range(9999) %}"
TWICE = "{% macro f(n) %}\n{% set x = f(n - 1) ~ f(n - 1) if n else 0 %}{% endmacro %}"


def say(folder: Path, text: str, *, markup: bool = True, **values: object) -> str:
    """Render one template file."""
    (folder / "t.j2").write_text(text, encoding="utf-8")
    return render(environment((folder,), markup=markup), "t.j2", values).text


@given(st.text(max_size=60))
def test_a_value_is_never_a_template(text: str) -> None:
    """What a post says is printed as it is, whatever braces it holds."""
    assert phrase("{{ title }}", {"title": text}, file="digest.toml", key="subject") == text


def test_text_without_braces_is_taken_literally() -> None:
    """An editor's subject needs no escaping: a lone brace, a hash, a percent sign are text."""
    for text in ("50 % off {really} {# not a comment #}", "a } b { c", ""):
        assert phrase(text, {}, file="digest.toml", key="subject") == text


def test_markup_is_escaped_and_foreign_html_is_not(tmp_path: Path) -> None:
    """Autoescape is on for MJML, with quotes, and off for text."""
    given_value = "<b>\"x\" & 'y'</b>"
    assert say(tmp_path, "{{ v }}", v=given_value) == "&lt;b&gt;&#34;x&#34; &amp; &#39;y&#39;&lt;/b&gt;"
    assert say(tmp_path, "{{ v }}", v=Foreign("<b>x</b>")) == "<b>x</b>"
    assert say(tmp_path, "{{ v }}", markup=False, v=given_value) == given_value


def test_lines_know_where_they_came_from(tmp_path: Path) -> None:
    """Each line of the output maps to its template's line, through loops, includes and values of many lines."""
    (tmp_path / "part.j2").write_text("{# note #}\n<p>{{ v }}</p>\n", encoding="utf-8")
    text = "<a>\n{% for v in vs %}\n<i>\n{% include 'part.j2' %}\n{% endfor %}\n</a>\n"
    (tmp_path / "t.j2").write_text(text, encoding="utf-8")
    out = render(environment((tmp_path,), markup=True), "t.j2", {"vs": ("x\ny", "z")})
    lines = out.text.split("\n")
    places = {line: (Path(file).name, there) for line, file, there in out.origin}
    assert places[lines.index("<a>") + 1] == ("t.j2", 1)
    assert places[lines.index("<p>x") + 1] == ("part.j2", 2)
    assert places[lines.index("</a>") + 1] == ("t.j2", 6)
    assert "\ufdd4" not in out.text


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("ok\n{% if %}", 2, "cannot be read", "Jinja2"),
        ("ok\n\n{{ titel }}", 3, "'titel' is undefined", "title"),
        ("{{ post.titel }}", 1, "has no attribute 'titel'", "title"),
        ("{{ title.nothing.more }}", 1, "has no attribute", ""),
        ("a\n{% include 'cart.j2' %}", 2, "no template cart.j2", "card.j2"),
        ("{% include 't.j2' %}", 1, "without end", ""),
        ("{{ 1 / 0 }}", 1, "division by zero", ""),
        ("{{ nothing }}", 1, "None cannot be printed", ""),
        ("{{ title.__class__.__mro__ }}", 1, "unsafe", ""),
        ("{% for i in range(99999) %}{{ title * 100 }}{% endfor %}", None, "more than 5 MB", "loop"),
        ("{{ range(999999999) | list }}", 1, "a range of more than 100,000 numbers", "shorter range"),
        ("\n{% for x in range(999999999) %}{% endfor %}", 2, "a range of more than", "the posts"),
        (f"a\n{NESTED}{{% endfor %}}{{% endfor %}}", 2, "more than 300,000 steps", "loops within loops"),
        (
            f"{NESTED}{{{{ loop.index }}}}{{% endfor %}}{{% endfor %}}",
            1,
            "more than 300,000 steps",
            "give them an end",
        ),
        ("{% macro f() %}\n{{ f() }}\n{% endmacro %}\n{{ f() }}", 2, "calls itself without end", "macro"),
        (f"{TWICE}\n{{{{ f(60) }}}}", 2, "more than 300,000 steps", "macros"),
        ("{% include ['x.j2', 't.j2'] %}", 1, "without end", "include"),
        ("{% import 't.j2' as t %}", 1, "without end", ""),
        ("{% for x in (1, 2) recursive %}\n{{ loop((1, 2)) }}{% endfor %}", 2, "without end", ""),
        ("{{ 'a' * 9999999999 }}", 1, "makes something 9,999,999,999 long", ""),
        ("{{ 99999999 * (1, 2) }}", 1, "makes something 199,999,998 long", ""),
        ("{{ 9 ** 99999999 }}", 1, "to the power of 99,999,999", ""),
    ],
)
def test_a_wrong_template_is_told_by_file_and_line(
    tmp_path: Path, text: str, line: int | None, message: str, hint: str
) -> None:
    """Syntax, names, includes, endless output, a way out of the sandbox: file, line, the nearest right name."""
    (tmp_path / "card.j2").write_text("", encoding="utf-8")

    with pytest.raises(TemplateError, match=message) as caught:
        say(tmp_path, text, title="x", post=Post(title="x"), nothing=None)
    assert caught.value.file == str(tmp_path / "t.j2")
    assert caught.value.line == line
    assert hint in caught.value.hint


def test_a_value_that_is_too_deep_is_told_by_its_place(tmp_path: Path) -> None:
    """Python's own limit is met, and no template goes round: the place where it was met."""
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(TemplateError) as caught:
        say(tmp_path, "a\n{{ deep | tojson }}", deep=deep)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "t.j2"), 2)


def test_where_nobody_counts_a_template_is_as_long_as_it_is() -> None:
    """The counting is for what is rendered inside of `counted`."""
    made = BoundedEnvironment().from_string("{% for x in range(90000) %}{% endfor %}" * 4 + "done")
    assert made.render() == "done"


def test_what_ends_is_let_through(tmp_path: Path) -> None:
    """A long loop, a loop that looks at its own place, filtered and recursive ones, products and powers within reason:
    all as without the counting, and each rendering counts from none."""
    text = "{% for x in range(300) if x % 100 == 0 %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}"
    for _ in range(2):
        assert say(tmp_path, text) == "0, 100, 200"
    assert len(say(tmp_path, "{% for x in range(90000) %}{% endfor %}" * 3)) == 0
    tree = "{% for x in v recursive %}{{ loop.length }}{{ loop(x) }}{% endfor %}"
    assert say(tmp_path, tree, v=[[[], []], []]) == "22" + "2" + "2"
    assert say(tmp_path, "{{ '-' * 3 }}{{ 2 ** 10 }}{{ 3 * 4 }}{{ 2 ** 0.5 > 1 }}") == "---102412True"
    assert say(tmp_path, "{% for k, v in d.items() %}{{ k }}{{ v }}{% else %}none{% endfor %}", d={"a": 1}) == "a1"
    assert say(tmp_path, "{% for x in [] %}{% else %}none{% endfor %}") == "none"


def test_a_phrase_without_end_names_its_file() -> None:
    """A subject is bounded like a template."""
    with pytest.raises(TemplateError, match=r"^digest\.toml: subject: .*300,000 steps"):
        phrase(f"{NESTED}{{% endfor %}}{{% endfor %}}", {}, file="digest.toml", key="subject")


def test_a_missing_template_is_told(tmp_path: Path) -> None:
    """Without a near name, all are listed."""
    with pytest.raises(TemplateError, match=r"no template x\.j2"):
        render(environment((tmp_path,), markup=True), "x.j2", {})


def test_a_value_cannot_be_changed_by_a_template(tmp_path: Path) -> None:
    """The sandbox is an immutable one."""
    with pytest.raises(TemplateError, match=r"unsafe|not safely callable"):
        say(tmp_path, "{{ things.append(1) }}", things=[])


@pytest.mark.parametrize(
    "source", ["{{ led.title }}", "{{ lead.titel }}", "{% if", "{{ lead.__class__ }}", "{{ 1/0 }}"]
)
def test_a_wrong_phrase_names_its_file(source: str) -> None:
    """A subject is one line of configuration: the error says which."""
    with pytest.raises(TemplateError, match=r"^digest\.toml: subject: "):
        phrase(source, {"lead": "x"}, file="digest.toml", key="subject")
