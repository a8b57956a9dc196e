"""What tests of the look share: one project's settings, and an issue drawn with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from digest.model import Issue, Rendered
from digest.render.draw import draw
from digest.render.theme import load
from digest.settings import Newsletter, Public, Sender, Site

Draw = Callable[..., Rendered]


@pytest.fixture(scope="session")
def drawn() -> Draw:
    """A function that draws an issue; any setting can be given by name."""

    def made(issue: Issue, **settings: Any) -> Rendered:
        defaults: dict[str, Any] = {
            "newsletter": Newsletter(name="weekly", title="Example Weekly", send="Friday 09:00"),
            "site": Site(name="Example Weekly", url="https://example.org", timezone="Europe/Vienna"),
            "sender": Sender(
                name="Example Weekly",
                address="news@example.org",
                postal_address="Example Weekly, 1 Example Street, 1010 Vienna",
                unsubscribe="leave@news.example.org",
            ),
            "public": Public(url="https://news.example.org"),
            "theme": load("default", None),
        }
        return draw(issue, **(defaults | settings))

    return made
