"""What bad input gets, through the command line and in a process of its own: an exit code, a place, a thing to do.

For each: no traceback, no message that should not be there, nothing half-written, and the next good run goes on.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest import config as configuration
from digest.app import App, Clock
from digest.errors import TemplateError
from digest.pipeline.choose import moment
from tests.projects import FRIDAY, Project, Said
from tests.smtp_server import Authority, Drop, Say, SmtpServer, Stall, wait_until

NEXT_FRIDAY = "2026-12-04T09:01+01:00"
ISSUE = "weekly-2026-11-27"
# Root ignores modes. Without these two powers it is a user like any other, so that modes can be tested honestly.
POWERLESS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")


@pytest.fixture
def project(tmp_path: Path, server: SmtpServer) -> Project:
    return Project(tmp_path / "project", port=server.port)


@pytest.fixture(scope="session")
def powerless() -> tuple[str, ...]:
    """What stands before a command so that modes bind it."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root ignores modes, and there is no setpriv to give that up")
    return POWERLESS


def started(project: Project, *words: str, prefix: tuple[str, ...] = (), now: str = FRIDAY) -> Said:
    """Run a command as `Project.digest` does, with something before it."""
    done = subprocess.run(
        [*prefix, *project.command(*words, now=now)],
        env=project.environ(),
        cwd=project.root,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def told(said: Said, code: int, *words: str) -> None:
    """It ended with this code, without a traceback, and its words name the thing and say what to do."""
    assert said.code == code, said
    assert "Traceback" not in said.err, said.err
    assert "should not happen" not in said.err, said.err
    assert not [word for word in words if word not in said.err], said.err


def files(project: Project) -> dict[str, bytes]:
    """Every file of a project, to see that nothing changed."""
    return {p.relative_to(project.root).as_posix(): p.read_bytes() for p in project.root.rglob("*") if p.is_file()}


def app_of(project: Project, now: str) -> App:
    """The project in this process, with an empty environment: to look at what a command left behind, and to go on."""
    config = configuration.load(project.root, {})
    return App(config, {}, Clock(moment(now, "UTC")))


def counts(project: Project, issue: str = ISSUE) -> dict[str, int]:
    """The sums of an issue; they add up, always."""
    shown = app_of(project, FRIDAY).status(issue)[0].as_json()["counts"]
    rest = sum(n for name, n in shown.items() if name != "list")
    assert shown["list"] == rest, shown
    return dict(shown)


def goes_on(project: Project, now: str = FRIDAY) -> None:
    """A good run, in this process: whatever happened before, it ends well."""
    (report,) = app_of(project, now).run("weekly", dry_run=False, wait=timedelta(0), first_issue=False, force="")
    assert report.exit_code == 0, report


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


# ------------------------------------------------------------------------------------------------ configuration


def test_no_configuration(project: Project, server: SmtpServer) -> None:
    """78: which folder was searched, and the command that makes one."""
    (project.root / "digest.toml").unlink()
    before = files(project)
    told(project.digest("run"), 78, str(project.root), "digest init")
    assert files(project) == before
    assert not server.messages


def test_every_wrong_key_at_once(project: Project, server: SmtpServer) -> None:
    """78: each mistake with its line, and the nearest word."""
    text = (project.root / "digest.toml").read_text()
    project.configure(text.replace("send =", "sned =").replace("timezone =", "timezoen =").replace('"none"', '"nonne"'))
    before = files(project)
    said = project.digest("run")
    told(said, 78, "digest.toml:4:", 'did you mean "timezone"?', 'did you mean "send"?', 'did you mean "none"?')
    assert len(re.findall(r"digest\.toml:\d+:", said.err)) == 3
    assert files(project) == before
    assert not server.messages


def test_a_file_that_is_no_toml(project: Project) -> None:
    """78, with the line."""
    text = (project.root / "digest.toml").read_text()
    project.configure(text.replace("[sender]", "[sender"))
    told(project.digest("status"), 78, "digest.toml:10:", "']'")


def test_no_posts_folder(project: Project, server: SmtpServer) -> None:
    """65: which source, which folder, and the nearest one that is there."""
    project.configure((project.root / "digest.toml").read_text().replace('"posts"', '"content/psots"'))
    told(project.digest("posts"), 65, "sources.blog", "content/psots")
    told(project.digest("run"), 65, "sources.blog", "content/psots", str(project.root))
    assert not server.messages


# ------------------------------------------------------------------------------------------------ posts


@dataclass(frozen=True)
class Bad:
    """A file that is no good post: what is in it, where the fault is, what is said of it, and whether it still goes."""

    octets: bytes | Callable[[Path], None]
    line: int | None
    says: str
    goes: bool = False


def metadata(text: str) -> bytes:
    return f"---\ntitle: A title\n{text}\n---\nWords.\n".encode()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.write(metadata("date: 2026-11-24"))
        file.truncate(50 << 20)  # 50 MB, sparse


def unreadable(path: Path) -> None:
    path.write_bytes(metadata("date: 2026-11-24"))
    path.chmod(0)


def outside(path: Path) -> None:
    secret = path.parents[2] / "outside.md"
    secret.write_bytes(metadata("date: 2026-11-24").replace(b"Words", b"Words of another folder"))
    path.symlink_to(secret)


BOMB = "date: 2026-11-24\na: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
BAD = {
    "unreadable": Bad(unreadable, None, "Permission denied"),
    "binary": Bad(bytes(range(256)) * 20, None, "no text"),
    "empty": Bad(b"", None, "empty"),
    "huge": Bad(huge, None, "5 MB"),
    "latin": Bad("---\ntitle: Caf\xe9\ndate: 2026-11-24\n---\n".encode("latin-1"), 2, "not UTF-8"),
    "bomb": Bad(metadata(BOMB + "\ntags: *j"), 8, "aliases"),
    "tabs": Bad(b"---\ntitle: Tabs\n\tdate: 2026-11-24\n---\n", 3, "tab"),
    "day": Bad(metadata("date: 2026-13-03"), 3, '"2026-13-03" is not a date'),
    "day-of-last-year": Bad(metadata("date: 2025-13-03"), 3, '"2025-13-03" is not a date'),
    "number": Bad(metadata("date: 1732406400"), 3, "is not a date"),
    "open": Bad(b"---\ntitle: Never closed\ndate: 2026-11-24\n", 1, "never closed"),
    "outside": Bad(outside, None, "outside the project"),
    "twice": Bad(b"---\ntitle: One\ndate: 2026-11-24\ntitle: Two\n---\nWords.\n", 4, "a second time", goes=True),
    "tags-number": Bad(metadata("date: 2026-11-24\ntags: 5"), None, "", goes=True),
    "tags-mapping": Bad(metadata("date: 2026-11-24\ntags: {a: b}"), 4, "tags is a mapping", goes=True),
}


@dataclass(frozen=True)
class Week:
    """A week with every bad post in it, as three commands and the readers saw it."""

    listed: dict[str, list[dict[str, object]]]  # file -> problems, by `posts --json`
    strict: Said
    first: Said
    second: Said
    text: str
    people: list[str]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, powerless: tuple[str, ...]) -> Week:
    with SmtpServer() as server:
        project = Project(tmp_path_factory.mktemp("week") / "project", port=server.port)
        posts = project.root / "posts"
        for name, bad in BAD.items():
            path = posts / f"{name}.md"
            path.write_bytes(bad.octets) if isinstance(bad.octets, bytes) else bad.octets(path)
        (posts / "loop").symlink_to(posts)
        listed = started(project, "posts", "--json", prefix=powerless)
        assert listed.code == 0, listed
        strict = started(project, "select", "--strict", prefix=powerless)
        first, second = (started(project, "run", prefix=powerless) for _ in range(2))
        return Week(
            listed={Path(p["path"]).stem: p["problems"] for p in listed.json},
            strict=strict,
            first=first,
            second=second,
            text=parsed(server.messages[0].data).get_body(("plain",)).get_content(),  # type: ignore[union-attr]
            people=server.addresses(),
        )


