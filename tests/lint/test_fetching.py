"""Asking web servers: never on this network unless allowed, never for long, and every fault in words."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.lint import fetching, names
from digest.lint.fetching import Fetcher, _ended, _public
from digest.lint.network import Answer, Request
from tests.lint.web_server import Page, Site, serving
from tests.smtp_server import Authority

HERE = Fetcher(allow_loopback=True, timeout=5)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def ask(url: str, fetcher: Fetcher = HERE, **fields: object) -> Answer:
    (answer,) = fetcher.ask([Request(url=url, **fields)])  # type: ignore[arg-type]
    return answer


# ------------------------------------------------------------------------------------------------ what must not be


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "ff02::1"),
    ],
)
def test_no_address_of_this_network_is_public(address: str) -> None:
    """Loopback, private, link-local, shared, metadata, multicast, and each of them wrapped."""
    assert not _public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Also where one is written inside the other kind."""
    assert _public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "127.1"])
def test_this_machine_is_never_asked(site: Site, host: str) -> None:
    """However its address is written: nothing arrives."""
    site.pages["/"] = Page()
    answer = ask(f"http://{host}:{site.port}/", Fetcher(timeout=5))
    assert (answer.status, answer.private, answer.final) == (0, True, True)
    assert site.asked == []


def test_a_redirect_to_another_network_is_not_followed(site: Site) -> None:
    """The first hop was allowed; where it leads is looked at anew."""
    site.pages["/"] = Page(302, to="http://169.254.169.254/latest/meta-data/")
    answer = ask(site.url("/"))
    assert (answer.status, answer.private, answer.url) == (0, True, "http://169.254.169.254/latest/meta-data/")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:25/_x", "data:,x"])
def test_a_redirect_out_of_the_web_is_not_followed(site: Site, to: str) -> None:
    """Only http and https are asked."""
    site.pages["/"] = Page(302, to=to)
    assert ask(site.url("/")).fault == "is no web address"


@pytest.mark.parametrize(
    "url", ["", "/a", "mailto:a@example.org", "http://", "http://[::1", "http://a:99999/", "http://x..y\u00e4/"]
)
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    """It is said, and nothing is raised."""
    answer = ask(url)
    assert answer.fault
    assert answer.status == 0


def test_a_server_that_drips_is_left(site: Site) -> None:
    """One octet now and then keeps a socket alive for hours, and us for the agreed time alone."""
    site.pages["/"] = Page(drip=0.05)
    began = time.monotonic()
    answer = ask(site.url("/"), Fetcher(allow_loopback=True, timeout=0.4))
    assert answer.fault == "gave no answer within 0.4 seconds"
    assert time.monotonic() - began < 3


def test_a_header_cannot_be_forged(site: Site) -> None:
    """Control characters in an address become escapes, never lines."""
    site.pages["/%0D%0AX:%20y"] = Page()
    assert ask(site.url("/\r\nX: y")).status in (0, 200, 404)
    assert all("X" not in headers for _, _, headers, _ in site.asked)


# ------------------------------------------------------------------------------------------------ what must be


def test_answers_come_in_the_order_of_the_questions(site: Site) -> None:
    """Each status with its own address, nothing asked twice, and no cookie or name of a person sent."""
    site.pages |= {f"/{n}": Page(200 + n) for n in range(20)}
    answers = HERE.ask([Request(url=site.url(f"/{n}"), method="HEAD") for n in range(20)])
    assert [a.status for a in answers] == [200 + n for n in range(20)]
    assert sorted(site.lines) == sorted(f"HEAD /{n}" for n in range(20))
    assert {k for _, _, headers, _ in site.asked for k in headers} <= {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
    }
    assert HERE.ask([]) == ()


def test_many_are_asked_at_once() -> None:
    """All of them wait at the same time: the server answers none before all have come."""
    everyone = threading.Barrier(4)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                everyone.wait(timeout=5)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        threads = [threading.Thread(target=serve) for _ in range(4)]
        for thread in threads:
            thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        answers = Fetcher(allow_loopback=True, at_once=4, timeout=5).ask([Request(url=f"{url}{n}") for n in range(4)])
        for thread in threads:
            thread.join()
    assert [a.status for a in answers] == [204] * 4


