"""What each table of digest.toml becomes, and what one table says about another.

Reads keys through a `Sheet`, which gathers the mistakes. A plug's table is read by the plug's own frozen `Options`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from digest.settings import Config, Newsletter, Plug, Public, Rules, Sender, Site, Smtp, State
from digest.toml import keys, notation
from digest.toml.keys import Key
from digest.toml.lines import Path as KeyPath
from digest.toml.notation import Misread, mean, near
from digest.toml.sheet import FILE, SILENT, Sheet, shown

__all__ = ["FIRST", "everything"]

FIRST = "weekly"  # the newsletter of a project that names none
TOKEN = 26  # characters of a reader's token
SOURCES, TRANSPORTS = "digest.posts.sources", "digest.deliver.transports"
RULES = ("digest.lint.rules", "digest.lint.online")
Raw = dict[str, Any]


def everything(sheet: Sheet, raw: Raw) -> Config:
    """Read every table. What is wrong stands in the sheet afterwards, and its default in the value."""
    for name in raw:
        if name not in keys.TOP:
            sheet.unknown((name,), keys.TOP)
    site = _site(sheet, raw)
    sender = _sender(sheet, raw, site)
    public = Public(**_top(sheet, raw, "public"))
    sources = _sources(sheet, raw)
    transport = _transport(sheet, raw)
    state = _state(sheet, raw)
    newsletters = _newsletters(sheet, raw, site, sender, sources)
    lint = _lint(sheet, raw)
    _variables(sheet)
    return Config(
        root=sheet.root,
        file=sheet.root / FILE,
        site=site,
        sources=sources,
        sender=sender,
        public=public,
        transport=transport,
        newsletters=newsletters,
        state=state,
        lint=lint,
        origins=tuple(sheet.origins),
        warnings=tuple(sheet.warnings),
    )


def _top(sheet: Sheet, raw: Raw, name: str) -> Raw:
    return sheet.table((name,), sheet.entries((name,), raw.get(name, {})), keys.TABLES[name])


def _said(raw: Raw, table: str, key: str) -> bool:
    content = raw.get(table)
    return isinstance(content, dict) and key in content


# ------------------------------------------------------------------------------------------------ site, sender, state


def _site(sheet: Sheet, raw: Raw) -> Site:
    values = _top(sheet, raw, "site")
    for key, example in (("name", '"Example Weekly"'), ("url", '"https://example.org"')):
        if not values.get(key) and (key in values or not _said(raw, "site", key)):
            sheet.missing(("site", key), example)
    return Site(**values)


def _sender(sheet: Sheet, raw: Raw, site: Site) -> Sender:
    values = _top(sheet, raw, "sender")
    if not _said(raw, "sender", "from"):
        sheet.missing(("sender", "from"), '"Example Weekly <news@example.org>"')
    name, _, address = values.pop("from", "").rpartition(" <")
    exempt = values.get("postal_exempt", "")
    if values.get("postal_address") is False:
        values["postal_address"] = ""
        if not exempt:
            sheet.wrong(
                ("sender", "postal_address"),
                "sender.postal_address = false needs a reason",
                'write postal_exempt = "why none is owed" beside it',
            )
    elif exempt:
        sheet.wrong(
            ("sender", "postal_exempt"),
            "sender.postal_exempt is the reason for postal_address = false, which is not there",
            "write postal_address = false, or leave postal_exempt out",
        )
    sender = Sender(name=name or site.name, address=address.rstrip(">"), **values)
    _room_for_token(sheet, "bounces", sender.bounces)
    if sender.unsubscribe_style == "plus":
        _room_for_token(sheet, "unsubscribe" if sender.unsubscribe else "from", sender.unsubscribe or sender.address)
    return sender


def _room_for_token(sheet: Sheet, key: str, address: str) -> None:
    """A mailbox that takes +TOKEN stays within the 64 octets of RFC 5321, section 4.5.3.1.1."""
    most = 64 - len("+") - TOKEN
    if len(address.partition("@")[0]) > most:
        expected = f"at most {most} characters before the @, because +TOKEN is added to them"
        sheet.misread(("sender", key), address, expected)


def _state(sheet: Sheet, raw: Raw) -> State:
    values = _top(sheet, raw, "state")
    if "path" in values:
        values["path"] = Path(values["path"]).expanduser()
    return State(**values)


def _variables(sheet: Sheet) -> None:
    """A variable that nobody reads is most likely a misspelling; other programs may own it, so it is no mistake."""
    for name in sorted(sheet.environment):
        if name.startswith("DIGEST_") and name not in keys.VARIABLES:
            alike = near(name.removeprefix("DIGEST_"), [v.removeprefix("DIGEST_") for v in keys.VARIABLES])
            hint = f'did you mean "DIGEST_{alike}"?' if alike else ""
            sheet.warnings.append(f"{name} is set, and nothing reads it" + (f"; {hint}" if hint else ""))


# ------------------------------------------------------------------------------------------------ plugs


def _kinds(package: str) -> tuple[str, ...]:
    """The files of a plug folder, as they are called in the configuration."""
    folders = import_module(package).__path__
    return tuple(sorted({p.stem for f in folders for p in Path(f).glob("*.py") if not p.name.startswith("_")}))


def _plug(sheet: Sheet, path: KeyPath, content: Raw, package: str, kind: str) -> Plug | None:
    """A plug's table, read by its own `Options`."""
    where = (*path, "kind")
    kinds = _kinds(package)
    written: Any = content.get("kind", kind)
    if written not in kinds:
        hint = mean(written, kinds) if isinstance(written, str) else ""
        sheet.misread(where, written, f"a kind that there is: {', '.join(kinds)}", hint)
        return None
    kind = str(written)
    try:
        module = import_module(f"{package}.{kind}")
    except ImportError as exc:
        sheet.wrong(where, f'{path[-1]}: kind "{kind}" cannot be loaded: {exc}', "install what it needs")
        return None
    if "kind" in content:
        sheet.said(where, kind)
    else:
        sheet.origins.append((f"{path[0]}.{path[1]}.kind", shown(kind), "default"))
    values = _options(sheet, path, content, module)
    if values is None:
        return None
    try:
        return Plug(name=str(path[-1]), kind=kind, options=module.Options(**values))
    except ValueError as exc:
        sheet.wrong(path, f"{path[-1]}: {exc}")
        return None


_WORDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: 'a path, as "content/posts"',
    tuple[str, ...]: 'a list of texts, as ["a", "b"]',
}


def _options(sheet: Sheet, path: KeyPath, content: Raw, module: ModuleType) -> Raw | None:
    """The fields of `Options` that are said; None where one that must be said is not, or anything is wrong."""
    known = {field.name: field for field in fields(module.Options)}
    types = get_type_hints(module.Options)
    before = len(sheet.mistakes)
    for name in content:
        if name not in known and name != "kind":
            sheet.unknown((*path, name), tuple(known))
    values: Raw = {}
    for name, field in known.items():
        key = _option(types[name])
        got = sheet.key((*path, name), content, name, key)
        if got is not SILENT:
            values[name] = got
        elif name in content:
            continue
        elif field.default is MISSING and field.default_factory is MISSING:
            sheet.missing((*path, name), '"…"')
        else:
            default = field.default_factory() if field.default_factory is not MISSING else field.default
            sheet.origins.append((".".join(map(str, (*path, name))), shown(default), "default"))
    return values if len(sheet.mistakes) == before else None


def _option(kind: Any) -> Key:
    """A plug's option as a key: `Literal["a", "b"]` is a choice of words, with the nearest one told."""
    if get_origin(kind) is Literal:
        return Key(read=notation.choice(*get_args(kind)))
    return Key(type=kind, takes=_WORDS.get(kind, f"what {kind} says"))


def _sources(sheet: Sheet, raw: Raw) -> tuple[Plug, ...]:
    found = sheet.named(raw, "sources", "blog")
    if not raw.get("sources"):
        sheet.wrong(("sources",), "there is no source of posts", 'write [sources.blog] with path = "content/posts"')
    plugs = []
    for name, content in found:
        _named_well(sheet, ("sources", name), notation.name)
        plugs.append(_plug(sheet, ("sources", name), content, SOURCES, "markdown"))
    return tuple(plug for plug in plugs if plug is not None)


def _named_well(sheet: Sheet, path: KeyPath, read: Callable[[str], str]) -> None:
    try:
        read(str(path[-1]))
    except Misread as exc:
        sheet.wrong(path, f'[{path[0]}] "{path[1]}" is no name: expected {exc.expected}', exc.hint)


