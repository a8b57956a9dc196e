"""`digest init` makes a project that loads, tells what it found, and overwrites nothing."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import project
from digest.config import load, ready_to_run
from digest.errors import ConfigError, UsageError
from digest.project import Answers, Made, Place, make, toml_text
from digest.toml import keys

NOTHING: dict[str, str] = {}


def post(folder: Path, name: str = "a.md") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("---\ntitle: A\ndate: 2026-11-24\n---\nText.\n", encoding="utf-8")


def loose(text: str) -> str:
    """The text with every commented setting let loose; comments that are words keep a blank after their sign."""
    return re.sub(r"(?m)^#(?=\S)", "", text)


def living(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_an_empty_folder_becomes_a_project(tmp_path: Path) -> None:
    """Four files, a secret for its owner alone; the words say what is only an example, and what to type next."""
    made = make(tmp_path / "new", environment=NOTHING)
    assert made.written == (
        "digest.toml",
        "subscribers/README.md",
        "subscribers/.gitignore",
        "subscribers/readers.csv",
        ".gitignore",
        ".digest/secret",
    )
    assert made.kept == ()
    assert all((tmp_path / "new" / name).is_file() for name in made.written)
    assert "found no posts" in made.found[0]
    assert any("example" in line for line in made.found)
    assert any("digest preview" in step for step in made.next_steps)
    config = load(tmp_path / "new", {})
    assert [w.message.split(":")[0] for w in ready_to_run(config, config.newsletter("weekly"))] == [
        "newsletter weekly has no list to go to",
        "no relay is configured",
        "[sender] postal_address is missing",
    ]


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    """Every file is kept, byte for byte, and named so; what is missing is made."""
    make(tmp_path, environment=NOTHING)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    again = make(tmp_path, Answers(name="Other", url="https://other.example"), environment=NOTHING)
    assert (again.written, len(again.kept)) == ((), 5)
    assert again.found == ()
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    (tmp_path / "subscribers" / "README.md").unlink()
    assert make(tmp_path, environment=NOTHING).written == ("subscribers/README.md",)


def test_ten_lines_live_and_the_rest_is_a_comment() -> None:
    """A newcomer reads ten lines."""
    assert len(living(toml_text(Answers()))) == 10
    assert len(living(toml_text(Answers(language="de")))) == 11


def test_every_comment_let_loose_loads(tmp_path: Path) -> None:
    """Each commented line is right as it stands, all of them together too."""
    text = toml_text(Answers(name="Example", url="https://example.org"))
    (tmp_path / "digest.toml").write_text(loose(text), encoding="utf-8")
    config = load(tmp_path, {})
    assert config.transport
    assert config.public.url == "https://news.example.org"
    assert config.newsletter("weekly").lists == ("readers",)


def test_each_comment_let_loose_alone_loads(tmp_path: Path) -> None:
    """A setting needs no other one, but for the line of its table."""
    lines = toml_text(Answers()).splitlines()
    headers = {n: max((m for m in range(n) if re.match(r"#?\[", lines[m])), default=n) for n in range(len(lines))}
    for number, line in enumerate(lines):
        if re.match(r"#\S", line):
            trial = [loose(t) if n in (number, headers[number]) else t for n, t in enumerate(lines)]
            (tmp_path / "digest.toml").write_text("\n".join(trial), encoding="utf-8")
            load(tmp_path, {})


def test_every_key_stands_in_the_file(tmp_path: Path) -> None:
    """What digest.toml can say is all there, but for the few that only go with another."""
    written = tomllib.loads(loose(toml_text(Answers())))
    for name, table in keys.TABLES.items():
        assert set(table.keys) - set(written[name]) <= {"postal_exempt", "oauth2_file"}
    weekly = written["newsletters"]["weekly"]
    assert set(keys.NEWSLETTER.keys) | set(keys.NEWSLETTER.tables) == set(weekly) | {"timezone", "language", "sources"}


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_site_is_called_the_file_is_toml(name: str, path: str) -> None:
    """Quotes, backslashes and placeholders in a title or a path are text."""
    content = tomllib.loads(toml_text(Answers(name=name), posts=path))
    assert content["site"]["name"] == (name or "Example Weekly")
    assert content["sources"]["blog"]["path"] == path


@pytest.mark.parametrize("name", ['A "B" <C>', "News, and @HOST@ more", "back\\slash", "Ünï"])
def test_the_sender_is_named_like_the_site(tmp_path: Path, name: str) -> None:
    """Signs that would end a display name are quoted; what is read back is the name."""
    make(tmp_path, Answers(name=name, url="https://example.com"), environment=NOTHING)
    sender = load(tmp_path, {}).sender
    assert (sender.name, sender.address) == (name, "news@example.com")


def test_answers_win_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    """What is said stands in the file; what could not be loaded is never written."""
    said = Answers(
        name="N", url="https://example.net/", timezone="Europe/Berlin", language="de", sender="E <e@example.net>"
    )
    made = make(tmp_path / "a", said, found=Place(path="posts", dialect="hugo", posts=3), environment=NOTHING)
    config = load(tmp_path / "a", {})
    assert (config.site.name, config.site.url, config.site.timezone) == ("N", "https://example.net", "Europe/Berlin")
    assert (config.site.language, config.sender.address) == ("de", "e@example.net")
    assert made.found == ("found 3 posts in posts, written for hugo",)
    with pytest.raises(UsageError, match="nowhere") as caught:
        make(tmp_path / "b", Answers(url="nowhere", language="klingonese"))
    assert "klingonese" in str(caught.value)
    assert not (tmp_path / "b").exists()


def test_the_posts_of_the_site_are_found(tmp_path: Path) -> None:
    """The folder it stands in is looked through; how many, where and whose is said."""
    (tmp_path / "_config.yml").write_text("title: Our Blog\nurl: https://blog.example.org\n", encoding="utf-8")
    for day in (1, 2, 3):
        post(tmp_path / "_posts", f"2026-11-0{day}-a.md")
    made = make(tmp_path, environment=NOTHING)
    assert made.found[0] == "found 3 posts in _posts, written for jekyll"
    config = load(tmp_path, {})
    assert config.sources[0].options.path == "_posts"
    assert (config.site.name, config.site.url) == ("Our Blog", "https://blog.example.org")


SITES = [
    ("_config.yml", "title: \"It's: ours\" # x\nurl: https://a.example\nbaseurl: /blog\n", ("It's: ours", "https://a.example/blog")),
    ("_config.yml", "title: >\n  Folded\nauthor:\n  url: https://wrong.example\n", ("", "")),
    ("_config.yml", "title: Hexo's\nurl: http://a.example\nlanguage: de\ntimezone: Europe/Berlin\n", ("Hexo's", "https://a.example")),
    ("_config.yml", "title: Local\nurl: http://localhost:4000\n", ("Local", "")),
    ("hugo.toml", 'title = "Hugo"\nBaseURL = "https://a.example/"\nlanguageCode = "en-gb"\n', ("Hugo", "https://a.example")),
    ("hugo.toml", "title = broken", ("", "")),
    ("hugo.toml", "title = 3\n", ("", "")),
    ("hugo.yaml", "baseURL: 'https://a.example/'\ntitle: Y\n", ("Y", "https://a.example")),
    ("config.toml", 'base_url = "https://a.example"\ntitle = "Zola"\n', ("Zola", "https://a.example")),
    ("config/_default/hugo.toml", 'baseURL = "https://a.example"\n', ("", "https://a.example")),
    ("pelicanconf.py", "SITENAME = 'Pel'\nSITEURL = \"\"\nTIMEZONE = 'Europe/Rome'\n", ("Pel", "")),
    ("docusaurus.config.js", "const config = {\n  title: 'Docs',\n  url: 'https://a.example', // x\n};\n", ("Docs", "https://a.example")),
    ("astro.config.mjs", "export default defineConfig({\n  site: 'https://a.example',\n});\n", ("", "https://a.example")),
    ("mkdocs.yml", "site_name: Mk\nsite_url: https://a.example/docs/\n", ("Mk", "https://a.example/docs")),
    ("_config.yml", "title: {{ evil }}\nurl: javascript:alert(1)\n", ("", "")),
    ("_config.yml", "title: [a, b]\nurl: &x https://a.example\n", ("", "")),
    ("_config.yml", "title: x\n" + "#" * 300_000, ("", "")),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text", "known"), SITES, ids=[f"{s[0]}-{n}" for n, s in enumerate(SITES)])
def test_what_a_site_says_of_itself(tmp_path: Path, file: str, text: str, known: tuple[str, str]) -> None:
    """Name and URL of well-known generators; what cannot be told surely stays an example, and is said to be one."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    made = make(tmp_path, found=Place(path="posts"), environment=NOTHING)
    site = load(tmp_path, {}).site
    assert (site.name, site.url) == (known[0] or "Example Weekly", known[1] or "https://example.org")
    assert any("are examples" in line for line in made.found) == ("" in known)


