"""The preview page: who may ask for it, what it tells, and that nothing broken takes it down."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from digest.errors import ConfigError, UsageError
from digest.web import preview
from digest.web.watching import Changes

HERE, KEY = "http://127.0.0.1:8025", "the-key"


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def client(files_app: Any, changes: Changes) -> FlaskClient:
    return preview.create_app(files_app, newsletter="weekly", port=8025, changes=changes, key=KEY).test_client()


def ask(client: FlaskClient, path: str, *, key: str = KEY, **query: Any) -> Any:
    return client.get(path, base_url=HERE, query_string={"key": key, **query})


def post(client: FlaskClient, body: Any, *, origin: str | None = HERE, key: str = KEY) -> Any:
    headers = {} if origin is None else {"Origin": origin}
    return client.post("/send", base_url=HERE, query_string={"key": key}, json=body, headers=headers)


@pytest.mark.parametrize(
    "host", ["http://evil.test", "http://evil.test:8025", "http://127.0.0.1", "http://127.0.0.1:8026"]
)
@pytest.mark.parametrize("path", ["/", "/state", "/findings", "/mail", "/changes"])
def test_a_foreign_host_gets_nothing(client: FlaskClient, host: str, path: str) -> None:
    """A page that rebinds its name to 127.0.0.1 still sends its own name."""
    answer = client.get(path, base_url=host, query_string={"key": KEY})
    assert answer.status_code == 421
    assert b"weekly" not in answer.data


@pytest.mark.parametrize("path", ["/state", "/findings", "/mail", "/picture", "/changes"])
def test_without_the_key_nothing_is_told(client: FlaskClient, path: str) -> None:
    """Other sites can make a browser ask, but do not know the key; a wrong one (not ASCII even) is refused as well."""
    assert ask(client, path, key="").status_code == 403
    assert ask(client, path, key="clé").status_code == 403


@pytest.mark.parametrize("origin", [None, "null", "https://evil.test", "http://127.0.0.1:9999"])
def test_no_other_page_sends(client: FlaskClient, files_app: Any, origin: str | None) -> None:
    """A POST without the page's own Origin sends nothing."""
    assert post(client, {"address": "me@example.org"}, origin=origin).status_code == 403
    assert files_app.sent == []


def test_a_form_cannot_send(client: FlaskClient, files_app: Any) -> None:
    """Only JSON is read, which no form of another site can make; nor does the key alone suffice, nor a GET."""
    answer = client.post(
        "/send", base_url=HERE, query_string={"key": KEY}, data={"address": "me@example.org"}, headers={"Origin": HERE}
    )
    assert answer.status_code == 403
    assert post(client, {"address": "me@example.org"}, key="").status_code == 403
    assert ask(client, "/send").status_code == 405
    assert files_app.sent == []


def test_the_page_is_one_document(client: FlaskClient) -> None:
    """Nothing is loaded from elsewhere, scripts run by nonce alone, nobody frames it, and nothing is kept."""
    answer = client.get("/", base_url=HERE)
    page, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "src=" not in page.replace("src: address", "")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    nonces = {client.get("/", base_url=HERE).headers["Content-Security-Policy"] for _ in range(3)}
    assert len(nonces) == 3


def test_a_name_cannot_leave_its_place(files_app: Any, changes: Changes) -> None:
    """A newsletter's name is text, also inside the page's script."""
    name = "</script><script>alert(1)</script>"
    client = preview.create_app(files_app, newsletter=name, port=8025, changes=changes, key=KEY).test_client()
    assert "<script>alert" not in client.get("/", base_url=HERE).get_data(as_text=True)


def test_the_state_holds_what_the_page_shows(client: FlaskClient) -> None:
    """Subject, parts, posts and reasons; of readers only what is masked."""
    told = ask(client, "/state").get_json()
    view = told["view"]
    assert told["error"] is None
    assert view["subject"] == "News of weekly"
    assert view["sender"] == "Example Weekly <news@example.org>"
    assert view["headers"][1] == ["Subject", "News of weekly"]
    assert view["picked"][0] == {
        "title": "About a",
        "path": "posts/a.md",
        "url": "https://example.org/blog/a/",
        "reason": "window",
        "pinned": False,
    }
    assert view["left_out"][0]["reason"] == "draft"
    assert view["audiences"][0]["readers"] == ["a•••@example.net", "b•••@example.net"]
    assert "ann@example.net" not in json.dumps(view)
    assert view["whole"] > view["size"]


