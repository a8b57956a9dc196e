"""The preview page: one issue in a browser, seen as clients show it, new with each save. On this machine alone.

What is shown comes from the app that is handed in; this module only puts it on a page and guards the door: loopback,
the Host of every request (DNS rebinding), a key in every address and on every POST that no other site can know. The
mail itself stands in a frame without scripts, without this page's origin, and behind a policy of its own.
"""

from __future__ import annotations

import logging
import re
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from digest.errors import Bug, DigestError, TemplateError, UsageError
from digest.model import Finding, PreviewState
from digest.web import mail_view
from digest.web.watching import Changes, Watch

__all__ = ["PreviewApp", "create_app", "masked", "serve"]

LOOPBACK = "127.0.0.1"
PORTS_TRIED = 20
HEARTBEAT = 15.0  # seconds between signs of life: a browser that has gone is noticed by then
GMAIL, TARGET = 102_400, 80_000  # octets of HTML: what Gmail shows, what we aim at
PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; frame-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' https: data:; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'self'"
)


class PreviewApp(Protocol):
    """What the page asks for. Each call may come from any thread, one at a time."""

    def render_preview(self, newsletter: str, variant: int | None, as_address: str | None) -> PreviewState:
        """Render the issue from the files as they are now: a variant by its place, or as one subscriber gets it.

        Raises a DigestError (with file and line) for what is broken; the page shows it and goes on.
        """
        ...

    def preview_findings(self) -> tuple[Finding, ...]:
        """What the preflight has to say of what was rendered last. Raises a DigestError."""
        ...

    def watch_paths(self) -> tuple[Path, ...]:
        """Files and folders whose change may change the issue. Never raises; nothing that rendering itself writes."""
        ...

    def mail_preview(self, newsletter: str, address: str) -> str:
        """Send the preview to one address and say in a sentence how it went; raises a DigestError otherwise."""
        ...


def masked(address: str) -> str:
    """An address by its first letter and its domain: enough to know one's own."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}•••{at}{domain}"


def serve(app: PreviewApp, *, newsletter: str, port: int = 8025, open_browser: bool = True) -> None:
    """Serve the page until Ctrl-C. Raises UsageError where the port is taken, naming one that is free."""
    logging.getLogger("watchfiles").setLevel(logging.ERROR)
    changes = Changes()
    with _listening(port) as listener:
        port = listener.getsockname()[1]
        pages = create_app(app, newsletter=newsletter, port=port, changes=changes, key=secrets.token_urlsafe(16))
        server = make_server(LOOPBACK, port, pages, threaded=True, request_handler=_Quiet, fd=listener.fileno())
        watch = Watch(app.watch_paths, changes.tell)
        watch.start()
        url = f"http://{LOOPBACK}:{port}/"
        sys.stderr.write(f"Preview of {newsletter}: {url} (Ctrl-C ends it)\n")
        if open_browser:
            _open(url)
        try:
            server.serve_forever(poll_interval=0.2)
        finally:
            changes.close()
            watch.close()
            server.server_close()


def _open(url: str) -> None:
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()  # a browser may take its time


def _listening(port: int) -> socket.socket:
    try:
        return _bound(port)
    except PermissionError as exc:
        raise UsageError(f"port {port} is for the system", hint="take one from 1024 on: --port 8025") from exc
    except OSError as exc:
        free = next((p for p in range(port + 1, min(port + PORTS_TRIED, 65535) + 1) if _is_free(p)), 0)
        hint = f"another preview may be open at http://{LOOPBACK}:{port}/; or take the next free one: --port {free}"
        raise UsageError(f"port {port} is in use", hint=hint) from exc


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


def _is_free(port: int) -> bool:
    try:
        _bound(port).close()
    except OSError:
        return False
    return True


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is werkzeug's
        """Say nothing for each request."""


class _Look:
    """The last rendering for each view, made anew when files have changed; one at a time."""

    def __init__(self, app: PreviewApp, newsletter: str, changes: Changes) -> None:
        self._app, self._newsletter, self._changes = app, newsletter, changes
        self._lock = threading.Lock()
        self._number = -1
        self._made: dict[tuple[int | None, str | None], PreviewState | DigestError] = {}
        self._good: dict[tuple[int | None, str | None], PreviewState] = {}
        self._judged = -1  # the number of the change that `_found` is about
        self._found: tuple[Finding, ...] = ()

    def at(self, variant: int | None, reader: int | None) -> tuple[PreviewState | None, DigestError | None]:
        """The view as it is, or the last good one with what is wrong now."""
        with self._lock:
            if self._number != self._changes.number:
                self._number = self._changes.number
                self._made.clear()
            address = self._address(variant, reader)
            key = variant, address
            if key not in self._made:
                self._made[key] = self._render(*key)
            made = self._made[key]
            if isinstance(made, DigestError):
                return self._good.get(key), made
            self._good[key] = made
            return made, None

    def findings(self) -> tuple[tuple[Finding, ...], DigestError | None]:
        """What the preflight found in what was rendered last, and what kept it from finding more."""
        with self._lock:
            if self._judged == self._number:
                return self._found, None
            try:
                self._found, self._judged = self._app.preview_findings(), self._number
            except DigestError as exc:
                return self._found, exc
            except Exception as exc:  # noqa: BLE001 - as below
                return self._found, _ours(exc)
            return self._found, None

    def _address(self, variant: int | None, reader: int | None) -> str | None:
        """Who is meant by the number that the page knows: it never holds an address."""
        if reader is None or reader < 0:
            return None
        seen = self._good.get((variant, None)) or next(iter(self._good.values()), None)
        readers = _readers(seen, variant) if seen else ()
        return readers[reader] if reader < len(readers) else None

    def _render(self, variant: int | None, address: str | None) -> PreviewState | DigestError:
        try:
            return self._app.render_preview(self._newsletter, variant, address)
        except DigestError as exc:
            return exc
        except Exception as exc:  # noqa: BLE001 - the page must outlive whatever a half-written file sets off
            return _ours(exc)


def _ours(exc: Exception) -> Bug:
    return Bug(f"rendering broke: {type(exc).__name__}: {exc}", hint="digest build shows more with -v")


def _readers(state: PreviewState, variant: int | None) -> tuple[str, ...]:
    index = state.variant if variant is None else variant
    return state.audiences[index].readers if 0 <= index < len(state.audiences) else ()


def create_app(app: PreviewApp, *, newsletter: str, port: int, changes: Changes, key: str) -> Flask:
    """Make the pages. `key` is this process's own: an address or a POST without it is refused."""
    flask = Flask(__name__, template_folder="pages", static_folder=None)
    flask.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    pages = _Pages(app, newsletter, frozenset(f"{name}:{port}" for name in (LOOPBACK, "localhost")), changes, key)
    flask.before_request(pages.guard)
    flask.after_request(pages.seal)
    for path in ("state", "findings", "mail", "picture", "changes"):
        flask.add_url_rule(f"/{path}", path, getattr(pages, path))
    flask.add_url_rule("/", "page", pages.page)
    flask.add_url_rule("/send", "send", pages.send, methods=["POST"])
    return flask