def test_zone_and_language_of_a_site(tmp_path: Path) -> None:
    """They are taken where they are right, and passed over where they are not."""
    (tmp_path / "_config.yml").write_text("timezone: Europe/Rome\nlang: it\n", encoding="utf-8")
    make(tmp_path, environment=NOTHING)
    assert (load(tmp_path, {}).site.timezone, load(tmp_path, {}).site.language) == ("Europe/Rome", "it")
    (tmp_path / "digest.toml").unlink()
    (tmp_path / "_config.yml").write_text("timezone: Mars/Base\nlang: italiano\n", encoding="utf-8")
    make(tmp_path, environment=NOTHING)
    assert load(tmp_path, {}).site.language == "en"


def test_the_zone_of_the_machine(tmp_path: Path) -> None:
    """Told by the link that all systems keep; without one, UTC stands there."""
    link = tmp_path / "localtime"
    assert project._zone_here(link) == ""
    link.symlink_to("/usr/share/zoneinfo/Europe/Vienna")
    assert project._zone_here(link) == "Europe/Vienna"
    link.unlink()
    link.symlink_to("/usr/share/zoneinfo/Etc/UTC")
    assert project._zone_here(link) == "UTC"
    link.unlink()
    link.symlink_to("/somewhere/else")
    assert project._zone_here(link) == ""


