"""What the tests in this folder share: the parent of all commands, and a project whose commands it forks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.nursery import Child, Nursery, shared
from tests.projects import FRIDAY, Project
from tests.smtp_server import SmtpServer

__all__ = ["Case"]


class Case:
    """A project, its relay and its people; each command is a process of its own."""

    def __init__(self, nursery: Nursery, project: Project, server: SmtpServer, people: list[str]) -> None:
        self.nursery, self.project, self.server, self.people = nursery, project, server, people

    def start(self, *words: str, now: str = FRIDAY, **how: Any) -> Child:
        """Start a command."""
        return self.nursery.start(
            self.project.command(*words, now=now), folder=self.project.root, environment=self.project.environ(), **how
        )

    def ran(self, *words: str, code: int | tuple[int, ...] = 0, now: str = FRIDAY, **how: Any) -> Child:
        """Run a command to its end, which must be this; no traceback, no mistake of ours."""
        child = self.start(*words, now=now, **how)
        wanted = code if isinstance(code, tuple) else (code,)
        assert child.ended() in wanted, (child.code, child.said)
        assert "Traceback" not in child.said, child.said
        assert "should not happen" not in child.said, child.said
        return child

    def sums(self, *, now: str = FRIDAY) -> dict[str, int]:
        """The counts that are not zero, after a look at whether they add up to the list."""
        counts = dict(self.ran("status", "--json", now=now).json["counts"])
        assert counts.pop("list") == sum(counts.values()) == len(self.people), counts
        return {name: number for name, number in counts.items() if number}

    def doubt(self) -> set[str]:
        """Who may or may not have it."""
        return set(self.ran("status", "--json", "--show-addresses").json["uncertain"])

    @property
    def got(self) -> Counter[str]:
        """Who has how many."""
        return Counter(self.server.addresses())


@pytest.fixture(scope="session")
def nursery() -> Nursery:
    """The parent of all commands."""
    return shared()


@pytest.fixture
def case(nursery: Nursery, server: SmtpServer, tmp_path: Any) -> Case:
    """Twelve people and a relay whose minutes are seconds."""
    people = [f"r{n}@example.net" for n in range(12)]
    project = Project(tmp_path / "project", port=server.port, smtp="timeout = 1")
    project.list("readers", *people)
    return Case(nursery, project, server, people)
