"""The docs say what is there, and nothing that is not: commands, options, exit codes, links, and every block of code.

Keys of digest.toml have a test of their own beside the configuration's.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from digest import cli, errors
from digest import config as configuration
from digest.render import theme as themes
from tests.projects import Project
from tests.smtp_server import SmtpServer

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "subscribers" / "README.md"])
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SHARED = {"--project", "--now", "--verbose", "-v", "--quiet", "-q", "--no-color", "--help", "-h"}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, *kinds: str) -> Iterator[str]:
    """The code blocks of these kinds on a page."""
    for kind, text in BLOCK.findall(path.read_text(encoding="utf-8")):
        if kind in kinds:
            yield text


def rows(text: str) -> list[list[str]]:
    """The cells of every table on a page, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {i for i, line in enumerate(lines) if re.fullmatch(r"[|\s:-]+", line)}
    kept = [line for i, line in enumerate(lines) if i not in rules and i + 1 not in rules]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


def flags(command: click.Command) -> set[str]:
    """The options of a command that are its own."""
    members = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    return {flag for c in members for p in c.params if isinstance(p, click.Option) for flag in p.opts} - SHARED


# ------------------------------------------------------------------------------------------------ commands.md


def documented() -> dict[str, str]:
    """Each command that has rows in commands.md, and the text of them."""
    found: dict[str, str] = {}
    for row in rows(COMMANDS_PAGE):
        if named := re.match(r"`digest ([a-z]+)", row[0]):
            found[named[1]] = found.get(named[1], "") + " ".join(row)
    return found


def test_every_command_has_a_row_and_no_other_has() -> None:
    """The commands of the program are the commands of the page."""
    assert sorted(documented()) == sorted(cli.digest.commands)


@pytest.mark.parametrize("name", sorted(cli.digest.commands))
def test_every_option_stands_there_and_no_other(name: str) -> None:
    """The options of a command are those of its rows; those that all commands share stand on top of the page."""
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", documented().get(name, "")))
    assert told == flags(cli.digest.commands[name])
    top = COMMANDS_PAGE.partition("\n## ")[0]
    assert all(flag in top for flag in ("--project", "--now", "-v", "-q", "--no-color"))


def test_the_groups_of_the_help_are_those_of_the_page() -> None:
    """Every week, Now and then, When something is wrong, with the same commands."""
    for title, commands in cli.GROUPS:
        section = COMMANDS_PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        assert {c.name for c in commands} == set(re.findall(r"(?m)^\| `digest ([a-z]+)", section))


def test_exit_codes() -> None:
    """The codes of the error tree, and those of good ends, each with a row."""
    section = COMMANDS_PAGE.partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    told = {int(row[0]) for row in rows(section)}
    tree = {getattr(errors, name).exit_code for name in errors.__all__}
    assert told == tree | {0, 130}


# ------------------------------------------------------------------------------------------------ what can be typed