@pytest.mark.parametrize("name", BAD)
def test_a_bad_post_is_named_and_costs_itself_alone(week: Week, name: str) -> None:
    """file:line and what is wrong, in the list of posts and once in a run; it stays out, or its fault is mended."""
    bad = BAD[name]
    problems = week.listed[name]
    assert [p for p in problems if p["line"] == bad.line and bad.says in str(p["message"])] or not bad.says, problems
    place = f"posts/{name}.md" + (f":{bad.line}:" if bad.line else ":")
    if bad.goes:
        assert f"https://example.org/{name}/" in week.text
    else:
        assert f"https://example.org/{name}/" not in week.text
        assert re.search(f"digest: {re.escape(place)} .*{re.escape(bad.says)}.* The post was left out", week.first.err)


def test_bad_posts_stop_nothing(week: Week) -> None:
    """The rest goes to everybody, exit 0; what was told is not told again; --strict makes it 65; a link that runs in a
    circle is walked once, and nothing from outside the project is mailed."""
    told(week.first, 0)
    told(week.second, 0)
    assert week.second.err == ""
    told(week.strict, 65)
    assert sorted(week.people) == ["a@example.net", "b@example.net", "c@example.net"]
    assert "The first post" in week.text
    assert "another folder" not in week.text
    assert "loop" not in week.listed


