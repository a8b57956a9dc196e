"""`digest check` with what takes seconds: the network and SpamAssassin, asked for and not otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.app import App
from digest.audience import tokens
from digest.lint.fetching import Fetcher
from digest.lint.network import Network, Records
from tests.lint.web_server import Page, Site, serving
from tests.projects import FRIDAY, TOML, Project

SCORE = """#!/bin/sh
cat >/dev/null
printf 'X-Spam-Status: No, score=%s required=5.0 tests=%s autolearn=no\\n\\n' 1.5 HTML_MESSAGE
"""


class OnLoopback(App):
    """The program, allowed to ask servers on this machine."""

    def network(self) -> Network:
        """Ask loopback, and a DNS that knows nobody."""
        return Network(
            ask=Fetcher(allow_loopback=True, timeout=5).ask, records=lambda *_: Records(fault="no DNS in tests")
        )


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def project(root: Path, site: Site, more: str = "") -> Project:
    """A project whose posts and public pages live on the server."""
    made = Project(root / "project")
    text = TOML.format(port=1, sender="", smtp="", newsletter="") + more
    text = text.replace('path = "posts"', f'path = "posts"\nurl = "{site.url("/blog/{slug}/")}"')
    pages = f"http://localhost:{site.port}"
    made.configure(text.replace("https://news.example.org", pages).replace("https://example.org", site.url("")))
    return made


def app(made: Project) -> App:
    return OnLoopback.open(made.root, what_if=FRIDAY)


def test_nothing_is_asked_unless_it_is_asked_for(tmp_path: Path, site: Site) -> None:
    """A plain check opens no socket and runs no program."""
    rules = {f.rule for f in app(project(tmp_path, site)).check("weekly").findings}
    assert site.asked == []
    assert not rules & {"link-broken", "spam-score", "dns-auth", "unsubscribe-endpoint"}


def test_online_asks_for_links_and_for_the_way_out_with_nobody_s_token(tmp_path: Path, site: Site) -> None:
    """Every POST carries the inert token: nobody is taken off a list by a check. Findings are sorted by gravity."""
    site.pages |= {f"/u/{tokens.INERT}": Page(), f"POST /u/{tokens.INERT}": Page(302, to="/"), "/": Page()}
    checked = app(project(tmp_path, site)).check("weekly", online=True)
    told = {f.rule: f for f in checked.findings}
    assert "answers 302" in told["unsubscribe-endpoint"].message
    assert told["unsubscribe-endpoint"].severity == "error"
    assert told["dns-auth"].message == "no DNS in tests"
    order = ["error", "warning", "info"]
    assert [f.severity for f in checked.findings] == sorted((f.severity for f in checked.findings), key=order.index)
    posts = [path for method, path, _, _ in site.asked if method == "POST"]
    assert posts == [f"/u/{tokens.INERT}"]
    assert not any("/u/" in line and tokens.INERT not in line for line in site.lines)


def test_spamassassin_is_asked_once_a_language(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's language makes a variant; its score is told with the severity that the configuration wants."""
    program = tmp_path / "bin" / "spamassassin"
    program.parent.mkdir()
    program.write_text(SCORE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    made = project(tmp_path, site, '\n[lint]\nspam-score = "error"\nlink-broken = "off: no network here"\n')
    (made.root / "subscribers" / "readers.csv").write_text(
        "email,lang,topics\na@example.net,,\nb@example.net,de,\nc@example.net,de,Maps\n"
    )
    scores = [
        f for f in app(made).check("weekly", spam=True).findings if f.rule == "spam-score" and f.part == "headers"
    ]
    told = "SpamAssassin gives 1.5 points (HTML_MESSAGE), in the language "
    assert [(f.severity, f.message) for f in scores] == [("error", told + "en"), ("error", told + "de")]


def test_without_spamassassin_the_question_is_answered(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for and not there: an info that says so, never silence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    told = [f for f in app(project(tmp_path, site)).check("weekly", spam=True).findings if f.rule == "spam-score"]
    assert [(f.severity, f.message) for f in told] == [("info", "SpamAssassin is not installed: no score")]


def test_the_command_takes_both(tmp_path: Path, site: Site) -> None:
    """As a person runs it: loopback is refused, so nothing arrives, and the way out is no error then."""
    said = project(tmp_path, site, '\n[lint]\ndns-auth = "off: no DNS in tests"\n').digest(
        "check", "--online", "--spam", "--json"
    )
    assert said.code in (0, 1), said.err
    assert any(f["rule"] == "spam-score" for f in said.json)
    assert [f["severity"] for f in said.json if f["rule"] == "dns-auth"] == ["info"]
    assert not any(f["rule"] == "unsubscribe-endpoint" for f in said.json)
    assert site.asked == []