def test_git_keeps_addresses_and_state_out(tmp_path: Path) -> None:
    """git itself says so; the example and the explanation go in."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    make(tmp_path, environment=NOTHING)
    (tmp_path / "subscribers" / "example.csv").write_text("email\n")
    done = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) == {
        ".gitignore",
        "digest.toml",
        "subscribers/.gitignore",
        "subscribers/README.md",
        "subscribers/example.csv",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("public/\n", "public/\n# digest: database, lock and secrets\n.digest/\n"),
        ("public/", "public/\n# digest: database, lock and secrets\n.digest/\n"),
        ("/.digest/\n", None),
        (".digest\n", None),
    ],
)
def test_a_gitignore_that_is_there_gets_one_more_line(tmp_path: Path, before: str, after: str | None) -> None:
    """What stands in it stays; a line that is there already is not written twice."""
    (tmp_path / ".gitignore").write_text(before)
    made = make(tmp_path, environment=NOTHING)
    assert (tmp_path / ".gitignore").read_text() == (after or before)
    assert (".gitignore" in made.written) is (after is not None)


def test_a_secret_that_is_set_elsewhere_is_not_made(tmp_path: Path) -> None:
    """DIGEST_SECRET is enough; on a server's database every machine needs the same one, so none is made here."""
    assert ".digest/secret" not in make(tmp_path / "a", environment={"DIGEST_SECRET": "x" * 40}).written
    database = {"DIGEST_STATE_DATABASE": "postgresql://db/x"}
    assert ".digest/secret" not in make(tmp_path / "b", environment=database).written


def test_a_broken_digest_toml_is_kept_and_nothing_falls(tmp_path: Path) -> None:
    """Other commands tell its mistakes; init completes what is missing around it."""
    (tmp_path / "digest.toml").write_text("[site\n")
    made = make(tmp_path, environment=NOTHING)
    assert "digest.toml" in made.kept
    assert (tmp_path / "digest.toml").read_text() == "[site\n"
    assert not (tmp_path / ".digest").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where a folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        make(tmp_path / "file", environment=NOTHING)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "subscribers").write_text("")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        make(tmp_path / "p", environment=NOTHING)
    assert "subscribers" in caught.value.message


def test_the_next_commands_fit_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They can be typed as they are, inside the project and from outside."""
    inside = tmp_path / "in"
    inside.mkdir()
    monkeypatch.chdir(inside)
    made: Made = make(Path(), environment=NOTHING)
    assert made.next_steps[:2] == ("edit digest.toml", "next: digest preview")
    made = make(tmp_path / "a b", found=Place(path="posts"), environment=NOTHING)
    assert made.next_steps[0] == f"next: digest preview --project '{tmp_path / 'a b'}'"
