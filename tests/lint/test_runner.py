"""The preflight as a whole: every rule runs, none is skipped in silence, and a good issue has nothing to hear."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from digest.errors import Bug, ConfigError
from digest.lint import runner
from digest.model import Finding, Image, Proof
from digest.testing import post

Seeded = Callable[..., Proof]
BLOG = "https://blog.example.org/"


@pytest.mark.parametrize("rule", runner.rules())
def test_a_good_issue_is_silent(rule: str, seeded: Seeded, found: Callable[..., list[Finding]]) -> None:
    """No rule says anything of an issue without a fault."""
    assert found(rule, seeded()) == []


@pytest.mark.parametrize("rule", runner.rules())
def test_a_rule_is_one_file_that_says_why(rule: str) -> None:
    """Its docstring gives the reason, SEVERITY the gravest that it gives."""
    module = import_module(f"digest.lint.rules.{rule.replace('-', '_')}")
    assert len(module.__doc__) > 40
    assert module.SEVERITY in runner.SEVERITIES
    assert set(module.__all__) >= {"SEVERITY", "check"}


def test_the_reference_mail_is_silent(seeded: Seeded) -> None:
    """The drawn reference, as it was made by hand, passes every rule."""
    path = Path(__file__).parents[3] / "shared" / "sample.eml"
    if not path.is_file():
        pytest.skip("the reference mail is not beside this checkout")
    data = path.read_bytes()
    mail = message_from_bytes(data, policy=default)
    text, html = (part.get_content() for part in mail.iter_parts())
    titles = {
        "2026/11/plain-text/": "How we moved eleven years of posts into a folder of plain text",
        "2026/11/contours/": "A map is a promise: drawing contours from open elevation data",
        "2026/11/grids/": "Small grids, big patterns",
    }
    picture = Image(url=BLOG + "covers/plain-text-1200.png")
    posts = tuple(post(f"{n}.md", title=t, url=BLOG + u, image=picture) for n, (u, t) in enumerate(titles.items()))
    proof = seeded(
        posts=posts,
        data=data,
        html=[],
        headers={**dict.fromkeys(("Reply-To",)), **dict(mail.items())},
        sender={
            "address": "weekly@news.example.org",
            "postal_address": "Example Weekly, Example Street 1, 12345 Example City",
        },
    )
    object.__setattr__(proof, "html", html)
    object.__setattr__(proof, "text", text)
    assert runner.check(proof) == ()


def test_rules_are_found_by_their_files() -> None:
    """The names are the files', and listing them loads none."""
    code = (
        "import sys; from digest.lint import runner; names = runner.rules();"
        "assert len(names) > 60, names; assert 'alt-poor' in names;"
        "assert not [m for m in sys.modules if m.startswith('digest.lint.rules.')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_findings_are_named_and_sorted(seeded: Seeded) -> None:
    """The gravest first, then by place; each carries its rule's name."""
    proof = seeded(
        html=[(' alt="A hill in the sun"', ""), ("Read on the web</a>", "click here</a>")],
        headers={"Subject": "About plain folders and about everything else that there is to know of folders"},
    )
    told = runner.check(proof)
    assert [f.severity for f in told] == sorted((f.severity for f in told), key=runner.SEVERITIES.index)
    assert {"alt", "link-vague", "subject-length"} <= {f.rule for f in told}
    assert told == runner.check(proof)


def test_a_severity_is_changed_and_told(seeded: Seeded) -> None:
    """Raised, lowered or off: with the reason, as an info, at the line of the configuration; nobody forgets it."""
    proof = seeded(html=[(' alt="A hill in the sun"', ""), ("Read on the web</a>", "click here</a>")])
    settings = (("alt", "off", "drawn by the theme"), ("link-vague", "error", "we are strict"), ("clip", "info", ""))
    settings += (("link-empty", "off", "drawn by the theme"),)
    told = runner.check(proof, settings)
    assert [(f.rule, f.severity) for f in told if f.severity != "info"] == [("link-vague", "error")]
    said = {f.rule: f for f in told if f.severity == "info"}
    assert said["alt"].message == "alt is switched off in the configuration: drawn by the theme"
    assert (said["alt"].file, said["alt"].line) == ("digest.toml", 40)
    assert said["link-vague"].message == "link-vague counts as error in the configuration: we are strict"
    assert said["clip"].message.endswith("no reason is given")
    assert (said["clip"].file, said["clip"].line) == ("digest.toml", None)


def test_what_rendering_repaired_is_told_once(seeded: Seeded) -> None:
    """It counts like a rule's finding: it can be switched off by its name, and is not said twice."""
    pixel = Finding(rule="pixel-dropped", severity="warning", message="a tracking pixel was dropped", file="a.md")
    proof = seeded(rendered={"warnings": (pixel, pixel)})
    assert runner.check(proof) == (pixel,)
    assert [f.severity for f in runner.check(proof, (("pixel-dropped", "off", "known"),))] == ["info"]


def test_a_rule_that_is_none_is_refused(seeded: Seeded) -> None:
    """A slip of the pen must not leave a rule on that was meant to be off."""
    with pytest.raises(ConfigError) as raised:
        runner.check(seeded(), (("alt-por", "off", "x"),))
    assert raised.value.hint == "did you mean alt-poor?"
    with pytest.raises(ConfigError, match='there is no rule "quite-unlike-any"'):
        runner.check(seeded(), (("quite-unlike-any", "off", "x"),))
    with pytest.raises(ConfigError, match='"fatal" is no severity for the rule alt'):
        runner.check(seeded(), (("alt", "fatal", "x"),))


def test_a_rule_that_crashes_is_a_bug_with_its_name(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never skipped in silence, also where it has said something before; switched off it does not run."""

    def broken(proof: Proof) -> Iterator[Any]:
        yield Finding(rule="", severity="info", message="so far so good")
        raise KeyError("nobody thought of this")

    monkeypatch.setattr(import_module("digest.lint.rules.alt"), "check", broken)
    with pytest.raises(Bug, match=r"the rule alt broke on the issue weekly-2026-11-27: KeyError") as raised:
        runner.check(seeded())
    assert isinstance(raised.value.__cause__, KeyError)
    assert [f.rule for f in runner.check(seeded(), (("alt", "off", "it broke"),))] == ["alt"]
