"""Small readings that rules share: links, words, what clients support, what SpamAssassin says."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.lint import clients, links, spam
from digest.lint.brought import hosts, source_of, source_of_url
from digest.lint.hidden import preheader, preheader_words
from digest.lint.letter import addresses
from digest.lint.place import short
from digest.lint.wording import columns, words
from digest.model import Proof

Seeded = Callable[..., Proof]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none here", ()),
        ("See https://e.org/a.", ("https://e.org/a",)),
        ("(https://e.org/a_(b)) and <http://f.org>", ("https://e.org/a_(b)", "http://f.org")),
        ("[x](https://e.org/a?b=c)!", ("https://e.org/a?b=c",)),
        ("https://e.org/a…", ("https://e.org/a",)),
    ],
)
def test_urls_are_found_without_the_sentence(text: str, expected: tuple[str, ...]) -> None:
    """The punctuation after an address is the sentence's, a bracket that it opened is its own."""
    assert links.urls_in(text) == expected


@pytest.mark.parametrize(
    ("url", "host", "scheme"),
    [
        ("https://www.Example.org:8443/x", "example.org", "https"),
        ("HTTPS://user@e.org./", "e.org", "https"),
        ("/relative", "", ""),
        ("https://[::1]/x", "::1", "https"),
        ("https://[half", "", ""),
        ("https://e.org:port/", "e.org", "https"),
    ],
)
def test_hosts_and_schemes(url: str, host: str, scheme: str) -> None:
    """Read from whatever stands in a href; nothing is refused."""
    assert (links.host(url), links.scheme(url)) == (host, scheme)


def test_whose_house_a_host_is() -> None:
    """Subdomains are of one house; two firms under co.uk are not."""
    assert links.related("news.example.org", "example.org")
    assert links.related("www.example.org", "EXAMPLE.org")
    assert not links.related("one.co.uk", "two.co.uk")
    assert links.related("a.one.co.uk", "one.co.uk")
    assert not links.related("", "")


def test_what_only_this_machine_reaches() -> None:
    """Loopback, private networks and names that no public resolver knows."""
    for name in ("localhost", "x.localhost", "127.0.0.1", "10.1.2.3", "::1", "nas.local", "build.internal"):
        assert links.is_here(name), name
    for name in ("example.org", "8.8.8.8", "local.example.org"):
        assert not links.is_here(name), name


def test_words_and_columns() -> None:
    """Letters of any script, four and more; wide characters count two, combining marks none."""
    assert words("Über-Größe, for 1234 días") == {"über", "grösse", "días"}
    assert columns("漢字") == 4
    assert columns("e\u0301a") == 2


def test_short_is_one_line() -> None:
    """A message shows what it quotes, cut where it is long."""
    assert short("a\n b") == "a b"
    assert short("a" * 70) == "a" * 59 + "…"


def test_the_tables_are_whole() -> None:
    """Every row has a word for every client, and no word that we do not know: an update must not be misread."""
    tables = json.loads(clients.DATA.read_text(encoding="utf-8"))
    assert set(clients.MAJOR) <= set(tables["clients"])
    for slug, row in tables["features"].items():
        marks = row["support"].split()
        assert len(marks) == len(tables["clients"]), slug
        assert {mark.partition("#")[0] for mark in marks} <= set("yanu-"), slug
    for slug in (*clients.VALUES.values(), *clients.TABLES.values()):
        assert slug in tables["features"], slug
    assert (clients.DATA.parent / "caniemail.SOURCE.md").read_text(encoding="utf-8").count("MIT License") == 1


def test_what_a_declaration_asks_of_clients() -> None:
    """Its property's table and those of its value; hiding the preheader is no question."""
    assert list(clients.feature("display", "none")) == []
    assert list(clients.feature("unheard-of", "1")) == []
    assert [f.slug for f in clients.feature("display", "flex")] == ["css-display", "css-display-flex"]
    assert [f.slug for f in clients.feature("gap", "1rem")] == ["css-gap", "css-unit-rem"]
    (absent,) = clients.feature("z-index", "1")
    assert "Outlook on Windows" in absent.without


def test_addresses_are_read_leniently() -> None:
    """A value that is none has no domain; a display name is kept as it is read."""
    (good,) = addresses('"Example, Weekly" <news@example.org>')
    assert (good.display_name, good.addr_spec) == ("Example, Weekly", "news@example.org")
    (bad,) = addresses("somebody")
    assert bad.domain == ""


def test_what_was_brought_is_known_by_meaning(seeded: Seeded) -> None:
    """Quotation marks, escapes and blanks change in rendering; nothing is found in nothing."""
    proof = seeded(issue={"intro": 'He said "yes" &amp; left --\nthen **came**'})
    assert source_of(proof, "he SAID “yes” & left") is not None
    assert source_of(proof, "he said no") is None
    assert source_of(proof, " ") is None
    assert source_of_url(proof, "https://tools.example.com/mover") is not None
    assert source_of_url(proof, "https://example.org/zz") is None
    assert source_of_url(proof, "https://[half") is None
    assert "tools.example.com" in hosts(proof)


def test_a_page_without_words_has_no_preheader() -> None:
    """Nothing is hidden where nothing is."""
    assert preheader("<html><body><p> </p></body></html>") is None
    assert preheader("words alone") is None
    assert preheader_words("<html><body><p>seen at once</p></body></html>") == ""


def program(folder: Path, script: str) -> Path:
    """A stand-in for the spamassassin program."""
    path = folder / "spamassassin"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


STATUS = "X-Spam-Status: {flag}, score={score} required=5.0 tests={tests}\n\tautolearn=no"


@pytest.mark.parametrize(
    ("script", "severity", "words"),
    [
        (f"echo '{STATUS.format(flag='No', score='-1.0', tests='A_B,')}'", "info", "gives -1 points (A_B)"),
        (f"echo '{STATUS.format(flag='No', score='2.5', tests='A,C')}'", "warning", "gives 2.5 points (A, C)"),
        (f"echo '{STATUS.format(flag='No', score='0.0', tests='none')}'", "info", "gives 0 points (no test fired)"),
        ("echo nothing", "info", "gave no score"),
        ("exit 3", "info", "could not judge"),
        ("sleep 5", "info", "no answer within 0.3 seconds"),
    ],
)
def test_a_score_is_read(
    script: str, severity: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning over 0; what could not be judged is told."""
    program(tmp_path, f"cat >/dev/null; {script}" if "sleep" not in script else f"exec {script}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (finding,) = spam.score(b"Subject: x\r\n\r\nx", timeout=0.3 if "sleep" in script else 30)
    assert (finding.rule, finding.severity) == ("spam-score", severity)
    assert words in finding.message


def test_without_spamassassin_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an offer, not a need."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not spam.available()
    assert spam.score(b"x") == ()


@pytest.mark.spamassassin
def test_spamassassin_itself(spamassassin: str, seeded: Seeded) -> None:
    """The true program's answer is understood."""
    assert spam.available()
    (finding,) = spam.score(seeded().samples[0].data)
    assert "SpamAssassin gives" in finding.message
    assert "MISSING_DATE" in finding.message
