"""A mail's HTML as one client would show it: light, dark or inverted, with or without pictures, with a place marked.

Only this page's copy of the HTML is changed; what is sent is not. `inverted` is a simulation and is called one.
"""

from __future__ import annotations

import html as markup
import re

__all__ = ["HERE", "SCHEMES", "shown_as", "with_mark", "with_pictures"]

SCHEMES = ("light", "dark", "inverted")
HERE = "digest-here"  # the fragment that a marked place gets
QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
STYLE = re.compile(r"<style\b[^>]*>.*?</style\s*>", re.IGNORECASE | re.DOTALL)
META = re.compile(
    r"(<meta\b[^>]*\bname=[\"'](?:supported-)?color-schemes?[\"'][^>]*\bcontent=[\"'])[^\"']*", re.IGNORECASE
)
PROPERTY = re.compile(r"((?:^|[{;\s])(?:supported-)?color-schemes?\s*:\s*)[a-z ]+", re.IGNORECASE)
PICTURE = re.compile(r"(<img\b[^>]*?\s)src(\s*=)", re.IGNORECASE)
SOURCE = re.compile(r"(<img\b[^>]*?\ssrc\s*=\s*\")([^\"]*)", re.IGNORECASE)
HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)
# What an app that knows no dark palette does to the whole mail; pictures are turned back.
INVERT = "html{background:#fff;filter:invert(1) hue-rotate(180deg)}img{filter:invert(1) hue-rotate(180deg)}"
MARK = f"#{HERE}{{outline:3px solid #d9480f!important;outline-offset:3px;scroll-margin:80px}}"


def shown_as(html: str, scheme: str, *, images: bool = True) -> str:
    """Show the mail in one scheme, whatever the browser's own is; links open outside the frame."""
    told = "dark" if scheme == "dark" else "light"
    html = STYLE.sub(lambda block: _in_scheme(block[0], told), META.sub(rf"\g<1>{told}", html))
    if not images:
        html = PICTURE.sub(r"\1data-src\2", html)
    styles = MARK + (INVERT if scheme == "inverted" else "")
    return _into_head(html, f'<base target="_blank"><style>{styles}</style>')


def with_pictures(html: str, places: dict[str, str]) -> str:
    """Let pictures come from elsewhere: addresses that are not yet on the web, from this machine."""

    def moved(found: re.Match[str]) -> str:
        place = places.get(markup.unescape(found[2]))
        return found[0] if place is None else found[1] + markup.escape(place)

    return SOURCE.sub(moved, html)


def with_mark(html: str, words: str) -> str:
    """Mark the first place of an address (the element that has it) or of words; unchanged where there is none."""
    body = html.lower().find("<body")
    for sought in dict.fromkeys((markup.escape(words), words)):
        at = html.find(sought, max(body, 0)) if sought else -1
        if at < 0:
            continue
        tag = html.rfind("<", 0, at)
        if html.rfind(">", 0, at) > tag:  # between tags: among the words
            return f'{html[:at]}<span id="{HERE}">{html[at : at + len(sought)]}</span>{html[at + len(sought) :]}'
        name = re.match(r"<[a-z][a-z0-9]*", html[tag:], re.IGNORECASE)
        if name:
            end = tag + name.end()
            return f'{html[:end]} id="{HERE}"{html[end:]}'
    return html


def _in_scheme(style: str, told: str) -> str:
    """A style block for a browser that is asked for one scheme: the query answered, the property narrowed."""
    style = QUERY.sub(lambda query: "(min-width:0px)" if query[1].lower() == told else "(max-width:0px)", style)
    return PROPERTY.sub(rf"\g<1>{told}", style)


def _into_head(html: str, added: str) -> str:
    found = HEAD_END.search(html)
    return f"{html[: found.start()]}{added}{html[found.start() :]}" if found else added + html
