"""`digest diff`: an issue against the last one sent, without a secret, a list, a ledger or a network where need be."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import App
from digest.cli import differing
from digest.interfaces import FrozenIssue
from digest.lifecycle import IssueState
from digest.model import Counts
from digest.pipeline.diff import Difference, Named, Sizes, changed_lines, sorted_out
from digest.testing import FRIDAY, post
from tests.projects import Project
from tests.smtp_server import SmtpServer

NEXT = "2026-12-04T08:00+01:00"
GROUPED = 'group = "category"\nsubject = "Number {{ number }}: {{ lead.title }}"\nfirst_number = 7\n'


LAST = FrozenIssue(
    id="weekly-2026-11-20",
    revision=1,
    newsletter="weekly",
    number=1,
    state=IssueState.DONE,
    subject="<b>|x",
    send_at=FRIDAY,
    window_start=FRIDAY,
    window_end=FRIDAY,
    deadline=FRIDAY,
    frozen_at=FRIDAY,
    started_at=FRIDAY,
    finished_at=FRIDAY,
    reason="",
    go_on_at=None,
    counts=Counts(list=1, sent=1),
)


def app(project: Project, now: str = NEXT) -> App:
    return App.open(project.root, what_if=now)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose issue of 2026-11-27 went to three people; the next week brings one post."""
    with SmtpServer() as server:
        project = Project(tmp_path_factory.mktemp("sent") / "project", port=server.port, newsletter=GROUPED)
        project.post("2026-11-23-third", "The third post", "2026-11-23", more="category: Maps\n")
        (project.root / "issues").mkdir()
        (project.root / "issues" / "weekly-2026-11-27.md").write_text("---\nsubject: By hand\n---\nHello *all*.\n")
        app(project, "2026-11-27T09:05+01:00").run(
            "weekly", dry_run=False, wait=timedelta(0), first_issue=True, force=""
        )
        assert len(server.messages) == 3
    project.post("2026-12-01-fourth", "The fourth post", "2026-12-01")
    return project.root


@pytest.fixture
def sent(original: Path, tmp_path: Path) -> Project:
    """A copy of it, to change."""
    shutil.copytree(original, tmp_path / "project")
    project = Project.__new__(Project)
    project.root, project.environment = tmp_path / "project", {}
    return project


def test_nothing_changed_is_nothing_told(sent: Project) -> None:
    """Another week's posts are no change of the template: groups, number, the editor's file and its intro stay."""
    difference = app(sent).diff("weekly")
    assert difference.last is not None
    assert difference.last.id == "weekly-2026-11-27"
    assert difference.template == ()
    assert difference.moved == (0, 0)
    assert difference.missing == ()
    assert list(differing.unknown(difference)) == []
    assert "no line changed" in differing.markdown(difference)


def test_posts_subject_and_size_are_told(sent: Project) -> None:
    """What came and what went, by name; before and after of subject and octets."""
    sent.post("2026-11-24-first", "The first post", "2026-11-24")
    told = differing.as_json(app(sent).diff("weekly"))
    assert [p["title"] for p in told["posts"]["came"]] == ["The fourth post"]
    assert {p["title"] for p in told["posts"]["went"]} == {"The first post", "The second post", "The third post"}
    assert told["posts"]["stayed"] == []
    assert told["subject"] == {"before": "By hand", "after": "Number 8: The fourth post"}
    assert told["octets"]["before"]["html"] > told["octets"]["after"]["html"] > 5000
    assert told["octets"]["after"]["message"] > told["octets"]["after"]["html"]
    assert (told["last"]["sent"], told["last"]["list"], told["history"]) == (3, 3, True)


