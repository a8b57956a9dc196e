"""A page to look at an issue and to keep it: who sends it, what is in it, how it looks, what the preflight found.

One file without a script, for an editor, and for a lawyer who opens it in three years: what is written in the mail is
in the page. Pictures are in it where they lie on this machine; those of the web are named, and loaded from there.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

from digest.model import Finding, Issue, Rendered

__all__ = ["MADE_BY", "Kept", "page", "with_local_pictures"]

LARGEST = 500_000  # octets of a local picture that is shown inside the page
TOGETHER = 2_000_000  # octets of all of them: each stands in the page once a frame
GMAIL = 102_000  # octets of HTML after which Gmail cuts (EMAIL 7)
FRAMES = ((375, "Phone"), (640, "Desktop"))
FIELDS = ("From", "Reply-To", "Subject", "Date", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID")
SIMULATED = (
    "The mail's own dark colours, as Apple Mail shows them. This is a simulation: other programs recolour a mail in "
    "their own way, or not at all."
)
# No script can run in a frame. Of the page's own origin, it is drawn and printed with it.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
SCHEME = re.compile(r"((?:^|[{;\s])(?:supported-)?color-schemes?\s*:\s*)[a-z ]+(?=[;}])", re.IGNORECASE)
META = re.compile(r"(<meta\b[^>]*\bname=\"(?:supported-)?color-schemes?\"[^>]*\bcontent=\")[^\"]*", re.IGNORECASE)
MADE_BY = '<meta name="generator" content="digest build">'  # by which a page of ours is known again
HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)
PICTURE = re.compile(r"<img\b", re.IGNORECASE)

STYLE = """
:root{color-scheme:light dark;--ground:#eceae5;--ink:#1c1d1f;--soft:#51565e;--line:#cfcac0;--sheet:#fff;--link:#0a5c50;
--error:#a3261d;--warning:#7a4a00}
@media (prefers-color-scheme:dark){:root{--ground:#0d0f11;--ink:#f2f0eb;--soft:#a9aeb7;--line:#363a41;--sheet:#1d2025;
--link:#6fd3be;--error:#ff9d92;--warning:#f0c26b}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
header,section{padding:20px 24px;max-width:1128px;margin:0 auto}section{border-top:1px solid var(--line)}
h1{font-size:24px;line-height:30px;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:18px;line-height:24px;margin:0 0 12px}
h3{font-size:15px;line-height:20px;margin:0 0 8px;color:var(--soft);font-weight:600}p{margin:0 0 8px}
.soft{color:var(--soft)}a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}
dl{margin:0;display:grid;grid-template-columns:12em minmax(0,1fr)}dt,dd{margin:0;padding:5px 16px 5px 0;
border-top:1px solid var(--line);overflow-wrap:anywhere}dt{font-weight:600}
ol,ul{margin:0;padding-inline-start:1.6em}ul{list-style:none;padding:0}li{margin:0 0 8px;overflow-wrap:anywhere}
li small{display:block;color:var(--soft)}
.error{color:var(--error);font-weight:600}.warning{color:var(--warning);font-weight:600}
.frames{display:flex;flex-wrap:wrap;gap:24px 32px;align-items:flex-start}.frames>div{max-width:100%}
iframe{display:block;border:1px solid var(--line);border-radius:12px;background:#fff;max-width:100%}
pre{margin:0;max-width:100%;overflow:auto;background:var(--sheet);border:1px solid var(--line);border-radius:12px;
padding:20px;font:14px/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:560px){header,section{padding:16px}dl{display:block}dt{padding-bottom:0}
dd{border:0;padding-top:0}}
@media print{:root{color-scheme:light;--ground:#fff;--ink:#000;--soft:#444;--line:#bbb;--sheet:#fff;--link:#000;
--error:#000;--warning:#000}header,section{padding:8px 0;max-width:none}.frames>div{break-before:page}
dd,li{break-inside:avoid}.dark{display:none}pre{border:0;padding:0}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One reader's message as the page keeps it: its decoded parts and header, its octets, what was found."""

    html: str
    text: str
    headers: Sequence[tuple[str, str]]
    data: bytes
    findings: Sequence[Finding] = ()
    postal_address: str = ""


def page(issue: Issue, variant: Rendered, kept: Kept, *, pictures: Mapping[str, str] | None = None) -> str:
    """Write the page. `pictures` are files on this machine by the address that they will have."""
    tongue = escape(variant.language, quote=True)
    body = "".join(
        (
            f'<header><h1 lang="{tongue}" dir="auto">{escape(variant.subject)}</h1>',
            f'<p lang="{tongue}" dir="auto">{escape(variant.preheader)}</p>' if variant.preheader else "",
            f'<p class="soft">{escape(issue.title)}, {escape(issue.id)}, number {issue.number}'
            f"{f', revision {issue.revision}' if issue.revision > 1 else ''}. "
            "Made by digest; nothing here was sent by opening it.</p></header><main>",
            _section("Sender and ways out", _list(_facts(kept))),
            _section("The mail, light", _frames(kept, "light", pictures or {})),
            _section(
                "The mail, dark", f'<p class="soft">{SIMULATED}</p>{_frames(kept, "dark", pictures or {})}', "dark"
            ),
            _section(f"Posts ({len(issue.posts)})", _posts(issue, tongue)),
            _section("What the preflight found", _findings(kept.findings)),
            _section("Sizes", _list(_sizes(kept))),
            _section("Plain text", f'<pre lang="{tongue}" dir="auto">{escape(kept.text)}</pre>'),
            "</main>",
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{MADE_BY}<title>{escape(variant.subject)} – {escape(issue.id)}</title>"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data: https: http:; '
        "style-src 'unsafe-inline'; base-uri 'self'; form-action 'none'\">"
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def with_local_pictures(html: str, local: Mapping[str, str]) -> str:
    """Show pictures from this machine where they lie here: their published address need not be there yet."""
    left = TOGETHER
    for url, file in local.items():
        path = Path(file)
        size = path.stat().st_size if path.is_file() else LARGEST + 1
        if size <= min(LARGEST, left):
            left -= size
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            html = html.replace(f'src="{escape(url)}"', f'src="data:{kind};base64,{data}"')
    return html


# ------------------------------------------------------------------------------------------------ its sections


def _section(title: str, content: str, kind: str = "") -> str:
    name = re.sub(r"[^a-z]+", "-", title.lower()).strip("-")
    return f'<section aria-labelledby="{name}" class="{kind}"><h2 id="{name}">{title}</h2>{content}</section>'


def _list(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values; the values are HTML."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _facts(kept: Kept) -> Iterator[tuple[str, str]]:
    said = dict(kept.headers)
    for name in FIELDS:
        if name in said:
            yield name, f"<bdi>{escape(said[name])}</bdi>"
    yield "Postal address", escape(kept.postal_address) or "none"
    yield "Fingerprint", f"SHA-256 of issue.eml: <code>{sha256(kept.data).hexdigest()}</code>"


def _posts(issue: Issue, tongue: str) -> str:
    if not issue.posts:
        return "<p>There is none: the mail is the editor's text.</p>"
    rows = "".join(
        f'<li><span lang="{escape(p.lang, quote=True) or tongue}" dir="auto">{_link(p.title, p.url)}</span>'
        f"<small>{escape(', '.join(filter(None, (f'{p.date:%Y-%m-%d}' if p.date else '', p.author, p.path))))}"
        f"{f'<br>{escape(p.url)}' if p.url else ''}</small></li>"
        for p in issue.posts
    )
    return f"<ol>{rows}</ol>"


def _link(title: str, url: str) -> str:
    if not url.startswith(("https://", "http://")):
        return escape(title)
    return f'<a href="{escape(url, quote=True)}" rel="noreferrer">{escape(title)}</a>'


def _findings(found: Sequence[Finding]) -> str:
    if not found:
        return "<p>Nothing: it is fit to send.</p>"
    rows = "".join(
        f'<li><span class="{f.severity}">{f.severity}</span> {escape(f.message)}{_hint(f.hint)}'
        f"<small>{escape(f.rule)}{f' · {escape(f.file or f.part)}' if f.file or f.part else ''}"
        f"{f':{f.line}' if f.line else ''}</small></li>"
        for f in found
    )
    return f"<ul>{rows}</ul>"


def _hint(words: str) -> str:
    return f"<small>{escape(words)}</small>" if words else ""


def _sizes(kept: Kept) -> Iterator[tuple[str, str]]:
    html = len(kept.html.encode())
    share = f"{html / GMAIL:.0%} of what Gmail shows before it cuts ({GMAIL:,})"
    yield "HTML", f"{html:,} octets, {share}"
    yield "Plain text", f"{len(kept.text.encode()):,} octets"
    yield "Message", f"{len(kept.data):,} octets"
    yield "Pictures", f"{len(PICTURE.findall(kept.html))}"


# ------------------------------------------------------------------------------------------------ its frames


def _frames(kept: Kept, scheme: str, pictures: Mapping[str, str]) -> str:
    shown = escape(with_local_pictures(_in_scheme(kept.html, scheme), pictures), quote=True)
    frames = "".join(
        f"<div><h3>{name}, {width} pixels</h3>"
        f'<iframe title="The mail on a {name.lower()}, {scheme}" sandbox="{SANDBOX}" '
        f'width="{width}" height="{_height(kept, width)}" srcdoc="{shown}"></iframe></div>'
        for width, name in FRAMES
    )
    return f'<div class="frames">{frames}</div>'


def _height(kept: Kept, width: int) -> int:
    """About how high the mail is: a frame cannot say it without a script, and a printer does not scroll."""
    lines, pictures = sum(1 for line in kept.text.splitlines() if line.strip()), len(PICTURE.findall(kept.html))
    return 200 + (lines * 32 + pictures * 150 if width < 500 else lines * 30 + pictures * 130)


def _in_scheme(html: str, scheme: str) -> str:
    """A copy of the mail for a browser that is asked for one scheme, whatever its own is; links open outside."""
    html = QUERY.sub(lambda found: "(min-width:0px)" if found[1].lower() == scheme else "(max-width:0px)", html)
    html = META.sub(rf"\g<1>{scheme}", SCHEME.sub(rf"\g<1>{scheme}", html))
    return HEAD_END.sub('<base target="_blank"></head>', html, count=1)
