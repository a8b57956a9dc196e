"""A list with readers of several languages, from the file to the bytes that arrive: words, direction, header, posts."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import html5lib
import pytest

from digest.language import language
from digest.pipeline.edition import in_language
from digest.render.markup import body
from digest.render.plain import as_line
from digest.testing import issue, post
from tests.golden.issues import GOLDENS, app_of, make
from tests.smtp_server import SmtpServer

READERS = {
    "en@example.net": "",
    "de@example.net": "de",
    "at@example.net": "DE_at",
    "ar@example.net": "ar",
    "fr@example.net": "fr",
    "odd@example.net": "klingonisch!",
}


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EmailMessage]:
    """What each reader got of one English issue with an intro and a German post among its posts."""
    golden = replace(
        GOLDENS["three-posts"], editor="---\n---\nAn intro in *English*.\n", title="Nachrichten für «alle»"
    )
    german = "---\ntitle: Ein Beitrag\ndate: 2026-11-25\nlang: de\n---\nEin Text, der auf Deutsch geschrieben ist.\n"
    golden = replace(golden, posts=(*golden.posts, ("beitrag.md", german)))
    with SmtpServer() as server:
        root = make(golden, tmp_path_factory.mktemp("languages") / "project", port=server.port)
        rows = "\n".join(f"{address},{lang}" for address, lang in READERS.items())
        (root / "subscribers" / "readers.csv").write_text(f"email,lang\n{rows}\n", encoding="utf-8")
        (report,) = app_of(root).run("weekly", dry_run=False, wait=timedelta(0), first_issue=True, force="")
        kept = {m.recipients[0]: m.data for m in server.messages}
    assert report.exit_code == 0, report
    found = {}
    for address, data in kept.items():
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found[address] = message
    return found


def parts(message: EmailMessage) -> tuple[Any, str]:
    """The page as a tree, and the text."""
    html, text = (message.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    return html5lib.parse(html.get_content(), namespaceHTMLElements=False), text.get_content()


def test_everyone_gets_it_once(arrived: dict[str, EmailMessage]) -> None:
    """An odd language in a row costs nobody their mail."""
    assert sorted(arrived) == sorted(READERS)


@pytest.mark.parametrize(
    ("reader", "tag", "side", "word", "day", "subject"),
    [
        ("en@example.net", "en", "ltr", "Unsubscribe", "27 November 2026", ", and 3 more"),
        ("de@example.net", "de", "ltr", "Abbestellen", "27. November 2026", " und 3 weitere Beiträge"),
        ("at@example.net", "de-AT", "ltr", "Abbestellen", "27. November 2026", " und 3 weitere Beiträge"),
        ("ar@example.net", "ar", "rtl", "إلغاء الاشتراك", "27 نوفمبر 2026", "، و3 مقالات أخرى"),
        ("fr@example.net", "en", "ltr", "Unsubscribe", "27 November 2026", ", and 3 more"),
        ("odd@example.net", "en", "ltr", "Unsubscribe", "27 November 2026", ", and 3 more"),
    ],
)
def test_a_reader_s_language_frames_the_mail(
    arrived: dict[str, EmailMessage], reader: str, tag: str, side: str, word: str, day: str, subject: str
) -> None:
    """Words, dates and plurals of both parts, the page's language and direction, and Content-Language agree; without
    words of its own a language gets the newsletter's."""
    message = arrived[reader]
    tree, text = parts(message)
    assert message["Content-Language"] == tag
    assert (tree.get("lang"), tree.get("dir")) == (tag, side)
    page = " ".join("".join(tree.itertext()).split())
    for part in (page, text.replace("\N{NO-BREAK SPACE}", " ")):
        assert word in part
        assert day in part
    assert str(message["Subject"]).endswith(subject)


def test_the_list_has_one_name_for_everyone(arrived: dict[str, EmailMessage]) -> None:
    """Filters hang on List-Id: the same for every language, its name readable."""
    (name,) = {str(m["List-Id"]) for m in arrived.values()}
    assert name.replace('"', "") == "Nachrichten für «alle» <weekly.example.org>"


def spoken(tree: Any) -> dict[str, set[str]]:
    """Of each element that names a language, its directions."""
    found: dict[str, set[str]] = {}
    for element in tree.find("body").iter():
        if isinstance(element.tag, str) and element.get("lang"):
            found.setdefault(element.get("lang"), set()).add(element.get("dir") or "")
    return found


def test_what_is_written_in_another_language_says_so(arrived: dict[str, EmailMessage]) -> None:
    """In an Arabic frame the English posts and the intro run from left to right and are spoken in English, and the
    German one in German; in the English mail only the German one is another."""
    arabic = spoken(parts(arrived["ar@example.net"])[0])
    assert arabic["en"] == {"ltr"}
    assert arabic["de"] == {"ltr"}
    tree = parts(arrived["ar@example.net"])[0]
    intro = [e for e in tree.iter("div") if e.get("lang") and "".join(e.itertext()).strip() == "An intro in English."]
    assert [(e.get("lang"), e.get("dir")) for e in intro] == [("en", "ltr")]
    english = spoken(parts(arrived["en@example.net"])[0])
    assert set(english) - {"en"} == {"de"}
    german = spoken(parts(arrived["de@example.net"])[0])
    assert "en" in german


def test_the_preflight_of_all_languages_finds_no_error(tmp_path: Path) -> None:
    """Every variant is checked, and none has a fault of direction, language or size."""
    root = make(GOLDENS["three-posts"], tmp_path / "project")
    (root / "subscribers" / "readers.csv").write_text(
        "email,lang\na@example.net,\nb@example.net,de\nc@example.net,ar\n", encoding="utf-8"
    )
    found = app_of(root).check("weekly").findings
    assert [f for f in found if f.severity == "error"] == []


def test_build_as_a_reader_is_in_that_reader_s_language(tmp_path: Path) -> None:
    """`--as` takes the variant, for the page and every other file."""
    root = make(GOLDENS["three-posts"], tmp_path / "project")
    (root / "subscribers" / "readers.csv").write_text("email,lang\nb@example.net,de\n", encoding="utf-8")
    built = app_of(root).build("weekly", "", tmp_path / "out", "b@example.net")
    texts = {p.name: p.read_text(encoding="utf-8") for p in built.files if p.suffix != ".eml"}
    assert "Abbestellen" in texts["issue.txt"]
    assert "weitere Beiträge" in texts["index.html"]
    assert '<mjml lang="de"' in texts["issue.mjml"]
    assert '"language": "de"' in texts["issue.json"]


def test_the_newsletter_s_own_language_changes_nothing() -> None:
    """In any spelling; and what has no words is left as it is."""
    made = issue(post("posts/a.md"), language="en", intro="Hello.")
    for lang in ("", "en", "EN", "fr", "tlh"):
        assert in_language(made, lang) is made
    german = in_language(made, "DE-at")
    assert (german.language, german.intro_lang, german.posts[0].lang) == ("de-AT", "en", "en")
    assert in_language(replace(made, lead=None, groups=()), "ar").posts == ()


@pytest.mark.parametrize(
    ("tag", "shown"),
    [("en", "“a ‘b “c” d’ e”"), ("de", "„a ‚b „c“ d‘ e“"), ("ar", "«a “b «c» d” e»")],
)
def test_quotations_in_a_post_stand_in_the_language_s_marks(tag: str, shown: str) -> None:
    """<q> has no marks of its own in mail clients; one within another has the inner ones."""
    made = body("<p><q>a <q>b <q>c</q> d</q> e</q></p>", base="https://example.org/", language=language(tag))
    assert shown in as_line(made.nodes)