HOSTILE = "Two\nlines {{ 7*7 }} {% raw %} <script>alert(1)</script> </mj-text></mj-raw> & =?utf-8?q?x?="
SEEN = "Two lines {{ 7*7 }} {% raw %} <script>alert(1)</script> </mj-text></mj-raw> & =?utf-8?q?x?="


def test_a_title_is_text_whatever_it_holds(project: Project, server: SmtpServer) -> None:
    """Line breaks, template code, markup and 5,000 characters: the readers see the characters, the subject is one
    line, and nothing was computed."""
    project.newsletter = 'subject = "{{ lead.title }}"\npreheader = "{{ lead.title }}"'
    project.configure()
    project.post("2026-11-26-hostile", HOSTILE, "2026-11-26", tags='["{{ 7*7 }}", "<b>"]', body=HOSTILE)
    project.post("2026-11-25-long", "Long " + "wordy " * 1000, "2026-11-25")
    said = project.digest("run")
    told(said, 0)
    assert len(server.messages) == 3
    message = parsed(server.messages[0].data)
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert message["Subject"].startswith("Two lines {{ 7*7 }} {% raw %} <script>alert(1)</script>")
    assert SEEN in " ".join(text.split())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "mj-raw>" not in html.replace("&lt;/mj-raw&gt;", "")
    for content in (text, html.replace("#49", "")):
        assert not re.search(r"\b49\b", content)
    assert len(text) < 8000


# ------------------------------------------------------------------------------------------------ templates


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        ("default/issue.mjml.j2", "{% if lead %}", "{% fi lead %}", "unknown tag 'fi'"),
        ("parts/page.mjml.j2", "</mj-body>", "{{ isue.titel }}</mj-body>", "'isue' is undefined"),
        ("parts/page.mjml.j2", "</mj-body>", "<mj-sektion></mj-sektion></mj-body>", "did you mean <mj-section>?"),
        ("parts/page.mjml.j2", "</mj-body>", "</mj-section></mj-body>", "mjml-balance"),
    ],
    ids=["syntax", "unknown-variable", "unknown-tag", "crossed-tags"],
)
def test_a_template_of_the_project_with_a_fault(
    project: Project, server: SmtpServer, file: str, before: str, after: str, says: str
) -> None:
    """65 with the template's own file and line, from `run` as from `check`, where a fault of the MJML is a finding of
    its rule; nothing is frozen or sent."""
    shipped = (Path(__file__).parents[1] / "templates" / file).read_text(encoding="utf-8")
    assert before in shipped
    at = next(n for n, text in enumerate(shipped.splitlines(), 1) if before in text)
    own = project.root / "templates" / file
    own.parent.mkdir(parents=True)
    own.write_text(shipped.replace(before, after, 1), encoding="utf-8")
    told(project.digest("run"), 65, f"templates/{file}:{at}:", says)
    assert not server.messages
    if "mj" in says:
        first = app_of(project, FRIDAY).check("weekly").findings[0]
        assert (first.file, first.line, first.severity, first.rule[:5]) == (f"templates/{file}", at, "error", "mjml-")
    else:
        with pytest.raises(TemplateError, match=re.escape(f"templates/{file}:{at}:")):
            app_of(project, FRIDAY).check("weekly")
    assert app_of(project, FRIDAY).status()[0].state == "coming"


def test_a_theme_that_is_not_there(project: Project, server: SmtpServer) -> None:
    """78, with the nearest theme."""
    project.newsletter = 'theme = "defualt"'
    project.configure()
    told(project.digest("run"), 78, "digest.toml:", "defualt", 'did you mean "default"?')
    assert not server.messages