def test_findings_come_after_the_mail(client: FlaskClient, files_app: Any, changes: Changes) -> None:
    """Judged once a change, and only when they are asked for; what breaks there is said, and the last ones stay."""
    assert ask(client, "/findings").get_json() == {"findings": [], "error": None}
    ask(client, "/state")
    told = ask(client, "/findings").get_json()
    assert [f["rule"] for f in told["findings"]] == ["alt-poor", "text-width", "post", "subject-length"]
    assert told["error"] is None
    real, asked = files_app.preview_findings, []
    files_app.preview_findings = lambda: asked.append(1) or real()
    changes.tell()
    for path in ("/state", "/findings", "/findings"):
        ask(client, path)
    assert asked == [1]
    for words, says in (("the rule fails", "the rule alt-poor broke"), ("the rule stumbles", "ZeroDivisionError")):
        (files_app.root / "words.txt").write_text(words, encoding="utf-8")
        changes.tell()
        assert ask(client, "/state").get_json()["error"] is None
        told = ask(client, "/findings").get_json()
        assert says in told["error"]["message"]
        assert len(told["findings"]) == 4


def test_a_reader_is_chosen_by_number(client: FlaskClient) -> None:
    """The page never learns an address before it asks to look as that reader; a number that is none means nobody."""
    ask(client, "/state")
    assert "For ann@example.net" in ask(client, "/mail", reader=0).get_data(as_text=True)
    assert "For bob@example.net" in ask(client, "/mail", variant=0, reader=1).get_data(as_text=True)
    assert "For max@example.com" in ask(client, "/mail", variant=1, reader=0).get_data(as_text=True)
    for number in (7, -1, "x"):
        assert "For reader@example.com" in ask(client, "/mail", reader=number).get_data(as_text=True)
    assert "For reader@example.com" in ask(client, "/mail", variant=9, reader=0).get_data(as_text=True)


def test_a_reader_of_nobody_is_nobody(client: FlaskClient) -> None:
    """The first question of a page may come with the reader of a session that is long over."""
    assert "For reader@example.com" in ask(client, "/mail", reader=0).get_data(as_text=True)


def test_the_mail_runs_nothing(client: FlaskClient) -> None:
    """Its frame is sandboxed by the answer itself: no scripts, no forms, no frames, even opened alone."""
    answer = ask(client, "/mail", scheme="dark")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert ask(client, "/mail", scheme="purple").status_code == 404


def test_pictures_come_from_this_machine_by_number(client: FlaskClient, files_app: Any) -> None:
    """A post's own picture is shown before it is on the web; no request names a file."""
    html = ask(client, "/mail").get_data(as_text=True)
    assert f'src="/picture?key={KEY}&amp;n=0"' in html
    answer = ask(client, "/picture", n=0)
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    for number in ("1", "-1", "../../etc/passwd", ""):
        assert ask(client, "/picture", n=number).status_code == 404
    (files_app.root / "a.png").unlink()
    assert ask(client, "/picture", n=0).status_code == 404