def lines_to_type() -> Iterator[tuple[str, str]]:
    """Every line that begins with `digest`, in shell blocks and between backticks, with its page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        typed = [line.strip() for block in blocks(page, "sh", "bash", "console") for line in block.splitlines()]
        spans = SPAN.findall(BLOCK.sub("", text))
        for line in (*typed, *spans):
            plain = re.sub(r"^(?:\$ )?(?:\S*/)?digest ", "digest ", line)
            if plain.startswith("digest ") and not re.search(r"\.(toml|sqlite3)\b", plain.split()[1]):
                yield name_of(page), plain


TYPED = sorted(set(lines_to_type()))


def stand_in(word: str) -> str:
    """A value for a word that stands for one."""
    return {"NUMBER": "8026", "TIME": "2026-11-27T09:00", "FORMAT": "cron"}.get(word, word)


@pytest.mark.parametrize(("page", "line"), TYPED, ids=[f"{page}: {line}" for page, line in TYPED])
def test_a_line_that_is_shown_can_be_typed(page: str, line: str) -> None:
    """The program understands it: the command is there, and each option and its value."""
    words = [stand_in(w) for w in shlex.split(re.sub(r"[\[\]]", "", line).replace("…", " more"), comments=True)][1:]
    if words and words[0].startswith("-"):
        assert words[0] in ("--help", "--version", "-h"), line
        return
    command = cli.digest.commands.get(words[0])
    assert command is not None, f"{page} shows a command that is not there: {line}"
    needed = [p.name.upper() for p in command.params if isinstance(p, click.Argument) and p.required and p.name]
    with contextlib.suppress(click.exceptions.Exit):  # --help and --version end there
        command.make_context(words[0], words[1:] or needed).close()


# ------------------------------------------------------------------------------------------------ TOML

REST = {
    "site": '[site]\nname = "Example Weekly"\nurl = "https://example.org"\n',
    "sources": '[sources.blog]\npath = "content/posts"\n',
    "sender": '[sender]\nfrom = "Example Weekly <news@example.org>"\n',
}
THEME = {"base", "about", "light", "dark", "fonts", "sizes", "space", "options"}
BLOCKS = [(name_of(page), n, text) for page in PAGES for n, text in enumerate(blocks(page, "toml"))]
TOML = [block for block in BLOCKS if not set(tomllib.loads(block[2])) <= THEME]
THEMES = [block for block in BLOCKS if set(tomllib.loads(block[2])) <= THEME]


@pytest.mark.parametrize(("page", "number", "text"), THEMES, ids=[f"{page}-{n}" for page, n, _ in THEMES])
def test_a_piece_of_a_theme_can_be_used(page: str, number: int, text: str, tmp_path: Path) -> None:
    """It loads, as a theme on top of one that comes with digest."""
    (tmp_path / "templates" / "mine").mkdir(parents=True)
    (tmp_path / "templates" / "mine" / "theme.toml").write_text(text, encoding="utf-8")
    assert themes.load("mine", tmp_path).name == "mine"


@pytest.mark.parametrize(("page", "number", "text"), TOML, ids=[f"{page}-{n}" for page, n, _ in TOML])
def test_a_piece_of_configuration_can_be_used(page: str, number: int, text: str, tmp_path: Path) -> None:
    """It loads, with the tables that it does not show filled in by the smallest ones; a recipe's is ready to run."""
    shown = tomllib.loads(text)
    whole = text + "".join(f"\n{table}" for name, table in REST.items() if name not in shown)
    (tmp_path / "content" / "posts").mkdir(parents=True)
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "digest.toml").write_text(whole, encoding="utf-8")
    names = [name for n in shown.get("newsletters", {}).values() for name in n.get("lists", ())]
    for name in names:
        (tmp_path / "subscribers" / f"{name}.csv").write_text("email\nreader@example.net\n", encoding="utf-8")
    from_outside = "DIGEST_SMTP_HOST" in (ROOT / page).read_text(encoding="utf-8")
    config = configuration.load(tmp_path, {"DIGEST_SMTP_HOST": "smtp.example.org"} if from_outside else {})
    if "recipe" in page and set(REST) <= set(shown):
        assert [str(w) for n in config.newsletters for w in configuration.ready_to_run(config, n)] == []


# ------------------------------------------------------------------------------------------------ links and words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Files that are named are there, and so are headings within a page."""
    text = page.read_text(encoding="utf-8")
    for target in LINK.findall(BLOCK.sub("", text)):
        if re.match(r"[a-z]+:", target):
            assert target.startswith(("https://", "mailto:")), target
            continue
        file, _, heading = target.partition("#")
        to = (page.parent / file).resolve() if file else page
        assert to.exists(), f"{name_of(page)}: {target}"
        if heading:
            titles = re.findall(r"(?m)^#+ (.+)$", to.read_text(encoding="utf-8"))
            assert heading in {re.sub(r"[^\w -]", "", t).strip().lower().replace(" ", "-") for t in titles}, target


def test_every_page_of_the_docs_can_be_reached() -> None:
    """From the README, over links alone."""
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        seen.add(page)
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            to = (page.parent / target.partition("#")[0]).resolve()
            if to.suffix == ".md" and to.exists() and to not in seen:
                todo.append(to)
    pages = {p for p in (ROOT / "docs").rglob("*.md") if "decisions" not in p.parts}
    assert [name_of(p) for p in sorted(pages - seen)] == []


