"""A page to look at an issue without sending it: phone and desktop side by side, and the plain text."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Mapping
from html import escape
from pathlib import Path

from digest.model import Issue, Rendered

__all__ = ["page", "with_local_pictures"]

LARGEST = 2_000_000  # octets of a local picture that is shown inside the page

STYLE = """
:root{color-scheme:light dark;--ground:#e9e7e2;--ink:#1c1d1f;--soft:#5b6068;--line:#cfcac0;--sheet:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#0d0f11;--ink:#f2f0eb;--soft:#a4aab4;--line:#363a41;--sheet:#1d2025}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header{padding:20px 24px;border-bottom:1px solid var(--line)}h1{font-size:20px;margin:0 0 4px}
header p{margin:2px 0;color:var(--soft)}h2{font-size:14px;margin:0 0 8px;color:var(--soft);font-weight:600}
main{display:flex;flex-wrap:wrap;gap:32px;padding:24px;align-items:flex-start}
section{max-width:100%}iframe{border:1px solid var(--line);border-radius:12px;background:var(--sheet);max-width:100%}
pre{max-width:100%;overflow:auto;background:var(--sheet);border:1px solid var(--line);border-radius:12px;padding:20px;
font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap}
"""


def page(issue: Issue, variant: Rendered, *, html: str, text: str) -> str:
    """The whole page; the mail stands in frames that run no script."""
    frame = escape(html, quote=True)
    frames = "".join(
        f'<section><h2>{name}, {width} px</h2><iframe title="{name}" sandbox="allow-same-origin" width="{width}" '
        f'height="900" srcdoc="{frame}"></iframe></section>'
        for name, width in (("Phone", 375), ("Desktop", 640))
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(variant.subject)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<header><h1>{escape(variant.subject)}</h1><p>{escape(variant.preheader)}</p>"
        f"<p>{escape(issue.id)}, number {issue.number}. Light and dark follow your system.</p></header>"
        f"<main>{frames}<section><h2>Plain text</h2><pre>{escape(text)}</pre></section></main></body></html>\n"
    )


def with_local_pictures(html: str, local: Mapping[str, str]) -> str:
    """Show pictures from this machine where they lie here: their published address need not be there yet."""
    for url, file in local.items():
        path = Path(file)
        if path.is_file() and path.stat().st_size <= LARGEST:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            html = html.replace(f'src="{escape(url)}"', f'src="data:{kind};base64,{data}"')
    return html
