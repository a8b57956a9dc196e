"""digest.toml and the environment become one frozen `Config`; every mistake is told at once, with its line.

`keys` says which keys there are, `notation` how values are written, `toml_lines` where a key stands. Here they are put
together, and what one table says about another is checked. Opens no plug, and reads no list, theme or secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from digest import keys, notation
from digest.errors import ConfigError
from digest.keys import Key, Table
from digest.notation import Misread, mean
from digest.settings import Config, Newsletter, Plug, Public, Rules, Sender, Site, Smtp, State
from digest.toml_lines import Path as KeyPath
from digest.toml_lines import locate

__all__ = ["FILE", "find", "load", "no_relay", "ready_to_run"]

FILE = "digest.toml"


def find(start: Path) -> Path:
    """Give the nearest folder upwards that holds a digest.toml. Raises ConfigError where there is none."""
    here = start.expanduser().absolute()
    if here.name == FILE and here.is_file():
        return here.parent
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    raise ConfigError(f"no {FILE} in {here} or above it", hint="make a project here with: digest init")


def load(root: Path, environment: Mapping[str, str]) -> Config:
    """Read the project's digest.toml. Raises ConfigError whose `mistakes` are all there are."""
    root = root.expanduser().absolute()
    text = _text(root / FILE)
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise _failed([_no_toml(text, exc)]) from exc
    reader = _Reader(root, locate(text), {k: v for k, v in environment.items() if v})
    config = reader.config(raw)
    if reader.mistakes:
        raise _failed(sorted(reader.mistakes, key=lambda m: m.line or 0))
    assert config is not None
    return config


def no_relay(config: Config) -> ConfigError:
    """Say that nothing is configured that could carry mail away."""
    return ConfigError(
        "no relay is configured: [smtp] host is missing",
        hint='add [smtp] with host = "smtp.example.org", or set DIGEST_SMTP_HOST',
        file=FILE,
        line=_line_of(config, "smtp"),
    )


def ready_to_run(config: Config, newsletter: Newsletter) -> tuple[ConfigError, ...]:
    """Give what `run` asks for beyond a project that can be built; nothing where the newsletter may go out."""
    wanting: list[ConfigError] = []
    path = f"newsletters.{newsletter.name}"
    if not newsletter.lists:
        wanting.append(
            ConfigError(
                f"newsletter {newsletter.name} has no list to go to",
                hint=f'write lists = ["readers"] into [{path}], and the addresses into subscribers/readers.csv',
                file=FILE,
                line=_line_of(config, path),
            )
        )
    wanting.extend(
        ConfigError(
            f"list {name} has no file subscribers/{name}.csv",
            hint=_lists_hint(config.root, name),
            file=FILE,
            line=_line_of(config, f"{path}.lists"),
        )
        for name in newsletter.lists
        if not (config.root / "subscribers" / f"{name}.csv").is_file()
    )
    if config.transport is None:
        wanting.append(no_relay(config))
    if not config.sender.postal_address and not config.sender.postal_exempt:
        wanting.append(
            ConfigError(
                "[sender] postal_address is missing: mail to a list must say where its sender can be reached",
                hint="write a postal address (a P.O. box will do), "
                'or postal_address = false and postal_exempt = "why none is owed"',
                file=FILE,
                line=_line_of(config, "sender"),
            )
        )
    return tuple(wanting)


def _lists_hint(root: Path, name: str) -> str:
    there = sorted(p.stem for p in (root / "subscribers").glob("*.csv"))
    return mean(name, there) or f"make subscribers/{name}.csv with a first line: email,name"


def _line_of(config: Config, path: str) -> int | None:
    """The line of a key or of the first key below it, out of what `origins` says."""
    for where, _, origin in config.origins:
        if (where == path or where.startswith(f"{path}.")) and origin.startswith(f"{FILE}:"):
            return int(origin.rpartition(":")[2])
    return None


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        raise _failed([ConfigError("is not UTF-8", hint="save it as UTF-8", file=FILE, line=line)]) from exc
    except FileNotFoundError as exc:
        raise ConfigError(f"no {FILE} in {file.parent}", hint="make a project here with: digest init") from exc
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", hint="look at its rights", file=FILE) from exc


def _no_toml(text: str, exc: Exception) -> ConfigError:
    """What tomllib said, with the line out of its words."""
    said = str(exc) if isinstance(exc, tomllib.TOMLDecodeError) else "values are nested too deeply"
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", said)
    line = None
    if found:
        line = int(found[1]) if found[1] else max(1, len(text.splitlines()))
        said = said[: found.start()]
    return ConfigError(f"is not TOML: {said}", hint="text stands in quotes, lists in [ ]", file=FILE, line=line)


def _failed(mistakes: list[ConfigError]) -> ConfigError:
    one = len(mistakes) == 1
    return ConfigError(
        f"{FILE} has {'a mistake' if one else f'{len(mistakes)} mistakes'}",
        file=FILE,
        line=mistakes[0].line,
        mistakes=tuple(mistakes),
    )