def test_redirects_are_followed_and_end(site: Site) -> None:
    """Relative ones too; the last address is told; a circle ends."""
    site.pages |= {"/a": Page(301, to="/b?x=1"), "/b?x=1": Page(307, to=site.url("/c")), "/c": Page()}
    answer = ask(site.url("/a"))
    assert (answer.status, answer.url) == (200, site.url("/c"))
    site.pages["/round"] = Page(302, to="/round")
    assert ask(site.url("/round")).fault == "is redirected more than 5 times"


def test_a_post_follows_no_redirect(site: Site) -> None:
    """Its form arrives as a form, and 302 is its answer."""
    site.pages["/u"] = Page(302, to="/thanks")
    assert ask(site.url("/u"), method="POST", body=b"List-Unsubscribe=One-Click").status == 302
    ((method, path, headers, body),) = site.asked
    assert (method, path, body) == ("POST", "/u", b"List-Unsubscribe=One-Click")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_lengths_are_said_or_counted(site: Site) -> None:
    """As the server says; else by reading, no further than was asked for."""
    site.pages |= {
        "/said": Page(body=b"x" * 70, kind="image/PNG"),
        "/read": Page(body=b"x" * 50, length=False),
        "/long": Page(body=b"x" * 5000, length=False),
    }
    said, read, long, unread = HERE.ask(
        [
            Request(url=site.url("/said"), most=10),
            Request(url=site.url("/read"), most=100),
            Request(url=site.url("/long"), most=100),
            Request(url=site.url("/read")),
        ]
    )
    assert (said.octets, read.octets, long.octets, unread.octets) == (70, 50, 101, None)
    assert said.kind == "image/png"


def test_addresses_are_asked_for_as_they_are_meant(site: Site) -> None:
    """Letters beyond ASCII are escaped once, escapes stay, the fragment is not sent."""
    site.pages["/a%20b/%C3%A4%2F?q=%C3%B6&x=%20"] = Page()
    assert ask(site.url("/a b/ä%2F?q=ö&x=%20#part")).status == 200


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the resolver does not know is final (no resolver is asked here: it would be on the network)."""

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    answer = ask("http://nowhere.example/")
    assert (answer.fault, answer.final) == ("has a host that is not known", True)
    assert ask("https://b\u00fccher.example/").final


def test_the_next_address_is_tried(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with two addresses of which the first does not answer."""
    port, asked = site.port, socket.getaddrinfo
    both = [*asked("127.0.0.2", port, type=socket.SOCK_STREAM), *asked("127.0.0.1", port, type=socket.SOCK_STREAM)]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: both if host == "two.example" else asked(host, *a, **k)
    )
    site.pages["/"] = Page()
    assert ask(f"http://two.example:{port}/").status == 200
    assert site.asked[0][2]["Host"] == f"two.example:{port}"


def test_a_closed_port_and_an_answer_that_is_none(site: Site) -> None:
    """Refused, and no HTTP: each in words, and worth asking again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        answer = ask(f"http://127.0.0.1:{port}/")
        thread.join()
    assert (answer.fault, answer.final) == ("gave no proper answer (BadStatusLine)", False)
    assert ask(f"http://127.0.0.1:{port}/").fault == "refuses connections"


def test_tls_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate of an authority that nobody knows is told; of one that is known, it must be for the name."""
    authority = Authority(tmp_path)
    with serving(authority.certificate("localhost")) as site:
        site.pages["/"] = Page()
        url = f"https://localhost:{site.port}/"
        unknown = ask(url)
        assert "has no valid certificate" in unknown.fault
        assert unknown.final
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert ask(url).status == 200
        assert "has no valid certificate" in ask(url.replace("localhost", "127.0.0.1")).fault


def test_no_tls_where_tls_is_meant_is_told(site: Site) -> None:
    """A fault, and no crash."""
    assert "gave no proper answer" in ask(site.url("/").replace("http:", "https:")).fault


def test_the_internet_is_what_the_program_asks() -> None:
    """Loopback is not allowed there, and names are looked up by dnspython."""
    network = fetching.internet()
    assert network.ask([Request(url="http://127.0.0.1:9/")])[0].private
    assert (network.records is not None) == names.available()


def test_time_may_be_up_before_there_is_a_connection() -> None:
    """Nothing is there to be closed; what then fails is told as late."""

    def refused_late() -> None:
        with _ended(http.client.HTTPConnection("127.0.0.1"), 0.01):
            time.sleep(0.1)
            raise OSError(111, "Connection refused")

    with pytest.raises(TimeoutError):
        refused_late()
