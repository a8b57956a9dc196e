"""The relay transport: sign-in through yagmail with each of its traps closed, and lines that come and go."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from digest.deliver.transports import smtp
from digest.errors import ConfigError, DigestError, RelayRefused, RelayUnreachable, SecretMissing
from digest.settings import Smtp
from digest.testing import ListFeed
from tests.smtp_server import INJECTED, PIPELINING, Authority, Drop, Moment, Raw, Say, SmtpServer, Stall, wait_until

MESSAGE = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def refused(transport: smtp.Relay, feed: ListFeed) -> pytest.ExceptionInfo[RelayRefused]:
    with pytest.raises(RelayRefused, match="535") as told:
        transport.deliver(feed)
    return told


def letters(count: int) -> list[tuple[str, str, bytes]]:
    return [("a@example.org", f"r{i}@example.net", MESSAGE) for i in range(count)]


def options(server: SmtpServer | None = None, **said: Any) -> Smtp:
    known: dict[str, Any] = {"host": "localhost", "tls": "none", "timeout": 3}
    if server is not None:
        known["port"] = server.port
    return Smtp(**(known | said))


def deliver(said: Smtp, count: int = 3, *, user: str | None = None, password: str | None = None) -> ListFeed:
    feed = ListFeed(letters(count))
    with closing(smtp.open(said, user=user, password=password)) as transport:
        transport.deliver(feed)
    return feed


# ------------------------------------------------------------------------------------------------ TLS


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_trusted_certificate_is_accepted(authority: Authority, tls: str) -> None:
    """Both ways of TLS, with an authority of one's own in ca_file, and a sign-in under it."""
    with SmtpServer(tls=tls, certificate=authority.certificate("localhost"), users={"news": "pass"}) as server:
        said = options(server, tls=tls, ca_file=str(authority.file))
        feed = deliver(said, user="news", password="pass")
    assert {r[:3] for r in feed.replies} == {(i, "dot", 250) for i in range(3)}
    assert server.signed_in == ["news"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown authority", "other name", "expired"])
def test_a_certificate_that_cannot_be_trusted_ends_it(authority: Authority, tls: str, fault: str) -> None:
    """yagmail would take any certificate: ours is verified, by chain, name and date, before any password goes out."""
    name, days = ("other.example", 10) if fault == "other name" else ("localhost", -1 if fault == "expired" else 10)
    trusted = "" if fault == "unknown authority" else str(authority.file)
    with SmtpServer(tls=tls, certificate=authority.certificate(name, days=days), users={"news": "pass"}) as server:
        said = options(server, tls=tls, ca_file=trusted)
        with pytest.raises(RelayUnreachable, match="certificate of localhost"):
            deliver(said, user="news", password="pass")
    assert server.signed_in == []
    assert not server.said("AUTH")
    assert server.taken == 0


def test_starttls_taken_out_on_the_way_is_refused() -> None:
    """No STARTTLS in EHLO: never plain, no password leaves."""
    with SmtpServer(users={"news": "pass"}) as server:
        with pytest.raises(RelayUnreachable, match="does not offer STARTTLS") as told:
            deliver(options(server, tls="starttls"), user="news", password="pass")
        assert not server.said("AUTH")
    assert "465" in told.value.hint


def test_octets_before_tls_are_not_taken_for_answers_under_it(authority: Authority) -> None:
    """Answers injected in plain text behind the 220 of STARTTLS are dropped with the plain connection."""
    with SmtpServer(
        script=lambda m: Raw(INJECTED) if m.step == "starttls" else None,
        tls="starttls",
        certificate=authority.certificate("localhost"),
    ) as server:
        feed = ListFeed(letters(1))
        with closing(smtp.open(options(server, tls="starttls", ca_file=str(authority.file)))) as transport:
            transport.deliver(feed)
            (lane,) = transport._lanes._lanes
            assert lane.talk.accepted == 1
    assert [line.split()[0].upper() for _, line in server.lines].count("EHLO") == 2, "asked anew under TLS"
    assert [r[1:3] for r in feed.replies] == [("dot", 250)]


def test_tls_on_the_wrong_port_is_told_in_words() -> None:
    """tls = "tls" to a server that speaks plainly first."""
    with SmtpServer() as server, pytest.raises(RelayUnreachable, match="TLS with localhost") as told:
        deliver(options(server, tls="tls"))
    assert "587" in told.value.hint


@pytest.mark.parametrize("host", ["smtp.example.org", "192.0.2.1", "localhost.example.org", "127.example.org"])
def test_plain_text_stays_on_this_machine(host: str) -> None:
    """tls = "none" is for loopback alone, and refused before anything is opened."""
    with pytest.raises(ConfigError, match="for this machine only"):
        smtp.open(Smtp(host=host, tls="none"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])
def test_plain_text_on_loopback_is_fine(host: str) -> None:
    """A local relay needs no TLS."""
    smtp.open(Smtp(host=host, tls="none")).close()


def test_a_ca_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, or no certificates in it."""
    bad = tmp_path / "bad.pem"
    bad.write_text("nothing")
    for file in (bad, tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match="ca_file"):
            smtp.open(Smtp(host="smtp.example.org", ca_file=str(file)))


@pytest.mark.parametrize("fields", [{"host": ""}, {"host": "smtp.example.org", "tls": "ssl"}])
def test_options_that_make_no_sense_are_told(fields: dict[str, str]) -> None:
    """No host, an unknown way of TLS."""
    with pytest.raises(ConfigError):
        smtp.open(Smtp(**fields))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ signing in


def test_a_user_without_an_at_sign_stays_as_it_is() -> None:
    """yagmail makes apikey@gmail.com of it when given as a text."""
    with SmtpServer(users={"apikey": "SG.x"}) as server:
        deliver(options(server), user="apikey", password="SG.x")
    assert server.signed_in == ["apikey"]


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN"])
def test_ways_of_signing_in(mechanisms: str) -> None:
    """What smtplib knows, as the server offers it."""
    with SmtpServer(users={"news@example.org": "p w"}, mechanisms=mechanisms) as server:
        deliver(options(server), user="news@example.org", password="p w")
    assert server.signed_in == ["news@example.org"]


def test_without_a_user_nobody_signs_in() -> None:
    """A local relay: AUTH is not tried even where it is offered."""
    with SmtpServer(users={"x": "y"}) as server:
        deliver(options(server))
    assert not server.said("AUTH")
    assert server.taken == 3


def test_a_missing_password_is_an_error_and_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """yagmail would ask keyring and then the terminal: under cron that hangs."""
    import getpass

    monkeypatch.setattr(getpass, "getpass", lambda *_: pytest.fail("asked the terminal"))
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked the terminal"))
    with pytest.raises(SecretMissing, match="no password"):
        smtp.open(Smtp(host="smtp.example.org"), user="news", password=None)


def test_an_empty_password_is_tried_and_not_asked_for() -> None:
    """It is what somebody set; the server says no."""
    with SmtpServer(users={"news": "pass"}) as server, pytest.raises(RelayRefused):
        deliver(options(server), user="news", password="")


def test_a_wrong_password_is_told_once_and_charges_nobody() -> None:
    """535: one connection, not ten times ten attempts; the reply is in the words, the password is not."""
    with SmtpServer(users={"news": "pass"}) as server:
        feed = ListFeed(letters(20))
        said = options(server, connections=10)
        with closing(smtp.open(said, user="news", password="hunter2")) as transport:
            told = refused(transport, feed)
        assert server.connections == 1
    assert told.value.exit_code == 77
    assert "DIGEST_SMTP_PASSWORD" in told.value.hint
    assert "hunter2" not in f"{told.value} {told.value.hint}"
    assert [r[:2] for r in feed.replies] == [(0, "released")]


def test_a_sign_in_that_must_wait_is_no_wrong_password() -> None:
    """454 at AUTH: 69, the next run tries again; a quota used up at sign-in: 75."""
    for say, kind, code in (
        (Say(454, "4.7.0 Temporary authentication failure"), RelayUnreachable, 69),
        (Say(451, "Authentication failed: Maximum credits exceeded"), RelayRefused, 75),
    ):
        with (
            SmtpServer(script=lambda m, say=say: say if m.step == "auth" else None, users={"n": "p"}) as server,  # type: ignore[misc]
            pytest.raises(kind) as told,
        ):
            deliver(options(server), user="n", password="p")
        assert told.value.exit_code == code


@pytest.mark.parametrize(
    ("step", "said", "kind", "words"),
    [
        ("auth", Say(535, "5.7.8 wrong, and goodbye"), RelayRefused, "wrong, and goodbye"),
        ("auth", Say(554, "5.7.1 not from there"), RelayRefused, "not from there"),
        ("auth", Say(421, "4.7.0 come back tomorrow"), RelayUnreachable, "come back tomorrow"),
        ("ehlo", Say(554, "5.7.1 not from there"), RelayRefused, "not from there"),
    ],
)
def test_a_server_that_refuses_and_hangs_up_is_quoted(
    step: str, said: Say, kind: type[DigestError], words: str
) -> None:
    """smtplib tries another way on the dead line; what counts is what was said before."""
    script = lambda m: (said, Drop()) if m.step == step else None  # noqa: E731
    with SmtpServer(script=script, users={"n": "p"}) as server, pytest.raises(kind) as told:
        deliver(options(server), user="n", password="p")
    assert words in str(told.value)


@pytest.mark.parametrize("challenge", [b"334 a\r\n", b"334 abcde\r\n"])
def test_a_challenge_that_makes_no_sense_is_told(challenge: bytes) -> None:
    """69 and words; on a second connection the first goes on alone."""
    ehlo = (Say(250, "x\nPIPELINING\nAUTH CRAM-MD5"), Raw(challenge + b"535 no\r\n"))
    sole = SmtpServer(script=lambda m: ehlo if m.step == "ehlo" else None)
    with sole as server, pytest.raises((RelayUnreachable, RelayRefused)):
        deliver(options(server), user="n", password="p")

    def second(moment: Moment) -> Any:
        return ehlo if moment.step == "ehlo" and moment.connection else _slow(moment)

    with SmtpServer(script=second, users={"n": "p"}) as server:
        feed = deliver(options(server, connections=3), 8, user="n", password="p")
    assert [r[1] for r in feed.replies] == ["dot"] * 8


@pytest.mark.parametrize("features", [PIPELINING, (*PIPELINING, "AUTH GSSAPI")])
def test_no_way_to_sign_in(features: tuple[str, ...]) -> None:
    """AUTH is not offered, or only in ways that nobody here knows."""
    with SmtpServer(features=features) as server, pytest.raises(RelayRefused, match="no sign-in that we know"):
        deliver(options(server), user="n", password="p")


def test_a_password_beyond_ascii_is_told() -> None:
    """smtplib cannot carry it; without it in the words."""
    with SmtpServer(users={"n": "p"}) as server, pytest.raises(ConfigError) as told:
        deliver(options(server), user="n", password="pässwört")
    assert "pässwört" not in str(told.value)


def test_nothing_secret_reaches_a_log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither yagmail's log nor stderr says who signs in, or with what."""
    with caplog.at_level(logging.DEBUG), SmtpServer(users={"news": "hunter2"}) as server:
        deliver(options(server), user="news", password="hunter2")
    out = caplog.text + "".join(capfd.readouterr())
    assert "hunter2" not in out
    assert "news" not in out


# ------------------------------------------------------------------------------------------------ OAuth2


class _Tokens(BaseHTTPRequestHandler):
    asked: list[dict[str, list[str]]]
    answer: tuple[int, bytes]

    def do_POST(self) -> None:
        self.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        code, body = self.answer
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name there
        """Say nothing."""


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Tokens]]:
    """A token server on loopback in the place of the provider's."""
    kind = type("Tokens", (_Tokens,), {"asked": [], "answer": (200, b'{"access_token": "secret-token"}')})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setattr("yagmail.oauth2.GOOGLE_ACCOUNTS_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def oauth2(tmp_path: Path) -> Path:
    file = tmp_path / "oauth2.json"
    told = {"google_client_id": "id", "google_client_secret": "s", "google_refresh_token": "r"}
    file.write_text(json.dumps(told | {"email_address": "news@example.org"}))
    return file


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_oauth2_signs_in_under_verified_tls(
    authority: Authority, tls: str, oauth2: Path, tokens: type[_Tokens]
) -> None:
    """Both ways, with a second EHLO under TLS, and the refresh token traded for an access token."""
    users = {"news@example.org": "secret-token"}
    with SmtpServer(tls=tls, certificate=authority.certificate("localhost"), users=users) as server:
        said = options(server, tls=tls, ca_file=str(authority.file), oauth2_file=str(oauth2))
        assert len(deliver(said).replies) == 3
    assert server.signed_in == ["news@example.org"]
    assert tokens.asked[0]["refresh_token"] == ["r"]
    if tls == "starttls":
        order = [line.split()[0].upper() for _, line in server.lines]
        assert order.index("STARTTLS") < len(order) - 1 - order[::-1].index("EHLO") < order.index("AUTH")


def test_oauth2_refuses_an_untrusted_certificate(authority: Authority, oauth2: Path, tokens: type[_Tokens]) -> None:
    """yagmail's OAuth2 way starts TLS without a context: ours is under it."""
    with SmtpServer(tls="starttls", certificate=authority.certificate("localhost"), users={}) as server:
        with pytest.raises(RelayUnreachable, match="certificate"):
            deliver(options(server, tls="starttls", oauth2_file=str(oauth2)))
        assert not server.said("AUTH")


def test_oauth2_reads_the_answer_to_auth(authority: Authority, oauth2: Path, tokens: type[_Tokens]) -> None:
    """yagmail ignores it: a refused token must not look like a sign-in."""
    with SmtpServer(tls="starttls", certificate=authority.certificate("localhost"), users={}) as server:
        said = options(server, tls="starttls", ca_file=str(authority.file), oauth2_file=str(oauth2))
        with pytest.raises(RelayRefused, match="535") as told:
            deliver(said)
    assert "401" in told.value.message
    assert "secret-token" not in told.value.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [((400, b"{}"), RelayRefused), ((200, b"nothing"), RelayUnreachable), ((200, b"{}"), RelayUnreachable)],
)
def test_oauth2_tokens_that_cannot_be_had(
    authority: Authority, oauth2: Path, tokens: type[_Tokens], answer: tuple[int, bytes], kind: type[DigestError]
) -> None:
    """A refresh token that is void, and an answer that is none."""
    tokens.answer = answer
    with SmtpServer(tls="tls", certificate=authority.certificate("localhost"), users={}) as server, pytest.raises(kind):
        deliver(options(server, tls="tls", ca_file=str(authority.file), oauth2_file=str(oauth2)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, SecretMissing),
        ("no json", ConfigError),
        ("[]", ConfigError),
        ('{"installed": {}}', ConfigError),
        ('{"google_client_id": "i", "google_client_secret": "s", "google_refresh_token": "r"}', ConfigError),
        ('{"google_client_id": "i", "google_client_secret": "s", "google_refresh_token": "r", "x": "y"}', ConfigError),
    ],
)
def test_an_oauth2_file_that_is_not_finished_asks_nobody(
    tmp_path: Path, text: str | None, kind: type[DigestError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """yagmail would ask the terminal for what is missing, and write the file."""
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked the terminal"))
    file = tmp_path / "oauth2.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(kind):
        smtp.open(Smtp(host="smtp.example.org", oauth2_file=str(file)))


def test_oauth2_without_tls_is_refused(oauth2: Path) -> None:
    """An access token is a password."""
    with pytest.raises(ConfigError, match="OAuth2 needs TLS"):
        smtp.open(Smtp(host="localhost", tls="none", oauth2_file=str(oauth2)))


@pytest.mark.parametrize("challenge", ["?", "a"])
def test_oauth2_with_a_challenge_that_is_no_base64(
    authority: Authority, oauth2: Path, tokens: type[_Tokens], challenge: str
) -> None:
    """What the server says under 334 may be anything; the verdict counts."""
    with SmtpServer(tls="tls", certificate=authority.certificate("localhost"), users={}, challenge=challenge) as server:
        said = options(server, tls="tls", ca_file=str(authority.file), oauth2_file=str(oauth2))
        with pytest.raises(RelayRefused, match="535"):
            deliver(said)


# ------------------------------------------------------------------------------------------------ reaching it


def test_a_name_of_this_machine_that_leads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS nothing leaves this machine, whatever a hosts file says of `localhost`."""
    monkeypatch.setattr(smtp, "_loopback", lambda host: host == "localhost")  # 127.0.0.1 counts as elsewhere
    with SmtpServer() as server, pytest.raises(ConfigError, match="for this machine only"):
        deliver(options(server, tls="none"))
    assert server.taken == 0


def test_nobody_listens() -> None:
    """Refused connection: said in words, at once, and the job in hand is released."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    feed = ListFeed(letters(2))
    with closing(smtp.open(options(port=port))) as transport, pytest.raises(RelayUnreachable, match="refused the conn"):
        transport.deliver(feed)
    assert [r[:2] for r in feed.replies] == [(0, "released")]


def test_a_name_that_does_not_exist() -> None:
    """DNS says no; the hint says what to check."""
    with pytest.raises(RelayUnreachable, match=r"smtp\.invalid cannot be found"):
        deliver(Smtp(host="smtp.invalid", timeout=3))


@pytest.mark.parametrize(
    "action", [Stall(), Drop(), Say(554, "5.3.2 no service"), Raw(b"HTTP/1.1 400 x\r\n\r\n"), Say(421, "4.7.0 busy")]
)
@pytest.mark.parametrize("step", ["greeting", "ehlo"])
def test_a_server_that_is_none_at_the_beginning(step: str, action: Any) -> None:
    """Silence, a closed door, a refusal, another protocol, and later-please: each one is told and nobody is charged."""
    with SmtpServer(script=lambda m: action if m.step == step else None) as server:
        if step == "ehlo" and action == Say(554, "5.3.2 no service"):
            assert deliver(options(server, timeout=0.3)).replies, "HELO is tried, and taken"
            return
        with pytest.raises((RelayUnreachable, RelayRefused)):
            deliver(options(server, timeout=0.3))
    assert server.taken == 0


def test_a_time_out_is_told_as_one() -> None:
    """The words name the seconds."""
    with (
        SmtpServer(script=lambda m: Stall() if m.step == "ehlo" else None, users={"n": "p"}) as server,
        pytest.raises(RelayUnreachable, match=r"within 0\.3 seconds"),
    ):
        deliver(options(server, timeout=0.3), user="n", password="p")


# ------------------------------------------------------------------------------------------------ our own name


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Sets what the machine calls itself, and what the resolver makes of it; gives what the resolver was asked."""

    def name(own: str, resolved: str) -> list[str]:
        asked: list[str] = []
        monkeypatch.setattr(socket, "gethostname", lambda: own)
        monkeypatch.setattr(socket, "getfqdn", lambda: asked.append(own) or resolved)
        smtp._full_name.cache_clear()
        return asked

    yield name
    smtp._full_name.cache_clear()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_relay_on_this_machine_is_greeted_without_a_resolver(named: Any, host: str) -> None:
    """A name that no file knows would be asked of the DNS: over the network, and for seconds where that is dead."""
    asked = named("newsroom", "newsroom.example.org")
    with SmtpServer() as server:
        deliver(options(server, host=host))
    assert server.said("EHLO") == ["ehlo [127.0.0.1]"]
    assert asked == []


@pytest.mark.parametrize(
    ("own", "resolved", "said", "asks"),
    [
        ("mail.example.org", "", "mail.example.org", False),
        ("newsroom", "newsroom.example.org", "newsroom.example.org", True),
        ("newsroom", "newsroom", "[127.0.0.1]", True),
        ("localhost", "localhost.localdomain", "[127.0.0.1]", True),
        ("newsroom.local", "newsroom.local", "[127.0.0.1]", True),
        ("newsroom", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", "[127.0.0.1]", True),
        ("news_room.example.org", "news_room.example.org", "[127.0.0.1]", True),
        ("zeitung.münchen.example", "zeitung.münchen.example", "[127.0.0.1]", True),
        ("10.0.0.7", "10.0.0.7", "[127.0.0.1]", True),
        ("mail.example.org\r\nRSET", "mail.example.org.", "[127.0.0.1]", True),
        ("a." * 126 + "example", "a." * 126 + "example", "[127.0.0.1]", True),
    ],
)
def test_a_relay_elsewhere_hears_a_full_name_or_a_literal(
    named: Any, own: str, resolved: str, said: str, asks: bool
) -> None:
    """RFC 5321 4.1.1.1: a name that others can look up, else a literal; never one that is known in one house only."""
    asked = named(own, resolved)
    assert smtp._own_name("smtp.example.org") == smtp._own_name("smtp.example.org") == said
    assert asked == [own] * asks


# ------------------------------------------------------------------------------------------------ lines


def test_nothing_to_send_connects_to_nobody() -> None:
    """An empty feed costs no connection."""
    with SmtpServer() as server:
        deliver(options(server), 0)
        assert server.connections == 0


def test_octets_that_came_with_the_sign_in_are_not_lost() -> None:
    """A 421 behind the 235 lies in smtplib's buffer: it is seen before a job is begun."""
    goodbye = (Raw(b"235 welcome\r\n421 4.3.2 closing\r\n"), Drop())  # in one piece
    with SmtpServer(
        script=lambda m: goodbye if m.step == "auth" and m.connection == 0 else None, users={"n": "p"}
    ) as server:
        said = options(server, timeout=0.5)
        feed = deliver(said, user="n", password="p")
    assert sorted(r[:3] for r in feed.replies if r[1] == "dot") == [(i, "dot", 250) for i in range(3)]
    assert server.connections == 2


def test_an_error_of_ours_while_signing_in_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It happens in a thread, and must come out in the one that waits."""
    with SmtpServer() as server, closing(smtp.open(options(server))) as transport:
        monkeypatch.setattr(transport._lanes, "_connect", lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            transport.deliver(ListFeed(letters(1)))


def test_nagle_is_switched_off_and_the_line_is_kept() -> None:
    """TCP_NODELAY, or TLS stalls 40 ms a message; a second delivery uses the same line; QUIT ends it."""
    with SmtpServer() as server:
        with closing(smtp.open(options(server))) as transport:
            transport.deliver(ListFeed(letters(2)))
            (lane,) = transport._lanes._lanes
            assert lane.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            transport.deliver(ListFeed(letters(2)))
            assert server.connections == 1
        assert wait_until(lambda: server.said("QUIT") != [])
    assert server.taken == 4


def test_lanes_open_as_messages_are_accepted() -> None:
    """Few messages, few connections; many, as many as allowed."""
    with SmtpServer() as server:
        deliver(options(server, connections=8), 1)
        assert server.connections == 1
    with SmtpServer(script=lambda m: _slow(m)) as server:
        deliver(options(server, connections=4), 200)
        assert server.connections == 4


def _slow(moment: Moment) -> None:
    if moment.step == "dot":
        threading.Event().wait(0.002)


def test_a_connection_is_renewed_after_its_messages() -> None:
    """per_connection = 10: QUIT after ten, a new one for the rest."""
    with SmtpServer() as server:
        deliver(options(server, per_connection=10), 35)
    assert server.taken == 35
    assert server.connections == 4
    assert max(k.connection for k in server.messages) == 3
    assert len(server.said("QUIT")) == 4


def test_a_line_that_died_while_idle_is_noticed_before_it_is_used() -> None:
    """Closed between two deliveries: replaced, and nobody is told a refusal for it."""
    with (
        SmtpServer(
            script=lambda m: (
                (Say(250, "kept"), Say(421, "idle"), Drop()) if m.step == "dot" and m.connection == 0 else None
            )
        ) as server,
        closing(smtp.open(options(server))) as transport,
    ):
        first, second = ListFeed(letters(1)), ListFeed(letters(3))
        transport.deliver(first)
        assert wait_until(lambda: not any(t.is_alive() for t in server._threads))
        transport.deliver(second)
    assert [r[1:3] for r in second.replies if r[1] != "released"] == [("dot", 250)] * 3
    assert server.connections == 2


def test_a_relay_that_allows_fewer_lines_is_content() -> None:
    """The third connection is refused: two do the work."""
    with SmtpServer(
        script=lambda m: (
            Say(421, "4.7.0 too many connections") if m.step == "greeting" and m.connection >= 2 else _slow(m)
        )
    ) as server:
        feed = deliver(options(server, connections=8), 100)
    assert len(feed.replies) == 100
    assert server.taken == 100


@pytest.mark.parametrize("early", ["flush", "close", "refuse"])
def test_a_relay_that_breaks_under_pipelining_is_served_plainly(early: str) -> None:
    """It offers PIPELINING and loses, cuts or refuses what comes early: nobody is charged, all get theirs."""
    with SmtpServer(early=early) as server:
        feed = deliver(options(server, timeout=0.05), 8)
    done = [r for r in feed.replies if r[1] == "dot"]
    assert {r[1] for r in feed.replies} <= {"dot", "released"}
    assert server.taken == len(done) == 8 - len({r[0] for r in feed.replies} - {r[0] for r in done})
    assert len(done) >= 7


def test_a_server_that_trickles_is_cut_off() -> None:
    """An octet now and then is no answer: the step's time-out counts whole replies."""
    slowly = Raw(b"250 " + b"x" * 200 + b"\r\n", gap=0.05)
    with SmtpServer(script=lambda m: slowly if m.step == "mail" else None) as server:
        feed = deliver(options(server, timeout=0.05), 1)
    assert [r[1] for r in feed.replies] == ["released"]
    assert "gave no answer to MAIL" in feed.replies[0][3]
    assert server.taken == 0


def test_a_server_that_does_not_read_is_cut_off() -> None:
    """The body finds no room for longer than the step's time: released, for its end never left."""
    with SmtpServer(features=(), script=lambda m: Stall2() if m.step == "body" else None) as server:  # type: ignore[arg-type,return-value]
        feed = ListFeed([("a@example.org", "r@example.net", MESSAGE + b"x" * 60_000_000 + b"\r\n")])
        with closing(smtp.open(options(server, timeout=0.05))) as transport:
            transport.deliver(feed)
    assert feed.replies[0][1] == "released"
    assert "took no more octets" in feed.replies[0][3]


class Stall2(Raw):
    """Neither read nor write."""

    def __init__(self) -> None:
        super().__init__(b"2", gap=30)


def test_tls_carries_large_messages_whole(authority: Authority) -> None:
    """Partial writes under TLS: the octets arrive as they were, on several lines at a time."""
    body = MESSAGE + b"".join(b"%06d %s\r\n" % (i, b"y" * 60) for i in range(40_000))
    letters_ = [("a@example.org", f"r{i}@example.net", body) for i in range(12)]
    with SmtpServer(tls="starttls", certificate=authority.certificate("localhost")) as server:
        feed = ListFeed(letters_)
        said = options(server, tls="starttls", ca_file=str(authority.file), connections=3)
        with closing(smtp.open(said)) as transport:
            transport.deliver(feed)
    assert len(server.messages) == 12
    assert all(k.data == body for k in server.messages)


def test_closing_twice_and_unused_is_harmless() -> None:
    """Nothing was opened; nothing breaks."""
    transport = smtp.open(Smtp(host="smtp.example.org"))
    transport.close()
    transport.close()


def test_a_context_verifies_always() -> None:
    """Whatever the options: names are checked and certificates required."""
    with closing(smtp.open(Smtp(host="smtp.example.org"))) as transport:
        assert transport._context is not None
        assert transport._context.check_hostname
        assert transport._context.verify_mode == ssl.CERT_REQUIRED
