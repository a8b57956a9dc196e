"""Refusals that may mean their recipients or us, held back until it is known which. Nothing here knows a row's state.

Five different recipients in a row, refused on the same ground with nobody accepted in between: it is we who are meant.
But where all of them are at one domain and the issue goes to others too, it may be that domain that takes nothing from
anybody: its people often stand together in a list, and must not keep the rest from their mail.
"""

from __future__ import annotations

from collections.abc import Callable

from digest.deliver.outcome import Outcome

__all__ = ["ENOUGH", "MANY", "Suspects"]

ENOUGH = 5
MANY = 20  # of one domain: then they are meant


class Suspects:
    """Rows and their outcomes, all on one ground: the same code and enhanced code."""

    __slots__ = ("_domains", "_held")

    def __init__(self) -> None:
        self._held: list[tuple[int, Outcome]] = []
        self._domains: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._held)

    def differ_from(self, outcome: Outcome) -> bool:
        """True where those held were refused on another ground, and so meant their recipients."""
        return bool(self._held) and _ground(self._held[0][1]) != _ground(outcome)

    def hold(self, row: int, outcome: Outcome, domain: str) -> None:
        """Hold one more; `domain` is its recipient's."""
        self._held.append((row, outcome))
        self._domains.add(domain)

    def are_enough(self, *, one_domain: Callable[[], bool]) -> bool:
        """True where it is known that we are meant; `one_domain` says whether the issue goes to one domain alone."""
        if len(self._held) < ENOUGH:
            return False
        return len(self._domains) > 1 or self.last.step == "mail" or one_domain()

    @property
    def are_many(self) -> bool:
        """True where it is known that they themselves are meant, as `are_enough` does not say otherwise."""
        return len(self._held) >= MANY

    def mean_us(self, *, accepted: bool) -> bool:
        """There will be no more of them. Where nothing of the recipient was said yet, or nobody was `accepted` ever, it
        is we who are meant."""
        return bool(self._held) and (self.last.step == "mail" or not accepted)

    @property
    def last(self) -> Outcome:
        """The outcome of the one held last; only where there is one."""
        return self._held[-1][1]

    def let_go(self) -> list[tuple[int, Outcome]]:
        """Give back all that are held."""
        held, self._held = self._held, []
        self._domains.clear()
        return held


def _ground(outcome: Outcome) -> tuple[int, str]:
    return outcome.code, outcome.enhanced
