"""A topic that no post of three months has is a slip of the pen in the list, or one that nobody writes about any more:
whoever chose it gets nothing, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from digest.lint.brought import newsletter
from digest.lint.place import Place, finding, in_config, short
from digest.model import Finding, Proof

__all__ = ["SEVERITY", "check"]

SEVERITY = "warning"
SHOWN = 10


def check(proof: Proof) -> Iterator[Finding]:
    """Find topics of readers that select no post of the last 12 weeks."""
    idle = [(topic, people) for topic, people, posts in proof.topics if not posts]
    for number, (topic, people) in enumerate(idle[:SHOWN], 1):
        who = "1 person has" if people == 1 else f"{people:,} people have"
        more = f" (and {len(idle) - SHOWN} more topics)" if number == SHOWN < len(idle) else ""
        message = f'{who} the topic "{short(topic, 40)}", which no post of the last 12 weeks has{more}'
        yield finding(SEVERITY, message, _list(proof), _hint(topic, proof.recent_tags))


def _hint(topic: str, tags: tuple[str, ...]) -> str:
    """The nearest word that posts do have, where there is one."""
    by_case = {tag.casefold(): tag for tag in tags}
    near = get_close_matches(topic.casefold(), by_case, n=1, cutoff=0.7)
    alias = "or say under tag_aliases what is meant by it"
    if near:
        return f'is it "{by_case[near[0]]}"? Correct it in the list, {alias}'
    return f"correct it in the list, {alias}; or write about it"


def _list(proof: Proof) -> Place:
    """The list's file where there is one list alone, else the line that names them."""
    lists = newsletter(proof).lists
    if len(lists) == 1:
        return Place(part="config", file=f"subscribers/{lists[0]}.csv")
    return in_config(proof, f"newsletters.{proof.issue.newsletter}.lists")