def test_a_template_that_changed_is_shown_line_by_line(sent: Project) -> None:
    """The project's own footer differs in one line, and nothing else of the mail is told."""
    parts = sent.root / "templates" / "parts"
    parts.mkdir(parents=True)
    shipped = Path(__file__).parent.parent / "templates" / "parts" / "footer.mjml.j2"
    text = shipped.read_text(encoding="utf-8")
    assert "{{ address }}" in text
    (parts / "footer.mjml.j2").write_text(text.replace("{{ address }}", "{{ address }} (new)", 1), encoding="utf-8")
    difference = app(sent).diff("weekly")
    assert difference.template
    changed = [line for line in difference.template[2:] if line[0] in "+-"]
    assert [line[0] for line in changed] == ["-", "+"]
    assert "(new)" in changed[1]
    assert changed[0][1:] == changed[1][1:].replace(" (new)", "")
    shown = differing.markdown(difference)
    assert "```diff" in shown
    assert "2 lines changed" in shown


def test_people_who_joined_and_left_are_counted(sent: Project) -> None:
    """A new row joined, a deleted row and an opt-out left; who had left before the issue counts for nothing."""
    sent.list("readers", "a@example.net", "b@example.net", "d@example.net", "e@example.net")
    opened = app(sent)
    store = opened._store(read_only=False)
    store.opt_out("b@example.net", "newsletter:weekly", "unsubscribed", "one-click", opened.clock())
    store.opt_out("e@example.net", "all", "complained", "arf", opened.clock())
    store.close()
    ledger = sent.root / ".digest" / "digest.sqlite3"
    before = ledger.read_bytes()
    difference = opened.diff("weekly")
    assert difference.moved == (1, 2)
    assert ledger.read_bytes() == before


def test_without_lists_people_are_not_guessed(sent: Project) -> None:
    """No file in subscribers/: it says so, and compares the rest."""
    shutil.rmtree(sent.root / "subscribers")
    difference = app(sent).diff("weekly")
    assert difference.moved is None
    assert differing.as_json(difference)["subscribers"] is None
    assert any("No list is here" in text for text in differing.unknown(difference))


def test_posts_whose_files_are_gone_are_named_by_the_ledger(sent: Project) -> None:
    """One file gone: drawn without it, and said. All gone: the template is not compared, and that is said."""
    (sent.root / "posts" / "2026-11-25-second.md").unlink()
    difference = app(sent).diff("weekly")
    assert difference.missing == ("The second post",)
    assert difference.template
    for path in (sent.root / "posts").glob("2026-11-*.md"):
        path.unlink()
    difference = app(sent).diff("weekly")
    assert difference.template is None
    assert {n.title for n in difference.went} == {"The first post", "The second post", "The third post"}
    assert any("could not be compared" in text for text in differing.unknown(difference))
    assert "Template" not in differing.markdown(difference)


def test_a_week_with_nothing_new_is_compared_too(sent: Project) -> None:
    """No post is no error here: everything went, nothing came, and there is no size."""
    (sent.root / "posts" / "2026-12-01-fourth.md").unlink()
    difference = app(sent).diff("weekly")
    assert difference.octets is None
    assert (difference.came, len(difference.went)) == ((), 3)
    assert "holds nothing" in differing.markdown(difference)
    assert differing.as_json(difference)["octets"]["after"] is None


def test_the_frozen_issue_is_not_compared_with_itself(sent: Project) -> None:
    """Looking at the issue that was sent, nothing lies before it."""
    difference = app(sent).diff("weekly", "weekly-2026-11-27")
    assert difference.last is None
    assert difference.history_known
    assert any("nothing to compare" in text for text in differing.unknown(difference))


