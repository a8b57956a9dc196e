"""The contract of every source (interfaces.Source): one suite, run over each plug of digest/posts/sources.

A new source needs one line here: how to make it over a folder in which three posts lie, one of them broken.
"""

from __future__ import annotations

import dataclasses
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import digest.posts.sources
from digest.errors import DataError
from digest.interfaces import Source
from digest.model import Post, Query
from digest.settings import Site

KINDS = sorted(m.name for m in pkgutil.iter_modules(digest.posts.sources.__path__))
SITE = Site(url="https://example.org", timezone="Europe/Vienna")
Made = tuple[dict[str, Any], Callable[[], None]]


def markdown(folder: Path) -> dict[str, Any]:
    """A new post, an old one and a broken one, as Markdown files."""
    posts = folder / "posts"
    posts.mkdir()
    (posts / "c-new.md").write_text("---\ntitle: New\ndate: 2026-11-20\n---\nText\n", encoding="utf-8")
    (posts / "b-old.md").write_text("---\ntitle: Old\ndate: 2019-01-01\n---\nText\n", encoding="utf-8")
    (posts / "a-broken.md").write_text("---\ntitle: Broken\ndate: 2026-13-20\n---\nText\n", encoding="utf-8")
    return {"path": "posts"}


MAKERS: dict[str, Callable[[Path], dict[str, Any]]] = {"markdown": markdown}
NOWHERE: dict[str, dict[str, Any]] = {"markdown": {"path": "nowhere"}}


def opened(kind: str, folder: Path, options: dict[str, Any]) -> Source:
    plug = import_module(f"digest.posts.sources.{kind}")
    source: Source = plug.open(plug.Options(**options), name="blog", project=folder, site=SITE)
    return source


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each plug that there is; one without a line in MAKERS fails here."""
    name = str(request.param)
    assert name in MAKERS, f"digest/posts/sources/{name}.py has no line in MAKERS: say how to make it"
    return name


def test_options_are_frozen_and_named(kind: str) -> None:
    """An unknown option is an error, and a known one never changes."""
    options = import_module(f"digest.posts.sources.{kind}").Options
    with pytest.raises(TypeError):
        options(no_such_option=1)
    assert options.__dataclass_params__.frozen
    assert dataclasses.fields(options)


def test_opening_touches_nothing(kind: str, tmp_path: Path) -> None:
    """Only posts() looks outside: a source over nothing opens, and tells so when it is asked."""
    source = opened(kind, tmp_path, NOWHERE[kind])
    with pytest.raises(DataError) as caught:
        list(source.posts(Query()))
    assert caught.value.hint
    assert "blog" in str(caught.value)


def test_every_post_comes_in_a_stable_order(kind: str, tmp_path: Path) -> None:
    """By path, twice the same; each a Post of this source with an identity of its own."""
    source = opened(kind, tmp_path, MAKERS[kind](tmp_path))
    found = list(source.posts(Query()))
    assert source.name == "blog"
    assert [p.path for p in found] == sorted(p.path for p in found)
    assert list(source.posts(Query())) == found
    assert len(found) == 3
    assert len({p.id for p in found}) == 3
    assert all(isinstance(p, Post) and p.source == "blog" for p in found)
    assert all(p.date is None or p.date.tzinfo is not None for p in found)


def test_a_broken_post_costs_itself_alone(kind: str, tmp_path: Path) -> None:
    """It comes too, and its problem says why; the others are whole."""
    found = list(opened(kind, tmp_path, MAKERS[kind](tmp_path)).posts(Query()))
    broken = [p for p in found if p.broken]
    assert len(broken) == 1
    assert all(p.message for p in broken[0].problems)
    assert {p.title for p in found if not p.broken} == {"New", "Old"}


def test_a_query_may_spare_work_and_loses_nothing(kind: str, tmp_path: Path) -> None:
    """What is dated since comes; what comes is the same as without the query; a post without a date always comes."""
    source = opened(kind, tmp_path, MAKERS[kind](tmp_path))
    everything = {p.path: p for p in source.posts(Query())}
    since = datetime(2026, 11, 1, tzinfo=UTC)
    some = {p.path: p for p in source.posts(Query(since=since))}
    assert all(everything[path] == post for path, post in some.items())
    assert {path for path, p in everything.items() if p.date is None or p.date >= since} <= set(some)
