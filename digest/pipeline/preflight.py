"""The preflight of an edition: every variant, stamped for two sample readers, before the rules of `lint`."""

from __future__ import annotations

from digest.errors import PreflightFailed
from digest.lint import runner
from digest.model import Finding
from digest.pipeline import edition as editions
from digest.pipeline.edition import LastIssue
from digest.pipeline.look import Chosen, Looker, Shown, last_sent
from digest.settings import Newsletter

__all__ = ["findings", "judge"]

GRAVITY = ("error", "warning", "info")
READERS = (("reader@example.net", "a"), ("other@example.com", "b"))


def findings(looker: Looker, shown: Shown, *, to_list: bool) -> tuple[Finding, ...]:
    """Run the rules over every variant, gravest first; what holds for an earlier variant is not told again."""
    last = _last(looker, shown.chosen)
    found: dict[tuple[object, ...], Finding] = {}
    for index, variant in enumerate(shown.edition.variants):
        samples = tuple(
            editions.sample(looker.config, variant, to=to, token=sign * 26, message_id=sign * 32)
            for to, sign in READERS
        )
        proof = editions.proof_of(
            looker.config,
            shown.edition,
            shown.chosen.history,
            samples,
            looker.now,
            recipients=shown.people,
            last=last,
            to_list=to_list,
            variant=index,
        )
        told = runner.check(proof, looker.config.lint)
        places = set(found)
        found |= {(*_place(f), f.message): f for f in told if not any(_place(f) == p[:4] for p in places)}
    return tuple(sorted(found.values(), key=lambda f: (GRAVITY.index(f.severity), f.rule)))


def _place(f: Finding) -> tuple[object, ...]:
    return f.rule, f.severity, f.file, f.line


def _last(looker: Looker, chosen: Chosen) -> LastIssue:
    """What the newsletter's last issue was like; nothing where none is known."""
    last = last_sent(looker, chosen)
    if looker.ledger is None or last is None:
        return LastIssue()
    variants = looker.ledger.variants(last.id, last.revision)
    headers = dict(editions.headers_of(variants[0])) if variants else {}
    return LastIssue(recipients=last.counts.list, subject=last.subject, list_id=headers.get("List-Id", ""))


def judge(newsletter: Newsletter, found: tuple[Finding, ...], force: str) -> tuple[str, ...]:
    """Raise PreflightFailed on errors; with a reason to send all the same, tell it with what it overrides."""
    errors = [f for f in found if f.severity == "error"]
    if not errors:
        return ()
    if force:
        return (f"sent in spite of {', '.join(f.rule for f in errors)}: {force}",)
    first = errors[0]
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    raise PreflightFailed(
        f"nothing was sent, the issue is not fit to send: {first.rule}: {first.message}{more}",
        file=first.file or None,
        line=first.line,
        hint=f"digest check {newsletter.name} shows all of it",
    )