# ------------------------------------------------------------------------------------------------ the way out


def _transport(sheet: Sheet, raw: Raw) -> Plug | None:
    if "transport" not in raw:
        return _smtp(sheet, raw)
    if "smtp" in raw:
        sheet.wrong(("transport",), "[transport] takes the place of [smtp], and both are there", "leave one out")
    elif sheet.environment.get("DIGEST_SMTP_HOST"):
        sheet.warn(("transport",), "[transport] is written here, so DIGEST_SMTP_HOST changes nothing")
    content = sheet.entries(("transport",), raw["transport"])
    if content.get("kind") == "smtp":
        sheet.wrong(("transport", "kind"), 'transport.kind = "smtp": a relay has a table of its own', "write [smtp]")
        return None
    if "kind" not in content:
        sheet.missing(("transport", "kind"), '"file"')
        return None
    return _plug(sheet, ("transport",), content, TRANSPORTS, "")


def _smtp(sheet: Sheet, raw: Raw) -> Plug | None:
    """The relay; None where no host is named. Its tables are checked all the same."""
    twins = [name for name, (table, _) in keys.TWINS.items() if table == "smtp" and sheet.environment.get(name)]
    if "smtp" not in raw and not twins:
        return None
    values = _top(sheet, raw, "smtp")
    _preset(sheet, values)
    _ports(sheet, values)
    if values.get("tls") == "none" and values.get("host") and not notation.loopback(values["host"]):
        sheet.wrong(
            ("smtp", "tls"),
            f'smtp.tls = "none": {values["host"]} is another machine, and the password would travel in clear',
            'write tls = "starttls" (port 587) or tls = "tls" (port 465)',
        )
    for name in ("ca_file", "oauth2_file"):
        if values.get(name):
            values[name] = str(sheet.root / Path(values[name]).expanduser())
    if user := sheet.environment.get("DIGEST_SMTP_USER", ""):
        values["user"] = user
        sheet.origins.append(("smtp.user", "set, and not shown", "DIGEST_SMTP_USER"))
    return Plug(name="smtp", kind="smtp", options=Smtp(**values)) if values.get("host") else None


def _ports(sheet: Sheet, values: Raw) -> None:
    """Port and TLS go together (RFC 8314, section 3.3): where only one is said, the other follows."""
    usual = {"starttls": 587, "tls": 465, "none": 25}
    if "port" not in values and "tls" in values:
        values["port"] = usual[values["tls"]]
    elif values.get("port") == 465 and "tls" not in values:
        values["tls"] = "tls"
    elif values.get("port") == 465 and values["tls"] == "starttls":
        sheet.warn(("smtp", "tls"), 'port 465 speaks TLS from its first octet: tls = "tls" is meant, most likely')
    for name in ("port", "tls"):
        if name in values:
            sheet.moved(f"smtp.{name}", values[name], "default")


def _preset(sheet: Sheet, values: Raw) -> None:
    """A well-known relay fills in what is not said: host, port, TLS, rates and limits."""
    from digest.deliver.presets import PRESETS

    name = values.get("preset")
    if not name:
        return
    if name not in PRESETS:
        known = tuple(PRESETS)
        sheet.misread(("smtp", "preset"), name, f"a relay that is known: {', '.join(known)}", mean(name, known))
        return
    preset, said = PRESETS[name], set(values)
    for field in ("host", "port", "tls", "rate", "daily", "connections", "per_connection"):
        value = getattr(preset, field)
        if field in said or value in (None, "") or "REGION" in str(value):
            continue
        if field in {"port", "tls"} and said & {"port", "tls"}:
            continue  # one of the two was said: the other follows that, not the preset
        values[field] = value
        sheet.moved(f"smtp.{field}", _rate(value) if field == "rate" else value, f"preset {name}")


def _rate(a_second: float) -> str:
    """A rate as it would be written, in the unit that makes it a whole number."""
    for seconds, unit in ((1, "s"), (60, "min"), (3600, "h")):
        if (number := round(a_second * seconds, 6)).is_integer():
            return f"{number:g}/{unit}"
    return f"{a_second:g}/s"


# ------------------------------------------------------------------------------------------------ newsletters