def test_the_glossary_is_a_table_of_words() -> None:
    """One row a word, none twice, and every word is used outside of it: a word that nobody needs is no law."""
    found = [row for row in rows((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")) if row[0] != "word"]
    assert all(len(row) == 2 and re.fullmatch(r"\*\*[^*]+\*\*", row[0]) and row[1] for row in found)
    words = [row[0].strip("*") for row in found]
    assert len(words) == len(set(words))
    rest = " ".join(
        p.read_text(encoding="utf-8") for p in (*PAGES, *(ROOT / "digest").rglob("*.py")) if p.name != "glossary.md"
    ).lower()
    assert [w for w in words if w.lower() not in rest and w.lower().replace("-", "_") not in rest] == []


def test_no_page_tells_where_it_was_written() -> None:
    """Pages speak to users: no path of a developer's machine, no package index, no invented provider."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"/(work|root|home)/|\.\./shared|pypi[.]|/simple\b", text), name_of(page)


def test_release_notes_are_one_sentence_each() -> None:
    """changes/<issue>.<kind>.md: a sentence for who reads release notes."""
    notes = sorted((ROOT / "changes").glob("*.md"))
    assert notes
    for note in notes:
        assert re.fullmatch(r"\d+\.(added|changed|fixed|removed|security)\.md", note.name)
        text = note.read_text(encoding="utf-8").strip()
        assert text.endswith(".")
        assert "\n\n" not in text


# ------------------------------------------------------------------------------------------------ the quickstart

NOT_HERE = {"demo": "has a test of its own", "preview": "stays until it is stopped"}


def test_the_quickstart_as_somebody_follows_it(tmp_path: Path) -> None:
    """Every command of the page, in its order, in the folder of a site: each ends with 0 and does what is said."""
    page = ROOT / "docs" / "quickstart.md"
    lines = [line.strip() for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]
    typed = [shlex.split(line)[1:] for line in lines if line.startswith("digest ")]
    assert {words[0] for words in typed} >= {"init", "posts", "select", "send", "run", "schedule"}
    with SmtpServer(users={"you@example.org": "secret"}) as server:
        site = Project(tmp_path / "site", port=server.port)
        for path in ("digest.toml", "subscribers/readers.csv", ".digest/secret"):
            (site.root / path).unlink()
        (site.root / "posts").rename(site.root / "content-posts")
        (site.root / "content").mkdir()
        (site.root / "content-posts").rename(site.root / "content" / "posts")
        site.environment = {"DIGEST_SMTP_USER": "you@example.org", "DIGEST_SMTP_PASSWORD": "secret"}
        for words in typed:
            if words[0] in NOT_HERE:
                continue
            if words == ["send"]:
                words = ["send", "--yes"]  # the name is typed at a terminal only
            if words[0] == "send":
                filled_in(site, server.port)
            said = site.digest(*words, *([str(site.root)] if words[0] == "init" else []), now="2026-11-27T10:05+01:00")
            assert said.code == 0, (words, said)
        assert [m.recipients for m in server.messages] == [("you@example.org",), ("reader@example.net",)]
        assert b"Subject: [Preview] " in server.messages[0].data
        assert b"[Preview]" not in server.messages[1].data


def filled_in(site: Project, port: int) -> None:
    """What the page says to fill in: the relay, an address, a list."""
    path = site.root / "digest.toml"
    text = path.read_text(encoding="utf-8")
    for found, put in (
        (r"#\[smtp\].*", f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"'),
        (r"#(postal_address = \"[^\"]*\").*", r"\1"),
        (r"#(lists = \[\"readers\"\]).*", r"\1"),
    ):
        text = re.sub(found, put, text, count=1)
    path.write_text(text, encoding="utf-8")
    (site.root / "subscribers" / "readers.csv").write_text("email\nreader@example.net\n", encoding="utf-8")


def test_what_the_makefile_offers_is_there() -> None:
    """Each target that a page or the contributor's text names."""
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {t for page in PAGES for t in re.findall(r"`?make ([a-z]+)`", page.read_text(encoding="utf-8"))}
    assert named <= targets
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