class _Pages:
    """One method an address; each is guarded before and sealed after."""

    def __init__(self, app: PreviewApp, newsletter: str, hosts: frozenset[str], changes: Changes, key: str) -> None:
        self._app, self._newsletter, self._hosts, self._key = app, newsletter, hosts, key
        self._changes, self._look = changes, _Look(app, newsletter, changes)

    def guard(self) -> None:
        """Answer only to our own name, and beyond the page itself only to who has the key."""
        if request.host not in self._hosts:
            abort(421, "This page answers to its own address alone.")
        if request.path != "/" and not secrets.compare_digest(request.args.get("key", "").encode(), self._key.encode()):
            abort(403, "This address is not from the preview page that is open now: load it anew.")

    def seal(self, response: Response) -> Response:
        """Keep everything out of caches, frames of others and guesses about types."""
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def page(self) -> Response:
        """The page itself: one document, nothing loaded from elsewhere."""
        nonce = secrets.token_urlsafe(16)
        facts = {"newsletter": self._newsletter, "key": self._key, "gmail": GMAIL, "target": TARGET}
        response = Response(render_template("preview.html", nonce=nonce, facts=facts))
        response.headers["Content-Security-Policy"] = PAGE_POLICY.format(nonce=nonce)
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    def state(self) -> Response:
        """All that the page tells, as JSON."""
        number = self._changes.number
        return jsonify(_told(*self._view(), number))

    def findings(self) -> Response:
        """What the preflight found, as JSON; asked for when the mail is to be seen."""
        found, error = self._look.findings()
        return jsonify(findings=[asdict(f) for f in found], error=_trouble(error) if error else None)

    def mail(self) -> Response:
        """The mail alone, for the frame: in one scheme, with a finding's place marked."""
        shown, _ = self._view()
        scheme = request.args.get("scheme", "light")
        if shown is None or scheme not in mail_view.SCHEMES:
            abort(404)
        view = {"key": self._key, **{k: v for k in ("variant", "reader") if (v := request.args.get(k))}}
        local = {url: f"/picture?{urlencode({**view, 'n': n})}" for n, url in _local(shown)}
        html = mail_view.with_pictures(shown.html, local)
        mark = request.args.get("mark", type=int)
        if mark is not None and 0 <= mark < len(found := self._look.findings()[0]):
            html = mail_view.with_mark(html, _marked(shown, found[mark]))
        html = mail_view.shown_as(html, scheme, images=request.args.get("images") != "off")
        return Response(html, headers={"Content-Security-Policy": MAIL_POLICY}, mimetype="text/html")

    def picture(self) -> Response:
        """A post's picture from this machine."""
        shown, _ = self._view()
        number = request.args.get("n", -1, type=int)
        found = _picture(shown, number) if shown and 0 <= number < len(shown.picked) else None
        if found is None:
            abort(404)
        return Response(found[0], mimetype=found[1])

    def changes(self) -> Response:
        """Server-sent events: a number that rises with each save."""
        return Response(_stream(self._changes), mimetype="text/event-stream")

    def send(self) -> tuple[Response, int]:
        """Send the preview to one address, for the page alone."""
        if request.headers.get("Origin") not in {f"http://{host}" for host in self._hosts} or not request.is_json:
            abort(403, "Only the preview page itself may send.")
        body = request.get_json(silent=True)
        address = body.get("address") if isinstance(body, dict) else None
        try:
            if not isinstance(address, str) or "@" not in address:
                raise UsageError("that is no address", hint="name@example.org")
            return jsonify(message=self._app.mail_preview(self._newsletter, address.strip())), 200
        except DigestError as exc:
            return jsonify(error=str(exc), hint=exc.hint), 422

    def _view(self) -> tuple[PreviewState | None, DigestError | None]:
        return self._look.at(request.args.get("variant", type=int), request.args.get("reader", type=int))


