"""`digest theme`: which themes there are, and a theme of one's own to begin with. Only files, no configuration is read.

A new theme holds what a project would change and nothing else: a `theme.toml` with every value of its base behind a #,
and the base's arrangement of the page. Partials and the text part stay those of the base: they get better with it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from digest.errors import ConfigError, DataError, UsageError
from digest.project import Made, known_theme
from digest.render import theme as themes
from digest.render.theme import ISSUE, NAME, RESERVED, TOML, Theme

__all__ = ["Listed", "listed", "start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A theme that a project can use: where it is from, what it is based on, and what it says of itself."""

    name: str
    origin: str
    base: str
    about: str


def listed(root: Path | None) -> tuple[Listed, ...]:
    """List the themes of a project, or those that come with digest. Raises TemplateError where one is wrong."""
    found = []
    for name in themes.known(root):
        theme = themes.load(name, root)
        own = root is not None and (root / "templates" / name).is_dir()
        both = own and (themes.shipped() / name).is_dir() and themes.shipped() != theme.folders[0]
        found.append(
            Listed(
                name=name,
                origin="digest, changed here" if both else "this project" if own else "digest",
                base=theme.chain[1] if len(theme.chain) > 1 else "",
                about=themes.about(name, root),
            )
        )
    return tuple(found)


def start(root: Path, name: str, base: str = "default") -> Made:
    """Begin the theme `name` in a project, on top of another. Overwrites nothing; raises UsageError and DataError."""
    known_theme(base, root)
    if not NAME.fullmatch(name) or name in RESERVED:
        hint = "Small letters, digits, - and _; not parts, not shipped."
        raise UsageError(f'"{name}" cannot be the name of a theme', hint=hint)
    folder = root / "templates" / name
    if (themes.shipped() / name).is_dir():
        hint = f"Choose another name; or write what differs into templates/{name}/{TOML}, it wins over what comes here."
        raise UsageError(f"the theme {name} comes with digest", hint=hint)
    if folder.exists():
        raise DataError("is there already", file=f"templates/{name}", hint="Edit it, or choose another name.")
    theme = themes.load(base, root)
    page = next(p for f in theme.folders if (p := f / theme.template(ISSUE)).is_file())
    files = {TOML: _toml(name, theme).encode(), ISSUE: page.read_bytes()}
    try:
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
    except OSError as exc:
        said = f"{exc.filename or folder} cannot be written: {exc.strerror}"
        raise ConfigError(said, hint="look at its rights") from exc
    return Made(
        written=tuple(f"templates/{name}/{file}" for file in files),
        kept=(),
        found=(f"whatever it does not say comes from {base}: the parts, the plain text, the values behind a #",),
        next_steps=(
            f'next: write theme = "{name}" under [newsletters.…] in digest.toml',
            f"then: edit templates/{name}/{TOML} and look at it with digest preview",
        ),
    )


def _toml(name: str, theme: Theme) -> str:
    """The values of the base, each behind a #."""
    lines = [
        f"# The theme {name}: {theme.name}, and what differs. Take a # away and change the value (docs/themes.md).",
        f'base = "{theme.name}"',
        'about = ""  # one sentence for digest theme list',
    ]
    for table in ("light", "dark", "fonts", "sizes", "space"):
        values = {k: _size(theme, k) for k in theme.sizes} if table == "sizes" else getattr(theme, table)
        lines += ["", f"[{table}]", *(f"#{k} = {json.dumps(v)}" for k, v in values.items())]
    lines += ["", "[options]"]
    for key, value in theme.options.items():
        said = " ".join(str(theme.declared[key].get("help", "")).split())
        lines.append(f"#{key} = {json.dumps(value, ensure_ascii=False)}" + (f"  # {said}" if said else ""))
    return "\n".join(lines) + "\n"


def _size(theme: Theme, key: str) -> str:
    """A size as theme.toml has it."""
    small = theme.sizes[key].replace("px", "")
    wide = re.findall(r"(\d+)px", theme.wide.get(key, ""))
    return f"{small} {wide[0]}/{wide[1]}" if wide else small
