"""digest.toml and the environment become one frozen `Config`; every mistake is told at once, with its line.

How the file is read stands in `digest.toml`: `keys` says which keys there are, `notation` how values are written,
`lines` where a key stands, `tables` what they become. This is the door, and the only place that has the libraries
which check types (msgspec) and unusual addresses (email-validator). It opens no plug, and reads no list and no secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from digest.errors import ConfigError
from digest.settings import Config, Newsletter
from digest.toml.lines import locate
from digest.toml.notation import Misread, mean, plain
from digest.toml.sheet import FILE, Sheet
from digest.toml.tables import everything

__all__ = ["FILE", "find", "load", "no_relay", "ready_to_run", "refuse_unready"]


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
    sheet = Sheet(root, locate(text), {k: v for k, v in environment.items() if v}, convert, address)
    config = everything(sheet, raw)
    if sheet.mistakes:
        raise _failed(sorted(sheet.mistakes, key=lambda mistake: mistake.line or 0))
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


def refuse_unready(wanting: tuple[ConfigError, ...]) -> None:
    """Raise what `ready_to_run` found as one ConfigError; nothing where it found nothing."""
    if wanting:
        raise ConfigError("the project cannot send yet", mistakes=wanting)


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
    return ConfigError(f"{FILE} has {'a mistake' if one else f'{len(mistakes)} mistakes'}", mistakes=tuple(mistakes))


# ------------------------------------------------------------------------------------------------ libraries


def convert(value: Any, kind: Any, strict: bool) -> Any:
    """Give the value as that type, or raise `Misread` that says nothing but where: the key knows what it takes.

    What plainly is of its type needs no library, and most files hold nothing else; msgspec judges the rest. Text from
    the environment is not `strict`: it may become a number or a yes and no.
    """
    if strict and type(value) in (get_args(kind) if isinstance(kind, UnionType) else (kind,)):
        return value
    if kind == tuple[str, ...] and type(value) is list and all(type(item) is str for item in value):
        return tuple(value)
    import msgspec

    try:
        return msgspec.convert(value, kind, strict=strict, dec_hook=_path)
    except msgspec.ValidationError as exc:
        found = re.search(r"\$\[(\d+)\]", str(exc))
        raise Misread("", at=int(found[1]) if found else None) from exc


def _path(kind: type, value: Any) -> Any:
    """What msgspec has no rule for: a plug's path."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError


_ATEXT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


def address(text: str, *, named: bool) -> str:
    """Check an address, or where it may be `named` also `Name <address>`; its domain comes back in A-labels."""
    name, sign, bare = plain(text).rpartition("<")
    if not sign:
        return _bare(bare)
    if not bare.endswith(">"):
        raise Misread(_ADDRESS)
    bare = bare[:-1].strip()
    if not named:
        raise Misread("an address alone", f"write {bare}")
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    elif set(name) & set('"<>@'):
        raise Misread(_ADDRESS)
    return f"{name} <{_bare(bare)}>" if name else _bare(bare)


_ADDRESS = 'an address, as "news@example.org" or "Example Weekly <news@example.org>"'


def _bare(text: str) -> str:
    """An address without a name. The usual one needs no library (RFC 5321, section 4.1.2, without quoted parts)."""
    local, _, domain = text.rpartition("@")
    if _usual(local, 64, _ATEXT) and _usual(domain, 253, _LETTERS) and all(map(_label, domain.split("."))):
        return f"{local}@{domain.lower()}"
    from email_validator import EmailNotValidError, validate_email  # slow to load, and seldom needed

    try:
        checked = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as exc:
        raise Misread(_ADDRESS) from exc
    if not checked.local_part.isascii():
        raise Misread("an address whose part before the @ is ASCII: few relays carry another (RFC 6531)")
    return f"{checked.local_part}@{checked.ascii_domain}"


def _usual(part: str, longest: int, signs: frozenset[str]) -> bool:
    """One side of a usual address: pieces of these signs, with single dots between them."""
    return len(part) <= longest and all(piece and signs.issuperset(piece) for piece in part.split("."))


def _label(label: str) -> bool:
    return len(label) <= 63 and label[0] != "-" != label[-1] and "--" not in label
