"""Themes: found, merged, and refused with file and line where they are wrong or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TemplateError
from digest.render.colour import contrast, mixed, readable
from digest.render.theme import ISSUE, about, known, load, shipped
from digest.render.theme_values import PAIRS


def project(folder: Path, text: str, name: str = "default") -> Path:
    """A project whose theme.toml holds this."""
    path = folder / "templates" / name / "theme.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_the_default_theme_can_be_read_by_everybody() -> None:
    """Each pair of text and ground has at least 4.5:1, light and dark; the figures of EMAIL 11 hold."""
    theme = load("default", None)
    for palette in (theme.light, theme.dark):
        assert all(contrast(palette[text], palette[ground]) >= 4.5 for text, ground in PAIRS)
    assert round(contrast(theme.light["ink"], theme.light["sheet"]), 1) == 16.9
    assert round(contrast(theme.dark["on_accent"], theme.dark["accent"]), 1) == 10.0
    assert theme.sizes["name"] == "30px/36px"
    assert theme.wide["name"] == "font-size:34px !important;line-height:40px !important"
    assert "title" not in theme.wide


def test_two_lines_of_colour_are_a_theme(tmp_path: Path) -> None:
    """An accent alone takes its dark twin, the text on it and the chips along; all else stays."""
    theme = load("default", project(tmp_path, '[light]\naccent = "#7a33d6"\n'))
    usual = load("default", None)
    assert theme.light["accent"] == "#7a33d6"
    assert theme.dark["accent"] not in (usual.dark["accent"], "#7a33d6")
    assert contrast(theme.dark["accent"], theme.dark["sheet"]) >= 7
    assert theme.light["on_accent"] == "#ffffff"
    assert theme.light["chip"] != usual.light["chip"]
    assert theme.light["ink"] == usual.light["ink"]
    assert theme.fingerprint != usual.fingerprint


def test_a_page_takes_its_hairlines_along(tmp_path: Path) -> None:
    """What follows is not worked out where it is set as well."""
    root = project(tmp_path, '[light]\npage = "#ffffff"\n[dark]\npage = "#000000"\nline = "#444444"\n')
    theme = load("default", root)
    assert theme.light["line"] == mixed("#ffffff", theme.light["ink"], 0.1)
    assert theme.dark["line"] == "#444444"
    assert theme.dark["sheet"] != load("default", None).dark["sheet"]


def test_a_theme_of_ones_own_falls_back_to_the_default(tmp_path: Path) -> None:
    """Files that it lacks come from `default`, those it has win, and templates are found by name."""
    root = project(tmp_path, "[options]\ntags = false\ncards = 3\n", "mine")
    (root / "templates" / "mine" / "issue.txt.j2").write_text("mine", encoding="utf-8")
    theme = load("mine", root)
    assert (theme.options["tags"], theme.options["cards"], theme.options["covers"]) == (False, 3, True)
    assert theme.template(ISSUE) == "default/issue.mjml.j2"
    assert theme.template("issue.txt.j2") == "mine/issue.txt.j2"
    assert theme.display(str(root / "templates" / "mine" / "issue.txt.j2")) == "templates/mine/issue.txt.j2"
    assert theme.display(str(shipped() / "parts" / "card.mjml.j2")) == "templates/parts/card.mjml.j2"
    assert theme.display("/elsewhere/x.j2") == "/elsewhere/x.j2"
    with pytest.raises(TemplateError, match=r"no nothing\.j2"):
        theme.template("nothing.j2")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[light]\nmuted = "#999999"\n', 2, "contrast of 2."),
        ('[light]\naccent = "#ffd400"\n', 2, "contrast of"),
        ('[dark]\ntext = "#333333"\n', 2, r"\[dark\] text #333333 on sheet"),
        ('[light]\n\naccent = "teal"\n', 3, "no colour"),
        ('[light]\naccent = "#0b6b5d;x:y"\n', 2, "no colour"),
        ('[light]\nacent = "#0b6b5d"\n', 2, r"\[light\] has no acent"),
        ("[ligth]\n", None, None),
        ('[ligth]\naccent = "#0b6b5d"\n', 2, r"\[ligth\] is no table"),
        ('[fonts]\ntext = "Arial;}"\n', 2, "no list of fonts"),
        ("[fonts]\ntext = \"'Segoe UI'\"\n", 2, "no list of fonts"),
        ('[sizes]\nname = "big"\n', 2, "size/line"),
        ('light = {accent = "teal"}\n', None, "no colour"),
        ("[space]\nradius = -1\n", 2, "pixels"),
        ("[space]\nradius = true\n", 2, "pixels"),
        ("[options]\ntags = 1\n", 2, "must be true or false"),
        ("[options]\ncards = true\n", 2, "must be a whole number"),
        ("[options]\ncards = 99\n", 2, "between 0 and 40"),
        ("[options]\ntag = true\n", 2, "no option tag"),
        ('[options.mood]\nhelp = "x"\n', 1, "without a default"),
        ('accent = "#0b6b5d"\n', 1, "outside a table"),
        ("[light\n", 1, "not valid TOML"),
    ],
)
def test_a_wrong_theme_is_told_by_file_and_line(
    tmp_path: Path, text: str, line: int | None, message: str | None
) -> None:
    """One sentence with the file, the line, and what was expected."""
    root = project(tmp_path, text)
    if message is None:
        load("default", root)
        return
    with pytest.raises(TemplateError, match=message) as caught:
        load("default", root)
    assert caught.value.file == "templates/default/theme.toml"
    assert caught.value.line == line


def test_options_of_ones_own_are_declared_with_choices(tmp_path: Path) -> None:
    """A theme may declare options for its templates; a wrong choice is refused."""
    declared = '[options.mood]\ndefault = "calm"\nchoices = ["calm", "loud"]\n'
    root = project(tmp_path, declared, "mine")
    assert load("mine", root).options["mood"] == "calm"


def test_a_choice_is_one_of_those_declared(tmp_path: Path) -> None:
    """The theme declares in its own file; another file of the same theme chooses."""
    root = project(tmp_path, '[options.mood]\ndefault = "calm"\nchoices = ["calm", "loud"]\n')
    mine = root / "templates" / "mine" / "theme.toml"
    mine.parent.mkdir()
    mine.write_text('[options]\nmood = "loud"\n', encoding="utf-8")
    assert load("mine", root).options["mood"] == "loud"
    mine.write_text('[options]\nmood = "grim"\n', encoding="utf-8")
    with pytest.raises(TemplateError, match="must be one of calm, loud"):
        load("mine", root)


@pytest.mark.parametrize("name", ["defualt", "nothing-like-it", "../etc", "parts/x", "", "Default"])
def test_an_unknown_theme_names_the_nearest(name: str, tmp_path: Path) -> None:
    """No path leads out of the templates folder."""
    with pytest.raises(TemplateError, match="there is no theme") as caught:
        load(name, tmp_path)
    assert "default" in caught.value.hint


COLOURS = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@given(COLOURS, COLOURS, st.sampled_from([4.5, 7.0]))
def test_a_readable_colour_is_readable(colour: str, ground: str, least: float) -> None:
    """Moved towards white or black, a colour reaches the contrast, as far as the ground allows."""
    best = max(contrast("#ffffff", ground), contrast("#000000", ground))
    assert contrast(readable(colour, ground, least), ground) >= min(least, best) - 0.01
    assert contrast(colour, ground) == contrast(ground, colour) >= 1


def test_themes_are_listed_and_each_says_what_it_is_like(tmp_path: Path) -> None:
    """The shipped ones and the project's own; folders of parts are no themes."""
    (tmp_path / "templates" / "mine").mkdir(parents=True)
    assert known(None) == ("default", "letter", "links")
    assert known(tmp_path) == ("default", "letter", "links", "mine")
    assert all(about(name, None) for name in known(None))
