"""kind = "smtp": a relay, over connections that yagmail makes and signs in.

`yagmail.Client.login()` connects, starts TLS and authenticates; from there on the connection's socket is ours and
speaks through `wire` in the one loop of `lanes`. `Client.send()` is never called. What yagmail would do on its own and
must not (unverified TLS, `@gmail.com` behind a user, asking the terminal for a password, an unread AUTH reply) is
prevented here, each with a test. smtplib is named for its exception types alone.
"""

from __future__ import annotations

import binascii
import contextlib
import json
import logging
import re
import socket
import ssl
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from digest.deliver.answers import plain
from digest.deliver.lanes import Lanes, Line
from digest.deliver.outcome import classify
from digest.deliver.pace import Pace
from digest.deliver.replies import SIGN_IN
from digest.errors import ConfigError, DigestError, RelayRefused, RelayUnreachable, SecretMissing
from digest.interfaces import Feed
from digest.settings import Smtp as Options

__all__ = ["Options", "open"]

LITERAL = "[127.0.0.1]"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,255}}\Z)(?:{LABEL}\.)+(?![0-9]){LABEL}")
OURS_ALONE = {"arpa", "home", "internal", "lan", "local", "localdomain", "localhost"}  # and 1.0.….ip6.arpa, of macOS
OAUTH2_KEYS = {"google_client_id", "google_client_secret", "google_refresh_token"}


class Relay:
    """The transport: connections are kept between deliveries, and closed with QUIT."""

    def __init__(
        self, options: Options, user: str | None, password: str | None, minute: float, stop: Callable[[], bool]
    ) -> None:
        pace = Pace.of(options)
        self._options, self._user, self._password = options, user, password
        self._context = None if options.tls == "none" else _context(options)
        self._lanes = Lanes(self._sign_in, most=pace.connections, limit=pace.per_connection, unit=minute, stop=stop)

    def deliver(self, feed: Feed) -> None:
        """Run until the feed has nothing more. Raises RelayUnreachable, RelayRefused."""
        self._lanes.deliver(feed)

    def close(self) -> None:
        """Say goodbye and close every connection."""
        self._lanes.close()

    def _sign_in(self) -> Line:
        """Make one connection; every way it can fail is told in words. Runs in a thread."""
        import smtplib

        client: Any = None
        try:
            client = _client(self._options, self._user, self._password, self._context)
            client.login()
            client.smtp.ehlo_or_helo_if_needed()
            return self._take_over(client)
        except DigestError:
            raise
        except smtplib.SMTPResponseException as refusal:
            signing_in = isinstance(refusal, smtplib.SMTPAuthenticationError)
            raise _refused(self._options, refusal.smtp_code, refusal.smtp_error, signing_in=signing_in) from refusal
        except smtplib.SMTPServerDisconnected as error:
            raise _unreachable(self._options, error) from error
        except smtplib.SMTPException as missing:  # no STARTTLS, no AUTH, or no way of signing in that is known
            raise _not_offered(self._options, str(missing)) from missing
        except OSError as error:
            raise _unreachable(self._options, error) from error
        except UnicodeError as error:
            raise _not_ascii() from error
        except ValueError as error:  # smtplib decodes whatever it is told at sign-in
            raise _no_sense(self._options, error) from error
        finally:
            if client is not None:
                _let_go(client)

    def _take_over(self, client: Any) -> Line:
        """Take the signed-in socket away from smtplib, with any octets that it has read ahead."""
        sock: socket.socket = client.smtp.sock
        if self._options.tls == "none" and not _loopback(sock.getpeername()[0]):
            raise _plain_text(self._options)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or TLS stalls 40 ms a message (Nagle)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setblocking(False)
        early = b""
        with contextlib.suppress(ssl.SSLWantReadError, BlockingIOError):
            early = client.smtp.file.peek()
        features = dict(client.smtp.esmtp_features)
        client.smtp.sock = None
        return Line(sock=sock, features=features, early=early)