# ------------------------------------------------------------------------------------------------ lists


def test_a_list_with_bad_rows(project: Project, server: SmtpServer) -> None:
    """A byte order mark, no address, an address with a blank, somebody twice, a line break in a name: good people get
    it once, each fault is told with its line, and no header came of a name."""
    rows = (
        "email,name\r\na@example.net,A\r\nA@Example.NET,Again\r\nno address,x\r\n"
        '"b@example.net","Evil\r\nBcc: everyone@example.org"\r\nc@example.net,"=cmd()"\r\nd@exa mple.net,\r\n'
    )
    (project.root / "subscribers" / "readers.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    said = project.digest("run")
    told(said, 0, *(f"subscribers/readers.csv:{n}:" for n in (3, 4, 5, 8)))
    assert sorted(server.addresses()) == ["a@example.net", "b@example.net", "c@example.net"]
    for kept in server.messages:
        assert "Bcc" not in parsed(kept.data)
        assert b"Evil" not in kept.data
    assert counts(project)["list"] == 3


@pytest.mark.parametrize(
    ("octets", "people"),
    [(b"a@example.net\nb@example.net\n", 2), (b"email\na@example.net", 1)],
    ids=["no-header", "one-row"],
)
def test_a_list_of_little(project: Project, server: SmtpServer, octets: bytes, people: int) -> None:
    """Addresses alone are a list, and so is one row."""
    (project.root / "subscribers" / "readers.csv").write_bytes(octets)
    told(project.digest("run"), 0)
    assert len(server.messages) == people


@pytest.mark.parametrize(
    ("octets", "line", "says"),
    [
        (b"email\n", "", "holds nobody"),
        (b"", "", "holds nobody"),
        (b"email\nnobody\n", "", "line 2"),
        (b"a@example.net,Name\nb@example.net,Other\n", ":1", "no column `email`"),
        ("email,name\na@example.net,Caf\xe9\n".encode("latin-1"), ":2", "not UTF-8"),
        (b'email,name\na@example.net,"never closed\nb@example.net,B\n', ":2", "is not closed"),
        (b"email,status\na@example.net,unsubscribed\n", ":1", "status"),
    ],
    ids=["no-rows", "empty", "bad-rows-alone", "no-email", "latin", "open-quote", "status"],
)
def test_a_list_that_cannot_be_used(project: Project, server: SmtpServer, octets: bytes, line: str, says: str) -> None:
    """65 with the file, at every run until it is mended: an issue to nobody, or to half a list, is never sent."""
    path = project.root / "subscribers" / "readers.csv"
    path.write_bytes(octets)
    for _ in range(2 if says == "holds nobody" else 1):
        told(project.digest("run"), 65, f"subscribers/readers.csv{line}: ", says)
    assert not server.messages
    path.write_bytes(b"email\na@example.net\n")
    goes_on(project)
    assert server.addresses() == ["a@example.net"]


def test_a_list_that_was_emptied_later_changes_nothing(project: Project, server: SmtpServer) -> None:
    """An empty file where there were people is a mistake, not an order to forget them."""
    goes_on(project)
    (project.root / "subscribers" / "readers.csv").write_bytes(b"email\n")
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    for _ in range(2):
        told(project.digest("run", now=NEXT_FRIDAY), 65, "subscribers/readers.csv: ")
    assert len(server.messages) == 3


# ------------------------------------------------------------------------------------------------ the relay


def test_a_wrong_password(project: Project, server: SmtpServer) -> None:
    """77; nobody is charged, the password is shown nowhere, and with the right one it goes on."""
    server.users = {"news@example.org": "right"}
    project.environment = {"DIGEST_SMTP_USER": "news@example.org", "DIGEST_SMTP_PASSWORD": "qu1te-wr0ng"}
    said = project.digest("run")
    told(said, 77, "535")
    assert "qu1te-wr0ng" not in said.err + said.out
    assert counts(project)["queued"] == 3
    project.environment["DIGEST_SMTP_PASSWORD"] = "right"
    told(project.digest("run"), 0)
    assert Counter(server.addresses()) == {"a@example.net": 1, "b@example.net": 1, "c@example.net": 1}


def test_a_user_without_a_password(project: Project, server: SmtpServer) -> None:
    """78, where a password may be put; nothing is asked for, so that cron does not hang."""
    project.environment = {"DIGEST_SMTP_USER": "news@example.org"}
    told(project.digest("run"), 78, "DIGEST_SMTP_PASSWORD")
    assert not server.connections


def test_a_server_that_is_away(project: Project) -> None:
    """69 with host and port; everybody is still queued."""
    project.port = 1
    project.configure()
    told(project.digest("run"), 69, "127.0.0.1 port 1", "[smtp] port")
    assert counts(project)["queued"] == 3


@pytest.mark.parametrize(("tls", "names"), [("starttls", ("127.0.0.1",)), ("tls", ("127.0.0.1",))])
def test_a_certificate_that_nobody_trusts(tmp_path: Path, tls: str, names: tuple[str, ...]) -> None:
    """69 on both ways to TLS, and not one command was said over it; with the authority named it goes."""
    (tmp_path / "ca").mkdir()
    authority = Authority(tmp_path / "ca")
    with SmtpServer(tls=tls, certificate=authority.certificate(*names), users={"u": "p"}) as server:
        project = Project(tmp_path / "project", port=server.port)
        project.environment = {"DIGEST_SMTP_USER": "u", "DIGEST_SMTP_PASSWORD": "p"}
        text = (project.root / "digest.toml").read_text().replace('tls = "none"', f'tls = "{tls}"')
        project.configure(text)
        told(project.digest("run"), 69, "certificate")
        assert not server.signed_in
        assert not server.said("MAIL")
        assert counts(project)["queued"] == 3
        project.configure(text.replace(f'tls = "{tls}"', f'tls = "{tls}"\nca_file = "{authority.file}"'))
        told(project.digest("run"), 0)
        assert len(server.messages) == 3


FAULTS = {
    "421": Say(421, "4.3.2 closing"),
    "450": Say(450, "4.2.0 try again later"),
    "550": Say(550, "5.1.1 no such user here"),
    "552": Say(552, "5.2.2 mailbox full"),
    "554": Say(554, "5.7.1 refused by policy"),
    "drop": Drop(),
}
STEPS = ("greeting", "ehlo", "mail", "rcpt", "data", "dot")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_whatever_the_relay_does(project: Project, server: SmtpServer, step: str, fault: str) -> None:
    """Each answer at each step: an exit code of the table, words for it, sums that add up; when the relay is well
    again, everybody has it once but those it refused or left in doubt."""
    lines = 2 if fault == "drop" else 1000  # each line that breaks is followed by a longer pause
    server.script = lambda m: FAULTS[fault] if m.step == step and m.connection < lines else None
    said = project.digest("run", "--wait", "0s")
    assert said.code in (0, 69, 75, 77), said
    told(said, said.code)
    after = counts(project)
    assert after["list"] == 3
    if said.code or after["sent"] < 3:
        assert said.err.startswith("digest: "), said.err
    if said.code in (69, 77):
        assert after["failed"] == after["suppressed"] == 0, "a refusal of us costs no recipient"
    if said.code == 0:
        assert after["queued"] == after["deferred"] == 0
    server.script = lambda m: None
    goes_on(project, "2026-11-27T15:00+01:00")
    final = counts(project)
    assert final["queued"] == final["deferred"] == 0
    got = Counter(server.addresses())
    assert all(n == 1 for n in got.values()), got
    assert final["sent"] <= len(got) <= final["sent"] + final["uncertain"]
    assert final["sent"] + final["failed"] + final["uncertain"] == 3
    assert final["uncertain"] == 0 or step == "dot", "only a lost answer after the dot leaves a doubt"


@pytest.mark.parametrize("step", ["greeting", "ehlo"])
def test_a_relay_that_says_nothing(project: Project, server: SmtpServer, step: str) -> None:
    """69 after the time-out of the configuration; nobody is charged."""
    project.smtp = "timeout = 1"
    project.configure()
    server.script = lambda m: Stall() if m.step == step else None
    told(project.digest("run"), 69, "1 second")
    assert counts(project)["queued"] == 3


@pytest.mark.parametrize(
    "step", [pytest.param("mail", marks=pytest.mark.soak), pytest.param("rcpt", marks=pytest.mark.soak), "data", "dot"]
)
def test_a_connection_that_hangs(project: Project, server: SmtpServer, step: str) -> None:
    """It is left after the time of that step, and another one does the rest; only who waited for the answer to a whole
    message is in doubt."""
    project.smtp = "timeout = 1"
    project.configure()
    server.script = lambda m: Stall() if m.connection == 0 and m.step == step else None
    told(project.digest("run"), 0)
    after = counts(project)
    doubt = 1 if step == "dot" else 0
    assert (after["sent"], after["uncertain"]) == (3 - doubt, doubt)
    assert max(Counter(server.addresses()).values()) == 1


def test_a_what_if_clock_and_a_real_relay(project: Project, server: SmtpServer) -> None:
    """64 for a run of another week: nothing is looked up, connected to or written."""
    text = (project.root / "digest.toml").read_text().replace('"127.0.0.1"', '"smtp.example.org"')
    project.configure(text.replace('tls = "none"', 'tls = "starttls"'))
    before = files(project)
    told(project.digest("run"), 64, "--dry-run", "smtp.example.org")
    told(project.digest("send", "--to", "me@example.org"), 64, "smtp.example.org")
    assert files(project) == before


# ------------------------------------------------------------------------------------------------ disk and state


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k,mode=0700", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root alone")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(project: Project, server: SmtpServer, small_disk: Path) -> None:
    """75, nothing is sent, and with room it goes on from where it was."""
    (small_disk / "secret").write_bytes((project.root / ".digest" / "secret").read_bytes())
    (small_disk / "secret").chmod(0o600)
    ballast = small_disk / "ballast"
    text = (project.root / "digest.toml").read_text()
    project.configure(f'{text}\n[state]\npath = "{small_disk}"\n')
    ballast.write_bytes(b"0" * 160_000)
    told(project.digest("run"), 75, "full", "room")
    assert not server.messages
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    told(project.digest("run"), 0)
    assert len(server.messages) == 3