def test_it_needs_no_ledger_secret_list_or_relay(tmp_path: Path) -> None:
    """As in a pull request from a fork: exit 0, every post is new, and it says why; nothing is written."""
    project = Project(tmp_path / "project")
    for folder in (".digest", "subscribers"):
        shutil.rmtree(project.root / folder)
    (project.root / "posts" / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    before = sorted(project.root.rglob("*"))
    said = project.digest("diff", "--json")
    assert said.code == 0, said.err
    assert (said.json["history"], said.json["last"], said.json["template"]) == (False, None, None)
    assert len(said.json["posts"]["came"]) == 2
    plain = project.digest("diff")
    assert (plain.code, "No ledger is here" in plain.err) == (0, True)
    assert project.digest("diff", "--format", "markdown", "--strict").code == 65
    assert sorted(project.root.rglob("*")) == before


def test_the_command_tells_a_person_what_is_new(sent: Project) -> None:
    """One screen: against which issue, subject, size, people, posts, template."""
    said = sent.digest("diff", now=NEXT)
    assert said.code == 0, said.err
    for words in (
        "weekly-2026-12-04 against weekly-2026-11-27, 3 people",
        "before     By hand",
        "1 new, 0 as before, 3 not in it any more",
        "+ The fourth post",
        "0 joined, 0 left",
        "no line changed",
    ):
        assert words in said.out, words


def test_a_person_is_told_whatever_is_known(sent: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Changed lines in their colours, and what could not be compared, on stderr."""
    parts = sent.root / "templates" / "parts"
    parts.mkdir(parents=True)
    shipped = Path(__file__).parent.parent / "templates" / "parts" / "footer.mjml.j2"
    (parts / "footer.mjml.j2").write_text(shipped.read_text(encoding="utf-8").replace("address }}", "address }}!"))
    shutil.rmtree(sent.root / "subscribers")
    differing.show(app(sent).diff("weekly"))
    told = capsys.readouterr()
    assert "lines changed, weekly-2026-11-27 drawn as of today" in told.out
    assert "people " not in told.out.partition("\n")[2]
    assert "No list is here" in told.err
    first = Project(tmp_path / "first")
    shutil.rmtree(first.root / ".digest")
    differing.show(App.open(first.root, what_if="2026-11-27T09:05+01:00").diff("weekly"))
    assert "No ledger is here" in capsys.readouterr().err
    shutil.rmtree(first.root / "posts")
    (first.root / "posts").mkdir()
    differing.show(App.open(first.root, what_if="2026-11-27T09:05+01:00").diff("weekly"))
    assert "nothing to send" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ the pure part


def test_posts_are_told_apart_by_identity() -> None:
    """A new title is no new post; what the ledger does not remember is named by its id."""
    a, b = post("posts/a.md", title="New title"), post("posts/b.md")
    came, went, stayed = sorted_out((a, b), ("blog:posts/a.md", "blog:posts/z.md"), ())
    assert [n.id for n in came] == [b.id]
    assert [n.title for n in stayed] == ["New title"]
    assert went == (Named(id="blog:posts/z.md", title="blog:posts/z.md"),)


def test_equal_texts_have_no_changed_line() -> None:
    """Not even the two headings of a comparison."""
    assert changed_lines("w-1", "a\nb", "a\nb") == ()
    assert changed_lines("w-1", "a\nb", "a\nc") == (
        "--- w-1 as sent",
        "+++ w-1 as drawn today",
        *("@@ -1,2 +1,2 @@",),
        " a",
        "-b",
        "+c",
    )


def test_titles_cannot_write_the_pull_request() -> None:
    """No markup, no mention, no link but the post's own; a fence that no line of the template closes."""
    evil = Named(id="1", title="[x](https://evil.example) @team #1 </details>\n## Head `a`", url="javascript:alert(1)")
    fine = Named(id="2", title="Fine", url="https://example.org/a_(b)/ c")
    good = Named(id="3", title="Good", url="https://example.org/good/")
    sizes = Sizes(html=1, text=1, message=1)
    difference = Difference(
        newsletter="weekly",
        issue="weekly-2026-11-27",
        zone="UTC",
        subject="s",
        octets=sizes,
        came=(evil, fine, good),
        last=LAST,
        last_octets=sizes,
        template=("--- a", "+++ b", "@@", "+````", "-x") + ("+y",) * 400,
    )
    shown = differing.markdown(difference)
    assert "[x](" not in shown
    assert "\\[x\\](" in shown
    assert "@team" not in shown
    assert "\n## Head" not in shown
    assert "</details>" in shown.replace("\\<", "").split("</summary>")[1]
    assert "javascript" not in shown
    assert "- Fine\n" in shown
    assert "[Good](<https://example.org/good/>)" in shown
    assert "\n`````diff\n" in shown
    assert "205 lines more" in shown
    assert "| subject | \\<b\\>\\|x | s |" in shown