def _stream(changes: Changes) -> Iterator[str]:
    """Events for one page: the number at once (it may have missed one), then each change as it comes."""
    number = changes.number
    yield f"retry: 500\ndata: {number}\n\n"
    while not changes.closed:
        newer = changes.wait(number, HEARTBEAT)
        yield f"data: {newer}\n\n" if newer != number else ": still here\n\n"
        number = newer


def _told(state: PreviewState | None, error: DigestError | None, number: int) -> dict[str, Any]:
    """What the page knows, as JSON: no address of a reader but where the mail itself shows one."""
    told: dict[str, Any] = {"number": number, "error": None, "view": None}
    if error is not None:
        told["error"] = _trouble(error)
    if state is not None:
        told["view"] = _view(state)
    return told


def _trouble(error: DigestError) -> dict[str, Any]:
    """What is broken, where, and what to do."""
    mistakes = getattr(error, "mistakes", ())
    return {
        "file": error.file,
        "line": error.line,
        "message": error.message,
        "hint": error.hint,
        "more": [str(m) for m in mistakes if str(m) != str(error) and not isinstance(m, TemplateError)],
        "findings": [_mistake(m) for m in mistakes if isinstance(m, TemplateError)],
    }


def _mistake(wrong: TemplateError) -> dict[str, Any]:
    """A mistake of the MJML, as a finding is told."""
    place = {"file": wrong.file or "", "line": wrong.line, "part": "mjml"}
    return {"rule": wrong.rule, "severity": "error", "message": wrong.message, "hint": wrong.hint, **place}


def _view(state: PreviewState) -> dict[str, Any]:
    named = dict(state.headers)
    return {
        "issue": state.issue,
        "sender": named.get("From", ""),
        "subject": state.subject,
        "preheader": state.preheader,
        "text": state.text,
        "headers": state.headers,
        "source": state.raw.decode("utf-8", "replace"),
        "size": state.size,
        "whole": len(state.raw),
        "picked": [
            {"title": p.post.title, "path": p.post.path, "url": p.post.url, "reason": p.reason, "pinned": p.pinned}
            for p in state.picked
        ],
        "left_out": [asdict(p) for p in state.left_out],
        "audiences": [
            {"label": a.label, "people": a.people, "readers": [masked(r) for r in a.readers]} for a in state.audiences
        ],
        "variant": state.variant,
    }


def _marked(state: PreviewState, finding: Finding) -> str:
    """What of the mail a finding is about: an address or words that its message names, else its post's link."""
    named = re.search(r"https?://[^\s…]+(?=\s|$)", finding.message) or re.search(
        r"\"([^\"…]{3,})[\"…]", finding.message
    )
    if named:
        return named[named.lastindex or 0].rstrip(".,;:")
    return next((p.post.url for p in state.picked if finding.file and p.post.path == finding.file), "")


def _local(state: PreviewState) -> Iterator[tuple[int, str]]:
    """Pictures of posts that lie on this machine: shown from here, for they may not be on the web yet."""
    for number, picked in enumerate(state.picked):
        if picked.post.image and picked.post.image.file:
            yield number, picked.post.image.url


def _picture(state: PreviewState, number: int) -> tuple[bytes, str] | None:
    """The bytes and type of a post's own picture: chosen by number, so that no request can name a file."""
    image = state.picked[number].post.image
    kind = PICTURES.get(Path(image.file).suffix.lower()) if image and image.file else None
    if image is None or kind is None:
        return None
    try:
        return Path(image.file).read_bytes(), kind
    except OSError:
        return None