def open(  # noqa: A001  # a plug's name for it
    options: Options,
    *,
    user: str | None = None,
    password: str | None = None,
    minute: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Relay:
    """Check what can be checked without a connection, and give the transport. No user: no sign-in.

    `minute`: how many seconds a minute of patience lasts once we are signed in; the time-out, where left out. `stop` is
    asked while a first connection is being made.

    Raises ConfigError (plain text to a host that is not on loopback, a bad ca_file or oauth2_file), SecretMissing.
    """
    if not options.host:
        raise ConfigError("[smtp] host is missing", hint='add host = "smtp.example.org" to [smtp]')
    if options.tls not in ("starttls", "tls", "none"):
        raise ConfigError(f'[smtp] tls = "{options.tls}" is unknown', hint='say "starttls", "tls" or "none"')
    if options.tls == "none" and not _loopback(options.host):
        raise _plain_text(options)
    if options.oauth2_file:
        user = _oauth2_user(Path(options.oauth2_file).expanduser(), user)
        if options.tls == "none":
            raise ConfigError("OAuth2 needs TLS", hint='set [smtp] tls = "starttls" or "tls"')
    elif user and password is None:
        raise SecretMissing(
            f'there is no password for the user "{user}" of {options.host}',
            hint="set DIGEST_SMTP_PASSWORD, put it into .digest/secrets.env, or set [smtp] password_command",
        )
    return Relay(options, user, password, options.timeout if minute is None else minute, stop)


# ---------------------------------------------------------------------------------------------- yagmail, kept in check


@cache
def _client_class() -> Any:
    """yagmail's Client with TLS that verifies on every way, and an OAuth2 sign-in whose answer is read."""
    import yagmail

    class Client(yagmail.Client):  # type: ignore[misc]  # yagmail's are untyped here
        context: ssl.SSLContext | None = None
        patience: float = 60.0

        def set_logging(self, *_: Any, **__: Any) -> None:
            """Keep its log silent: its own handler would write user names to stderr."""
            self.log = logging.getLogger("digest.deliver.yagmail")
            self.log.propagate = False
            self.log.handlers = [logging.NullHandler()]

        @property
        def connection(self) -> Any:
            return _checked(super().connection, self.context, oauth2=self.oauth2_file is not None)

        def get_oauth_string(self, user: str, oauth2_info: dict[str, Any]) -> str:
            """Fetch the access token with a time-out, which yagmail's own way lacks."""
            from yagmail import oauth2

            token = _access_token(oauth2.command_to_url("o/oauth2/token"), oauth2_info, self.patience)
            return str(oauth2.generate_oauth2_string(user, token, as_base64=True))

    return Client


def _checked(parent: Any, context: ssl.SSLContext | None, *, oauth2: bool) -> Any:
    """smtplib's connection class with our context under each STARTTLS, and the replies read that yagmail ignores.

    Where the server refuses and hangs up, smtplib goes on with the next mechanism, or with HELO, and would tell only of
    a line that is dead; here the refusal is told.
    """
    import smtplib

    class Connection(parent):  # type: ignore[misc]  # a class that is known at run time
        refusal: tuple[int, bytes] | None = None

        def ehlo(self, name: str = "") -> Any:
            code, text = super().ehlo(name)
            if code == 421:
                raise _response(code, text)
            self.refusal = (code, text) if code >= 400 else None
            return code, text

        def helo(self, name: str = "") -> Any:
            try:
                return super().helo(name)
            except smtplib.SMTPServerDisconnected as gone:
                if self.refusal is None:
                    raise
                raise _response(*self.refusal) from gone

        def starttls(self, *_: Any, **__: Any) -> Any:
            reply = super().starttls(context=context)
            if oauth2:
                self.ehlo()  # RFC 3207 4.2: what was said before TLS is void, and yagmail does not ask again here
            return reply

        def docmd(self, cmd: str, args: str = "") -> Any:
            try:
                code, text = super().docmd(cmd, args)
            except smtplib.SMTPServerDisconnected as gone:
                if cmd != "AUTH" or self.refusal is None:
                    raise
                raise _response(*self.refusal, signing_in=True) from gone
            self.refusal = (code, text) if code >= 400 else None
            if cmd == "AUTH" and args.startswith("XOAUTH2 "):
                if code == 334:  # its challenge says why; an empty line asks for the verdict
                    said = _decoded(text)
                    code, text = super().docmd("")
                    text += b" " + said
                if code != 235:
                    raise _response(code, text, signing_in=True)
            return code, text

    return Connection


def _response(code: int, text: bytes, *, signing_in: bool = False) -> Exception:
    import smtplib

    kind = smtplib.SMTPAuthenticationError if signing_in else smtplib.SMTPResponseException
    return kind(code, text)


def _decoded(said: bytes) -> bytes:
    with contextlib.suppress(binascii.Error):
        return binascii.a2b_base64(said)
    return b""


def _access_token(url: str, told: dict[str, Any], patience: float) -> str:
    """Trade the refresh token for an access token (RFC 6749 6)."""
    from urllib.error import HTTPError
    from urllib.parse import urlencode
    from urllib.request import urlopen

    form = {
        "client_id": told["google_client_id"],
        "client_secret": told["google_client_secret"],
        "refresh_token": told["google_refresh_token"],
        "grant_type": "refresh_token",
    }
    try:
        with urlopen(url, urlencode(form).encode(), timeout=patience) as answer:  # noqa: S310  # a URL of yagmail's
            return str(json.loads(answer.read(65_536))["access_token"])
    except HTTPError as error:
        error.close()
        raise RelayRefused(
            f"the OAuth2 refresh token is not accepted ({error.code})",
            hint="make the file of [smtp] oauth2_file anew with yagmail on a terminal",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RelayUnreachable(
            f"no OAuth2 access token could be fetched: {error}", hint="check the network; the next run tries again"
        ) from error


def _client(options: Options, user: str | None, password: str | None, context: ssl.SSLContext | None) -> Any:
    arguments: dict[str, Any] = {"timeout": options.timeout, "local_hostname": _own_name(options.host)}
    if options.tls == "tls":
        arguments["context"] = context
    client = _client_class()(
        user={user or "nobody": user or "nobody"},  # without the dictionary a user gets "@gmail.com"
        password=password if password is not None else "",  # None would ask keyring and the terminal
        host=options.host,
        port=options.port,
        smtp_ssl=options.tls == "tls",
        smtp_starttls=options.tls == "starttls",
        smtp_skip_login=not user,
        oauth2_file=str(Path(options.oauth2_file).expanduser()) if options.oauth2_file else None,
        soft_email_validation=False,  # "apikey" is a good user
        **arguments,
    )
    client.context, client.patience = context, options.timeout
    return client


def _let_go(client: Any) -> None:
    """Close what is left of smtplib's side; yagmail's destructor would say QUIT on a socket that is ours."""
    client.is_closed = True
    if client.smtp is not None:
        client.smtp.close()


def _own_name(relay: str) -> str:
    """What EHLO says we are. A relay on this machine takes the literal: no resolver is asked for it."""
    return LITERAL if _loopback(relay) else _full_name()


@cache
def _full_name() -> str:
    """Our name where it is a full one that others can look up, else a literal (RFC 5321 4.1.1.1, 4.1.3).

    The resolver is asked only where the machine does not call itself by its full name, and once.
    """
    name = socket.gethostname()
    if not _full(name):
        name = socket.getfqdn()
    return name if _full(name) else LITERAL


def _full(name: str) -> bool:
    """Whether it can stand in EHLO: a domain of more than one label, and none that only one house knows."""
    return bool(DOMAIN.fullmatch(name)) and name.rpartition(".")[2].lower() not in OURS_ALONE


# ---------------------------------------------------------------------------------------------- before a connection


def _context(options: Options) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if options.ca_file:
        try:
            context.load_verify_locations(options.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f'[smtp] ca_file "{options.ca_file}" cannot be used: {error.strerror or error}',
                hint="it must be a file of certificates in PEM form",
            ) from error
    return context


def _loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def _oauth2_user(file: Path, user: str | None) -> str:
    """Read the OAuth2 file beforehand: where it is missing or unfinished, yagmail asks the terminal."""
    hint = "make it once with yagmail on a terminal, or use a password"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise SecretMissing("the file of [smtp] oauth2_file is not there", file=str(file), hint=hint) from missing
    except (OSError, ValueError) as error:
        raise ConfigError("the OAuth2 file cannot be read as JSON", file=str(file), hint=hint) from error
    if not isinstance(told, dict) or not told.keys() >= OAUTH2_KEYS:
        raise ConfigError("the OAuth2 file lacks its client or its refresh token", file=str(file), hint=hint)
    if not set(told) <= OAUTH2_KEYS | {"email_address"}:
        raise ConfigError("the OAuth2 file holds keys that do not belong there", file=str(file), hint=hint)
    user = user or told.get("email_address")
    if not user:
        raise ConfigError("the OAuth2 file has no email_address", file=str(file), hint="set DIGEST_SMTP_USER")
    return str(user)


# ---------------------------------------------------------------------------------------------- what went wrong


def _where(options: Options) -> str:
    return f"{options.host} port {options.port}"


def _plain_text(options: Options) -> ConfigError:
    return ConfigError(
        f'[smtp] tls = "none" is for this machine only, and {options.host} is not on it',
        hint='set tls = "starttls" (port 587) or tls = "tls" (port 465)',
    )


def _not_ascii() -> ConfigError:
    return ConfigError(
        "[smtp] host, user or password has characters that a sign-in cannot carry",
        hint="use ASCII: a host name in its xn-- form, another password",
    )


def _refused(options: Options, code: int, said: bytes | str, *, signing_in: bool) -> DigestError:
    """A reply that ended it before any mail: a refusal of us, or the server's own trouble."""
    text = plain(said if isinstance(said, bytes) else said.encode())
    outcome = classify("sign-in", code, text)
    words = f"{_where(options)} answered {code} {text}".strip()
    if not 400 <= code <= 599:
        return RelayUnreachable(f"{words}, which makes no sense", hint="check [smtp] host and port")
    if outcome.exit_code == 75 and not outcome.wait:
        return RelayUnreachable(f"{words}: not now", hint="Try again later; the next run does.")
    if outcome.reason == SIGN_IN and not signing_in:
        return RelayRefused(f"{words}: it does not talk to us", hint="check [smtp] host and port, or ask its operator")
    refused = RelayRefused(f"{words}: {outcome.reason}", hint=f"{outcome.reason[:1].upper()}{outcome.reason[1:]}.")
    refused.exit_code = outcome.exit_code
    return refused


def _not_offered(options: Options, missing: str) -> DigestError:
    if "STARTTLS" in missing:
        return RelayUnreachable(
            f"{_where(options)} does not offer STARTTLS, so nothing was sent, and no password",
            hint='try tls = "tls" with port 465; if it did offer it before, something on the way takes it out',
        )
    return RelayRefused(
        f"{_where(options)} offers no sign-in that we know",
        hint="leave out DIGEST_SMTP_USER if this relay needs none; else use the port for submission (587 or 465)",
    )


def _no_sense(options: Options, error: ValueError) -> RelayUnreachable:
    return RelayUnreachable(
        f"{_where(options)} said something at sign-in that makes no sense ({error})",
        hint="check [smtp] host, port and tls, or ask its operator; the next run tries again",
    )


def _unreachable(options: Options, error: Exception) -> RelayUnreachable:
    where = _where(options)
    if isinstance(error, ssl.SSLCertVerificationError):
        return RelayUnreachable(
            f"the certificate of {where} cannot be trusted: {error.verify_message}",
            hint="check [smtp] host (it must be the name in the certificate); for an authority of your own set ca_file",
        )
    if isinstance(error, ssl.SSLError):
        return RelayUnreachable(
            f"TLS with {where} failed: {error.reason or error}",
            hint='port 465 needs tls = "tls", port 587 needs tls = "starttls"',
        )
    if isinstance(error, socket.gaierror):
        return RelayUnreachable(f"the name {options.host} cannot be found", hint="check [smtp] host, and the network")
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return RelayUnreachable(
            f"{where} did not answer within {options.timeout:g} seconds",
            hint="check [smtp] host and port; many networks block port 25",
        )
    if isinstance(error, ConnectionRefusedError):
        return RelayUnreachable(f"{where} refused the connection", hint="check [smtp] port, and that the server runs")
    return RelayUnreachable(f"{where} cannot be reached: {error}", hint="check [smtp] host, port and tls")