def test_a_file_that_is_no_picture_is_not_shown(
    client: FlaskClient, files_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Front matter may name any file as its picture: only kinds of pictures leave."""
    state = files_app.render_preview("weekly", None, None)
    object.__setattr__(state.picked[0].post.image, "file", str(files_app.root / "words.txt"))
    monkeypatch.setattr(files_app, "render_preview", lambda *_: state)
    assert ask(client, "/picture", n=0).status_code == 404


def test_a_finding_marks_its_place(client: FlaskClient) -> None:
    """By the words that it quotes, or by its post's link; a number that is none marks nothing."""
    assert '<img id="digest-here" src=' in ask(client, "/mail", mark=0).get_data(as_text=True)
    assert '<a id="digest-here" href="https://example.org/blog/a/"' in ask(client, "/mail", mark=2).get_data(
        as_text=True
    )
    for number in (3, 99, -1):
        assert 'id="digest-here"' not in ask(client, "/mail", mark=number).get_data(as_text=True)


def test_what_is_broken_is_said_and_the_page_lives(client: FlaskClient, files_app: Any, changes: Changes) -> None:
    """A broken template shows its error with file and line beside the last good mail, and mends itself."""
    ask(client, "/state")
    (files_app.root / "words.txt").write_text("{% for", encoding="utf-8")
    changes.tell()
    told = ask(client, "/state").get_json()
    assert (told["error"]["file"], told["error"]["line"]) == ("templates/x.j2", 17)
    assert told["error"]["message"] == "the loop is never closed"
    assert told["view"]["subject"] == "News of weekly"
    assert "The first words." in ask(client, "/mail").get_data(as_text=True)
    (files_app.root / "words.txt").write_text("Mended.", encoding="utf-8")
    changes.tell()
    assert ask(client, "/state").get_json()["error"] is None
    assert "Mended." in ask(client, "/mail").get_data(as_text=True)


def test_broken_from_the_start(client: FlaskClient, files_app: Any) -> None:
    """Without any good version there is the error alone, no mail, and no blank page."""
    (files_app.root / "words.txt").write_text("crash", encoding="utf-8")
    told = ask(client, "/state").get_json()
    assert told["view"] is None
    assert "ZeroDivisionError: nobody thought of this" in told["error"]["message"]
    assert ask(client, "/mail").status_code == 404
    assert ask(client, "/picture", n=0).status_code == 404


def test_every_mistake_of_the_configuration_is_told(
    client: FlaskClient, files_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """digest.toml may have several mistakes: the page shows them all."""
    mistakes = tuple(ConfigError(f"mistake {n}", file="digest.toml", line=n) for n in (3, 9))

    def broken(*_: Any) -> None:
        raise ConfigError("mistake 3", file="digest.toml", line=3, mistakes=mistakes)

    monkeypatch.setattr(files_app, "render_preview", broken)
    assert ask(client, "/state").get_json()["error"]["more"] == ["digest.toml:9: mistake 9"]


def test_mistakes_of_the_mjml_are_findings(client: FlaskClient, files_app: Any) -> None:
    """Each with its rule and its place."""
    (files_app.root / "words.txt").write_text("<mj-txt>", encoding="utf-8")
    found = ask(client, "/state").get_json()["error"]["findings"]
    assert [(f["rule"], f["file"], f["line"], f["part"]) for f in found] == [
        ("mjml-tag", "templates/x.j2", 3, "mjml"),
        ("mjml-tag", "templates/x.j2", 9, "mjml"),
    ]


def test_a_look_is_rendered_once_a_change(client: FlaskClient, files_app: Any, changes: Changes) -> None:
    """Frame, tabs and pickers ask for the same; only a change renders again."""
    calls: list[Any] = []
    real = files_app.render_preview
    files_app.render_preview = lambda *a: calls.append(a) or real(*a)
    for path in ("/state", "/mail", "/mail", "/picture"):
        ask(client, path, n=0)
    assert len(calls) == 1
    changes.tell()
    ask(client, "/state")
    assert len(calls) == 2


def test_the_button_sends(client: FlaskClient, files_app: Any) -> None:
    """One address, trimmed; what went wrong comes back as a sentence with its hint."""
    answer = post(client, {"address": " me@example.org "})
    assert (answer.status_code, answer.get_json()) == (200, {"message": "Sent to me@example.org."})
    assert files_app.sent == [("weekly", "me@example.org")]
    refused = post(client, {"address": "no@example.org"})
    assert (refused.status_code, refused.get_json()) == (
        422,
        {"error": "the relay refused it", "hint": "ask the relay"},
    )
    for body in ({}, {"address": 7}, {"address": "me"}, ["me@example.org"], "me@example.org"):
        assert post(client, body).status_code == 422
    assert len(files_app.sent) == 1


def test_events_tell_each_change(client: FlaskClient, changes: Changes) -> None:
    """The stream begins with the number as it is, tells a change at once, and ends with the server."""
    answer = ask(client, "/changes")
    assert answer.mimetype == "text/event-stream"
    events = iter(answer.response)
    assert b"data: 0\n" in next(events)
    changes.tell()
    assert next(events) == b"data: 1\n\n"
    changes.close()
    assert list(events) == []
    answer.close()


def test_a_silent_stream_gives_signs_of_life(
    client: FlaskClient, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that has gone is only noticed by writing to it."""
    monkeypatch.setattr(preview, "HEARTBEAT", 0.01)
    answer = ask(client, "/changes")
    events = iter(answer.response)
    next(events)
    assert next(events) == b": still here\n\n"
    changes.close()
    answer.close()


def test_masking_keeps_the_domain() -> None:
    """Enough to know one's own address, nothing more."""
    assert preview.masked("reader@example.net") == "r•••@example.net"
    assert preview.masked("") == "•••"


def test_a_taken_port_names_a_free_one(files_app: Any) -> None:
    """Two previews on one port: the second says so, and which port is free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as raised:
            preview.serve(files_app, newsletter="weekly", port=port, open_browser=False)
    assert f"port {port} is in use" in str(raised.value)
    free = int(raised.value.hint.rpartition(" ")[2])
    assert port < free <= port + 20


def test_where_no_port_is_free_any_will_do(files_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 0 lets the system choose."""

    def taken(port: int) -> socket.socket:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(preview, "_bound", taken)
    with pytest.raises(UsageError) as raised:
        preview.serve(files_app, newsletter="weekly", port=8025, open_browser=False)
    assert raised.value.hint.endswith("--port 0")


def test_a_port_of_the_system_is_refused(files_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1024 the system says no: that is a usage error, not a traceback."""

    def refuse(port: int) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(preview, "_bound", refuse)
    with pytest.raises(UsageError, match="port 80 is for the system"):
        preview.serve(files_app, newsletter="weekly", port=80, open_browser=False)


SERVER = """
import sys
from pathlib import Path
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("fake", sys.argv[1]); fake = module_from_spec(spec); spec.loader.exec_module(fake)
from digest.web import preview
preview.serve(fake.FilesApp(Path(sys.argv[2])), newsletter="weekly", port=0, open_browser=False)
print("ended well")
"""


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Whatever becomes of the test, its process ends."""
    try:
        yield
    finally:
        process.kill()


def test_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    """A server with a page that listens says where it is, is silent otherwise, and is gone a second after Ctrl-C."""
    fake = Path(__file__).parent / "conftest.py"
    command = [sys.executable, "-c", SERVER, str(fake), str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout
    assert process.stderr
    with process, ended(process):
        said = process.stderr.readline()
        port = int(said.split("127.0.0.1:")[1].split("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        page = connection.getresponse().read().decode()
        key = json.loads(page.split('id="facts">')[1].split("</script>")[0])["key"]
        connection.request("GET", f"/changes?key={key}")
        stream = connection.getresponse()
        assert stream.readline() == b"retry: 500\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 3
        stream.close()
        connection.close()
        assert process.stdout.read() == "ended well\n"
        assert process.stderr.read() == ""


def test_a_browser_is_opened_where_one_is_wanted(files_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens beside the server: one that takes its time holds nothing up."""
    opened = threading.Event()
    monkeypatch.setattr(preview.webbrowser, "open", lambda url: opened.set())
    monkeypatch.setattr(preview, "make_server", lambda *a, **k: _Ended())
    preview.serve(files_app, newsletter="weekly", port=0, open_browser=False)
    assert not opened.is_set()
    preview.serve(files_app, newsletter="weekly", port=0, open_browser=True)
    assert opened.wait(5)


class _Ended:
    def serve_forever(self, poll_interval: float) -> None:
        """End at once."""

    def server_close(self) -> None:
        """Nothing is open."""