def test_a_limit_on_the_size_of_files(project: Project, server: SmtpServer) -> None:
    """The same where a file may not grow, which any user can set: 75, nothing lost."""
    done = subprocess.run(
        project.command("run"),
        env=project.environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    told(Said(done.returncode, done.stdout, done.stderr), 75)
    assert not server.messages
    told(project.digest("run"), 0)
    assert len(server.messages) == 3


def test_a_state_folder_that_may_not_be_written(
    project: Project, server: SmtpServer, powerless: tuple[str, ...]
) -> None:
    """78 with the folder, nothing sent; looking is still allowed."""
    state = project.root / ".digest"
    state.chmod(0o500)
    try:
        told(started(project, "run", prefix=powerless), 78, ".digest")
        told(started(project, "status", prefix=powerless), 0)
        told(started(project, "select", prefix=powerless), 0)
    finally:
        state.chmod(0o700)
    assert not server.messages


def test_a_database_of_a_newer_version(project: Project, server: SmtpServer) -> None:
    """78 from a run as from a look, and not one byte of it is changed."""
    goes_on(project)
    path = project.root / ".digest" / "digest.sqlite3"
    database = sqlite3.connect(path)
    with database:
        database.execute("INSERT INTO migration (number, name, applied_at) VALUES (9999, 'later', 0)")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    before = path.read_bytes()
    for words in (("run",), ("status",), ("select",)):
        told(project.digest(*words, now=NEXT_FRIDAY), 78, "newer version", "digest.sqlite3")
    assert path.read_bytes() == before
    assert len(server.messages) == 3


def test_a_database_that_is_none(project: Project, server: SmtpServer) -> None:
    """78, and the file is left as it was: it may be all that is left of a history."""
    path = project.root / ".digest" / "digest.sqlite3"
    path.write_bytes(b"this is no database, but somebody may want it" * 100)
    before = path.read_bytes()
    told(project.digest("run"), 78, "digest.sqlite3")
    assert path.read_bytes() == before
    assert not server.messages


def test_a_state_folder_that_has_vanished(project: Project, server: SmtpServer) -> None:
    """78: no history is no first issue; the folder's place, and the way out."""
    goes_on(project)
    shutil.rmtree(project.root / ".digest")
    before = files(project)
    told(project.digest("run", now=NEXT_FRIDAY), 78, ".digest", "--first-issue")
    assert files(project) == before
    assert len(server.messages) == 3


def test_another_secret(project: Project, server: SmtpServer) -> None:
    """78: every link already out would die."""
    goes_on(project)
    project.post("2026-12-01-third", "The third post", "2026-12-01")
    project.environment["DIGEST_SECRET"] = "quite another secret, and long enough"
    told(project.digest("run", now=NEXT_FRIDAY), 78, "DIGEST_SECRET")
    assert len(server.messages) == 3


# ------------------------------------------------------------------------------------------------ signals


def begun(project: Project, server: SmtpServer, messages: int) -> subprocess.Popen[str]:
    """A run of 30 people at 10 a second that has sent some."""
    project.list("readers", *(f"r{n:02}@example.net" for n in range(30)))
    project.smtp = 'rate = "10/s"'
    project.configure()
    running = subprocess.Popen(
        project.command("run"),
        env=project.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert wait_until(lambda: server.taken >= messages, 30)
    return running


def ended(running: subprocess.Popen[str]) -> Said:
    out, err = running.communicate(timeout=20)
    return Said(running.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_asked_to_stop(project: Project, server: SmtpServer, number: signal.Signals) -> None:
    """The message in hand is finished, what is left is told, nobody is in doubt, and the next run does the rest."""
    running = begun(project, server, 3)
    running.send_signal(number)
    said = ended(running)
    told(said, 130, "digest run")
    after = counts(project)
    assert 3 <= after["sent"] == len(server.messages) < 30
    assert after["queued"] == 30 - after["sent"]
    assert f"{after['queued']}" in said.err
    project.smtp = ""
    project.configure()
    told(project.digest("run"), 0)
    assert len(server.messages) == 30
    assert max(Counter(server.addresses()).values()) == 1


def test_a_second_ctrl_c_stops_at_once(project: Project, server: SmtpServer) -> None:
    """The relay hangs after the dot: the first one waits for its answer, the second does not; that one person is in
    doubt, and all others get it later, once."""
    server.script = lambda m: Stall() if m.step == "dot" and server.taken >= 2 else None
    running = begun(project, server, 3)
    running.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(1)
    running.send_signal(signal.SIGINT)
    said = ended(running)
    assert said.code == 130, said
    assert "Traceback" not in said.err
    server.script = lambda m: None
    project.smtp = ""
    project.configure()
    told(project.digest("run"), 0, "may or may not have it")
    after = counts(project)
    assert (after["sent"], after["uncertain"]) == (29, 1)
    assert max(Counter(server.addresses()).values()) == 1


def test_a_reader_of_the_output_that_leaves(project: Project) -> None:
    """`digest posts | head -1`: what was asked for, no complaint, no traceback."""
    for n in range(300):
        project.post(f"many-{n:03}", f"Post number {n} with a title that takes some room on a line", "2026-11-24")
    for words in (("posts",), ("posts", "--json")):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", '"$@" 2>err | head -1', "-", *project.command(*words)],
            env=project.environ(),
            cwd=project.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        complaint = (project.root / "err").read_text()
        assert len(done.stdout.splitlines()) == 1
        assert "Traceback" not in complaint
        assert "Broken pipe" not in complaint
        assert "Exception ignored" not in complaint
        assert done.returncode in (0, 128 + signal.SIGPIPE)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("rnu",), "rnu"),
        (("run", "--dry-rnu"), "--dry-run"),
        (("run", "wekly"), "did you mean weekly?"),
        (("run", "--wait", "soon"), "--wait 10s"),
        (("select", "--now", "yesterday"), "yesterday"),
        (("select", "--issue", "weekly-2026-13-99"), "weekly-2026-13-99"),
        (("status", "weekly-1999-01-01"), "weekly-1999-01-01"),
        (("send", "--to", "no address"), "no address"),
        (("send", "--exact"), "--to ADDRESS"),
        (("resend",), "ISSUE"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(project: Project, words: tuple[str, ...], says: str) -> None:
    """64: which word is wrong, and the right one where it can be guessed."""
    before = files(project)
    now = "" if "--now" in words else FRIDAY
    told(project.digest(*words, now=now), 64, says)
    assert files(project) == before


def test_python_is_named_where_it_is_too_old() -> None:
    """The oldest Python that will do stands in the package, so that an installer says it before anything else does."""
    assert sys.version_info >= (3, 11)
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert 'requires-python = ">=3.11"' in text
