"""`make pictures`: the example issue in every theme, on a phone and on a desktop, light and dark, as the docs show it.

Chromium draws what `digest build` wrote; Pillow puts the four views on one plate. Where Georgia is not installed,
Gelasio stands in for it if it is there (it has the same widths). Pictures are for eyes: no test compares them.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from digest import config as configuration
from digest.app import App, Clock

__all__ = ["NOW", "THEMES", "Still", "View", "drawn", "project", "views"]

ROOT = Path(__file__).parents[1]
POSTS = ROOT / "examples" / "posts"
FOLDER = ROOT / "docs" / "pictures"
THEMES = ("default", "letter", "links")
NOW = datetime(2026, 11, 27, 8, 5, tzinfo=UTC)  # five past nine on the Friday of the example posts
TOML = """\
[site]
name = "Example Weekly"
url = "https://example.org"
timezone = "Europe/Vienna"

[sources.blog]
kind = "markdown"
path = "posts"
url = "https://example.org/blog/{{slug}}/"

[sender]
from = "Example Weekly <news@example.org>"
postal_address = "Example Weekly, 1 Example Street, 1010 Vienna"

[public]
url = "https://news.example.org"

[newsletters.weekly]
title = "Example Weekly"
send = "Friday 09:00"
group = "category"
theme = "{theme}"
first_number = 48
"""
EDITOR = """\
---
---
Five pieces this week, and one long read that was in the making since spring. If you have ten minutes, take the first
one with a coffee.
"""
SHARP = 2  # pixels of the screen for one of CSS
PLATE, GAP, ROUND = (214, 211, 204), 28, 18
GROUNDS = 48  # colours of a picture that are kept as they are: the commonest
LARGEST = 400_000  # octets of a picture in the docs


@dataclass(frozen=True)
class View:
    """One way to look at a mail."""

    width: int
    scheme: str


FOUR = (View(640, "light"), View(375, "light"), View(375, "dark"), View(640, "dark"))
Shoot = Callable[[str, View], Image.Image]


class Still(Clock):
    """A clock that stands still: the same issue on every day."""

    def __call__(self) -> datetime:
        return NOW


def project(root: Path, theme: str, *, posts: Path = POSTS, editor: str = EDITOR) -> Path:
    """Write a project that mails these posts in this theme."""
    shutil.copytree(posts, root / "posts")
    (root / "digest.toml").write_text(TOML.format(theme=theme), encoding="utf-8")
    (root / "issues").mkdir()
    (root / "issues" / "weekly-2026-11-27.md").write_text(editor, encoding="utf-8")
    return root


def drawn(root: Path) -> str:
    """Give the HTML of a project's issue, as `digest build` writes it."""
    App(configuration.load(root, {}), {}, Still(NOW)).build("weekly", "", root / "out")
    return (root / "out" / "issue.html").read_text(encoding="utf-8")


@contextmanager
def views(images: Path) -> Iterator[Shoot]:
    """Open Chromium: gives a function that takes a picture of a mail. Pictures in it come from `images`, by name."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        sys.exit("make pictures needs Chromium (Debian package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--hide-scrollbars"])

        def local(route: Any) -> None:
            found = images / route.request.url.rpartition("/")[2]
            if found.is_file():
                route.fulfill(path=found)
            else:
                route.abort()

        def shoot(html: str, view: View) -> Image.Image:
            context = browser.new_context(color_scheme=view.scheme, device_scale_factor=SHARP)
            page = context.new_page()
            page.set_viewport_size({"width": view.width, "height": 800})
            page.route("**/*", local)
            page.set_content(html.replace("Georgia,", "Georgia,Gelasio,"), wait_until="load")
            octets = page.screenshot(full_page=True)
            context.close()
            return Image.open(io.BytesIO(octets)).convert("RGB")

        yield shoot
        browser.close()


def plate(shots: Sequence[Image.Image], *, width: int, highest: int) -> Image.Image:
    """Put pictures side by side; what is longer than `highest` (pixels of CSS) runs off the lower edge."""
    gap = GAP * SHARP
    high = min(max(s.height for s in shots), highest * SHARP)
    ground = Image.new("RGB", (sum(s.width for s in shots) + gap * (len(shots) + 1), high + gap * 2), PLATE)
    left = gap
    for shot in shots:
        cut = shot.height > high
        seen = shot.crop((0, 0, shot.width, min(shot.height, high + (gap if cut else 0))))
        ground.paste(seen, (left, gap), _rounded(seen.size, open_below=cut))
        left += shot.width + gap
    return ground.resize((width, round(ground.height * width / ground.width)), Image.Resampling.LANCZOS)


def _rounded(size: tuple[int, int], *, open_below: bool) -> Image.Image:
    mask = Image.new("L", size, 0)
    width, height = size
    radius = ROUND * SHARP
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1 + (radius if open_below else 0)), radius, 255)
    return mask


def save(picture: Image.Image, path: Path) -> int:
    """Write a PNG of few colours, of as many as the size allows."""
    for colours in (256, 192, 128, 96):
        picture.quantize(palette=_palette(picture, colours), dither=Image.Dither.FLOYDSTEINBERG).save(
            path, optimize=True
        )
        if path.stat().st_size <= LARGEST:
            break
    return path.stat().st_size


def _palette(picture: Image.Image, colours: int) -> Image.Image:
    """The grounds exactly, so that they stay even; of the rest what reaches furthest, as a small patch of an accent."""
    counted = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    grounds = [channel for _, colour in counted[:GROUNDS] for channel in colour]
    others = picture.quantize(colours - GROUNDS, method=Image.Quantize.MAXCOVERAGE).getpalette("RGB") or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*grounds, *others])
    return palette


def main() -> None:
    """Draw every picture of the docs."""
    FOLDER.mkdir(exist_ok=True)
    with views(POSTS / "images") as shoot, tempfile.TemporaryDirectory(prefix="digest-pictures-") as folder:
        for theme in THEMES:
            html = drawn(project(Path(folder) / theme, theme))
            shots = [shoot(html, view) for view in FOUR]
            sheets = {f"{theme}.png": plate(shots, width=1600, highest=1500)}
            if theme == "default":
                sheets["issue.png"] = plate(shots, width=1600, highest=1000)
            for name, sheet in sheets.items():
                print(f"{save(sheet, FOLDER / name) // 1000:>4} KB  {name}  {sheet.width} x {sheet.height}")


if __name__ == "__main__":
    main()