def _newsletters(
    sheet: Sheet, raw: Raw, site: Site, sender: Sender, sources: tuple[Plug, ...]
) -> tuple[Newsletter, ...]:
    """Every newsletter; a project that names none has one, which is sent by hand."""
    found = sheet.named(raw, "newsletters", FIRST) or [(FIRST, {})]
    made = [_newsletter(sheet, name, content, site) for name, content in found]
    ids: dict[str, str] = {}
    for newsletter in made:
        path: KeyPath = ("newsletters", newsletter.name)
        list_id = newsletter.list_id or f"{newsletter.name}.{sender.domain}"
        if list_id in ids:
            sheet.wrong(
                (*path, "list_id"),
                f"newsletters {ids[list_id]} and {newsletter.name} have the same list_id, {list_id}",
                "readers' filters tell newsletters apart by it: give each its own",
            )
        ids.setdefault(list_id, newsletter.name)
        _references(sheet, path, newsletter, sources, raw)
    return tuple(made)


def _newsletter(sheet: Sheet, name: str, content: Raw, site: Site) -> Newsletter:
    path: KeyPath = ("newsletters", name)
    _named_well(sheet, path, notation.lower_name)
    inherited = {
        field: (getattr(site, key), f"site.{key}")
        for field, key in (("title", "name"), ("timezone", "timezone"), ("language", "language"))
    }
    values = sheet.table(path, content, keys.NEWSLETTER, inherited)
    values = {field: value for field, (value, _) in inherited.items()} | values
    of_rules = {field.name for field in fields(Rules)}
    rules = Rules(**{field: value for field, value in values.items() if field in of_rules})
    return Newsletter(name=name, rules=rules, **{f: v for f, v in values.items() if f not in of_rules})


def _references(sheet: Sheet, path: KeyPath, newsletter: Newsletter, sources: tuple[Plug, ...], raw: Raw) -> None:
    """What a newsletter names must be there: sources and themes. A list may yet come: that is a warning."""
    known = tuple(raw["sources"]) if isinstance(raw.get("sources"), dict) else ()
    for at, source in enumerate(newsletter.rules.sources):
        if source not in known:
            sheet.misread(
                (*path, "sources", at), source, f"a source of this file: {', '.join(known)}", mean(source, known)
            )
    for at, name in enumerate(newsletter.lists):
        if not (sheet.root / "subscribers" / f"{name}.csv").is_file():
            there = sorted(p.stem for p in (sheet.root / "subscribers").glob("*.csv"))
            nearest = near(name, there)
            hint = f'; did you mean "{nearest}"?' if nearest else ""
            sheet.warn((*path, "lists", at), f"list {name} has no file subscribers/{name}.csv yet{hint}")
    if newsletter.theme != "default":
        _theme(sheet, path, newsletter.theme)


def _theme(sheet: Sheet, path: KeyPath, name: str) -> None:
    from digest.render.theme import known

    themes = known(sheet.root)
    if name not in themes:
        sheet.misread((*path, "theme"), name, f"a folder of templates/: {', '.join(themes)}", mean(name, themes))


# ------------------------------------------------------------------------------------------------ lint


def _lint(sheet: Sheet, raw: Raw) -> tuple[tuple[str, str, str], ...]:
    """[lint]: rule = a severity, or "off: reason"."""
    content = sheet.entries(("lint",), raw.get("lint", {}))
    if not content:
        return ()
    rules = (*(kind.replace("_", "-") for folder in RULES for kind in _kinds(folder)), "spam-score")
    found = []
    for rule, value in content.items():
        path: KeyPath = ("lint", rule)
        if rule not in rules:
            sheet.wrong(path, f"there is no lint rule {rule}", mean(rule, rules) or "digest check names the rules")
            continue
        word, _, reason = value.partition(":") if isinstance(value, str) else ("", "", "")
        if word.strip() in keys.SEVERITIES and not reason:
            found.append((rule, word.strip(), ""))
        elif word.strip() == "off" and reason.strip():
            found.append((rule, "off", reason.strip()))
        else:
            near_word = mean(word.strip(), (*keys.SEVERITIES, "off: reason")) if word else ""
            sheet.misread(path, value, '"error", "warning", "info", or "off: the reason"', near_word)
            continue
        sheet.said(path, value)
    return tuple(found)
