"""The preflight: every rule of `rules/` on one proof, with the severities that the configuration asks for; those of
`online/` where a network is handed in.

A rule is found by its file. One that crashes is our bug and stops the preflight with its name: a rule that is silently
skipped would let pass what it is there to stop.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import cast

from digest.errors import Bug, ConfigError
from digest.interfaces import Rule
from digest.lint import online as online_folder
from digest.lint import rules as folder
from digest.lint.network import Network
from digest.lint.place import in_config
from digest.model import Finding, Proof

__all__ = ["SEVERITIES", "check", "check_online", "judged", "online_rules", "rules"]

SEVERITIES = ("error", "warning", "info")
OTHERS = ("spam-score",)  # what is no rule and has a severity all the same
Settings = tuple[tuple[str, str, str], ...]


@cache
def rules() -> tuple[str, ...]:
    """The names of all rules, sorted; nothing is loaded for it."""
    return _names(folder)


@cache
def online_rules() -> tuple[str, ...]:
    """The names of the rules that ask the network, sorted."""
    return _names(online_folder)


def _names(package: ModuleType) -> tuple[str, ...]:
    return tuple(sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(package.__path__)))


def check(proof: Proof, config_rules: Settings = ()) -> tuple[Finding, ...]:
    """Run every rule that is not off, take in what rendering repaired, and sort: gravest first, then by place.

    `config_rules` are (rule, severity or "off", reason); each one is told as an info finding, so that nobody forgets
    what was switched off. Raises Bug with the rule's name where one crashes, ConfigError for a rule that is none.
    """
    wanted = _wanted(proof, config_rules)
    found = [f for name in rules() if wanted.get(name) != "off" for f in _run(name, proof, _rule(name).check, proof)]
    found += proof.rendered.warnings
    found = [*judged(proof, found, config_rules), *(_told(proof, *setting) for setting in config_rules)]
    return tuple(sorted(dict.fromkeys(found), key=_order))


def check_online(proof: Proof, network: Network, config_rules: Settings = ()) -> tuple[Finding, ...]:
    """Run every rule of `online/` that is not off; `network` is what they may ask of it."""
    wanted = _wanted(proof, config_rules)
    found: list[Finding] = []
    for name in online_rules():
        if wanted.get(name) != "off":
            ask = import_module(f"{online_folder.__name__}.{name.replace('-', '_')}").check
            found += _run(name, proof, ask, proof, network)
    return tuple(sorted(dict.fromkeys(judged(proof, found, config_rules)), key=_order))


def judged(proof: Proof, found: Iterable[Finding], config_rules: Settings = ()) -> tuple[Finding, ...]:
    """Findings with the severities that the configuration asks for, without those of a rule that is off."""
    wanted = _wanted(proof, config_rules)
    return tuple(replace(f, severity=wanted.get(f.rule, f.severity)) for f in found if wanted.get(f.rule) != "off")


@cache
def _rule(name: str) -> Rule:
    return cast(Rule, import_module(f"{folder.__name__}.{name.replace('-', '_')}"))


def _run(name: str, proof: Proof, rule: Callable[..., Iterable[Finding]], *given: object) -> Iterator[Finding]:
    try:
        yield from [replace(finding, rule=name) for finding in rule(*given)]
    except Exception as exc:
        raise Bug(
            f"the rule {name} broke on the issue {proof.issue.id}: {type(exc).__name__}: {exc}",
            hint="switch it off for now under [lint] in digest.toml, and report it",
        ) from exc


def _wanted(proof: Proof, config_rules: Settings) -> dict[str, str]:
    known = {*rules(), *online_rules(), *OTHERS, *(w.rule for w in proof.rendered.warnings)}
    for name, severity, _ in config_rules:
        if severity not in (*SEVERITIES, "off"):
            raise ConfigError(f'"{severity}" is no severity for the rule {name}', hint="error, warning, info or off")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "digest check --help lists them"
            raise ConfigError(f'there is no rule "{name}"', hint=hint)
    return {name: severity for name, severity, _ in config_rules}


def _told(proof: Proof, name: str, severity: str, reason: str) -> Finding:
    place = in_config(proof, f"lint.{name}")
    says = "is switched off" if severity == "off" else f"counts as {severity}"
    message = f"{name} {says} in the configuration: {reason or 'no reason is given'}"
    return Finding(rule=name, severity="info", message=message, file=place.file, line=place.line, part=place.part)


def _order(finding: Finding) -> tuple[int, str, int, str, str]:
    return SEVERITIES.index(finding.severity), finding.file, finding.line or 0, finding.rule, finding.message
