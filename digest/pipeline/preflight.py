"""The preflight of an edition: every variant, stamped for two sample readers, before the rules of `lint`.

What takes seconds is apart and done where it is asked for: the rules that ask the network, and SpamAssassin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from digest.audience import tokens
from digest.errors import PreflightFailed, TemplateError
from digest.lint import runner, spam
from digest.lint.network import Network
from digest.model import Finding, Proof, Sample
from digest.pipeline import edition as editions
from digest.pipeline import topics
from digest.pipeline.edition import LastIssue
from digest.pipeline.look import Chosen, Looker, Shown, last_sent, post_findings
from digest.pipeline.results import Checked
from digest.pipeline.topics import NO_TOPICS, Topics
from digest.settings import Newsletter

__all__ = ["checked", "findings", "gravest_first", "judge", "of_mjml", "online", "spam_scores", "whole"]

GRAVITY = ("error", "warning", "info")
READERS = (("reader@example.net", "a"), ("other@example.com", "b"))


def findings(looker: Looker, shown: Shown, *, to_list: bool) -> tuple[Finding, ...]:
    """Run the rules over every variant, gravest first; what holds for an earlier variant is not told again."""
    last = _last(looker, shown.chosen)
    chosen = topics.of_readers(looker.sources, shown.chosen.newsletter, shown.audiences, shown.chosen.posts, looker.now)
    found: dict[tuple[object, ...], Finding] = {}
    for index, variant in enumerate(shown.edition.variants):
        samples = tuple(
            editions.sample(looker.config, variant, to=to, token=sign * 26, message_id=sign * 32)
            for to, sign in READERS
        )
        proof = _proof(looker, shown, index, samples, last, to_list=to_list, chosen=chosen)
        told = runner.check(proof, looker.config.lint)
        places = set(found)
        found |= {(*_place(f), f.message): f for f in told if not any(_place(f) == p[:4] for p in places)}
    return gravest_first(found.values())


def checked(looker: Looker, newsletter: Newsletter, issue: str, *, network: Network | None, score: bool) -> Checked:
    """All that `check` tells. Mistakes of the MJML are findings too, though they leave nothing for other rules to look
    at: the posts are judged beside them, and no more."""
    try:
        shown = looker.show(newsletter, issue)
    except TemplateError as wrong:
        if not wrong.mistakes:
            raise
        chosen = looker.meant(newsletter, issue)
        return Checked(findings=gravest_first(of_mjml(wrong) + post_findings(chosen)), broken=chosen.broken)
    return whole(looker, shown, network=network, score=score)


def of_mjml(wrong: TemplateError) -> tuple[Finding, ...]:
    """Each mistake of the MJML as a finding under its own rule."""
    return tuple(
        Finding(
            rule=m.rule, severity="error", message=m.message, file=m.file or "", line=m.line, hint=m.hint, part="mjml"
        )
        for m in wrong.mistakes
    )


def whole(looker: Looker, shown: Shown, *, network: Network | None, score: bool) -> Checked:
    """Of an issue that could be drawn: the rules, what is wrong with posts, and what was asked for besides."""
    found = findings(looker, shown, to_list=False) + post_findings(shown.chosen)
    if network is not None or score:
        found += online(looker, shown, network) if network is not None else ()
        found = gravest_first(found + (spam_scores(looker, shown) if score else ()))
    return Checked(findings=found, broken=shown.chosen.broken)


def online(looker: Looker, shown: Shown, network: Network) -> tuple[Finding, ...]:
    """Run the rules that ask the network over the whole issue (any other variant has no link besides). The sample
    carries the inert token: a POST to its unsubscribe address takes nobody off a list."""
    whole = shown.edition.variants[0]
    inert = editions.sample(looker.config, whole, to=READERS[0][0], token=tokens.INERT, message_id="0" * 32)
    proof = _proof(looker, shown, 0, (inert,), _last(looker, shown.chosen), to_list=False)
    return runner.check_online(proof, network, looker.config.lint)


def spam_scores(looker: Looker, shown: Shown) -> tuple[Finding, ...]:
    """SpamAssassin's opinion of the issue, once in each language: it takes seconds a message."""
    if not spam.available():
        hint = "install the package spamassassin; it is asked on this machine, nothing leaves it"
        return (
            Finding(rule="spam-score", severity="info", message="SpamAssassin is not installed: no score", hint=hint),
        )
    found: list[Finding] = []
    spoken: set[str] = set()
    to, sign = READERS[0]
    for index, variant in enumerate(shown.edition.variants):
        if variant.language not in spoken:
            spoken.add(variant.language)
            sample = editions.sample(looker.config, variant, to=to, token=sign * 26, message_id=sign * 32)
            proof = _proof(looker, shown, index, (sample,), LastIssue(), to_list=False)
            told = runner.judged(proof, spam.score(sample.data), looker.config.lint)
            found += (replace(f, message=f"{f.message}, in the language {variant.language}") for f in told)
    return tuple(found)


def gravest_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order in which a person mends them."""
    return tuple(sorted(found, key=lambda f: (GRAVITY.index(f.severity), f.rule)))


def _proof(
    looker: Looker,
    shown: Shown,
    index: int,
    samples: tuple[Sample, ...],
    last: LastIssue,
    *,
    to_list: bool,
    chosen: Topics = NO_TOPICS,
) -> Proof:
    return editions.proof_of(
        looker.config,
        shown.edition,
        shown.chosen.history,
        samples,
        looker.now,
        recipients=shown.people,
        last=last,
        to_list=to_list,
        variant=index,
        topics=chosen,
    )


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
