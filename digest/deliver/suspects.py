"""Refusals that may mean their recipients or us, held back until it is known which. Nothing here knows a row's state.

Five different recipients in a row, refused on the same ground with nobody accepted in between: it is we who are meant.
"""

from __future__ import annotations

from digest.deliver.outcome import Outcome

__all__ = ["ENOUGH", "Suspects"]

ENOUGH = 5


class Suspects:
    """Rows and their outcomes, all on one ground: the same code and enhanced code."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: list[tuple[int, Outcome]] = []

    def __bool__(self) -> bool:
        return bool(self._held)

    def differ_from(self, outcome: Outcome) -> bool:
        """True where those held were refused on another ground, and so meant their recipients."""
        return bool(self._held) and _ground(self._held[0][1]) != _ground(outcome)

    def hold(self, row: int, outcome: Outcome) -> bool:
        """Hold one more; True where they are enough to know that we are meant."""
        self._held.append((row, outcome))
        return len(self._held) >= ENOUGH

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
        return held


def _ground(outcome: Outcome) -> tuple[int, str]:
    return outcome.code, outcome.enhanced
