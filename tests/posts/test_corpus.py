"""Real posts of real sites, read as their users would configure them, against what a reader of each site finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from digest.model import Post, Query
from digest.posts.sources import markdown
from digest.settings import Site

SHARED = Path(__file__).parents[3] / "shared" / "corpus"
DATED = "{year}/{month}/{day}/{slug}"


@dataclass(frozen=True, slots=True)
class Case:
    """One source as its user writes it: [site] url and timezone, [sources.X] path and, where no rule tells it, url."""

    site: str
    path: str
    url: str
    dialect: str
    zone: str = "UTC"
    template: str = ""


CASES = (
    Case("react-dev", "jekyll/_posts", "https://reactjs.org", "jekyll", "America/Los_Angeles",
         f"https://reactjs.org/blog/{DATED}.html"),
    Case("react-dev", "gatsby/content/blog", "https://reactjs.org", "plain", template=f"https://reactjs.org/blog/{DATED}.html"),
    Case("react-dev", "next/src/content/blog", "https://react.dev", "next"),
    Case("rust-blog", "zola/content", "https://blog.rust-lang.org", "zola"),
    Case("rust-blog", "jekyll/_posts", "https://blog.rust-lang.org", "jekyll"),
    Case("rust-blog", "earlier/7479f5af/_posts", "https://blog.rust-lang.org", "jekyll"),
    Case("rust-blog", "earlier/883315f4/_posts", "https://blog.rust-lang.org", "jekyll"),
    Case("rust-blog", "earlier/b72993ac/_posts", "https://blog.rust-lang.org", "jekyll"),
    Case("v8-dev", "src/blog", "https://v8.dev", "eleventy", template="https://v8.dev/blog/{slug}"),
    Case("v8-dev", "src/features", "https://v8.dev", "eleventy", template="https://v8.dev/features/{slug}"),
    Case("nats", "content/blog", "https://nats.io", "hugo"),
    Case("nats", "earlier/9b5f8966/content/blog", "https://nats.io", "hugo"),
    Case("nats", "earlier/a794dc2f/content/blog", "https://nats.io", "plain"),
    Case("nats", "earlier/dd68c3f9/content/blog", "https://nats.io", "hugo"),
    Case("nats", "earlier/fe1d534a/content/blog", "https://nats.io", "plain"),
    Case("hexo", "source/_posts", "https://hexo.io", "hexo", template=f"https://hexo.io/news/{DATED}/"),
    Case("hexo", "earlier/53150dc7/source/_posts", "https://hexo.io", "hexo"),
    Case("hexo", "earlier/d6642085/source/_posts", "https://hexo.io", "hexo"),
    Case("conda", "blog", "https://conda.org", "docusaurus"),
    Case("conda", "earlier/49d1ede8/blog", "https://conda.org", "plain"),
    Case("privacyguides", "mkdocs/blog", "https://www.privacyguides.org", "mkdocs-material",
         template="https://www.privacyguides.org/articles/{year}/{month}/{day}/{name}/"),
    Case("privacyguides", "jekyll/collections/_posts", "https://www.privacyguides.org", "jekyll",
         template=f"https://www.privacyguides.org/blog/{DATED}/"),
    Case("lektor", "content/blog", "https://www.getlektor.com", "lektor",
         template="https://www.getlektor.com/blog/{year}/{i_month}/{slug}/"),
    Case("this-week-in-rust", "content", "https://this-week-in-rust.org", "pelican", "America/New_York",
         f"https://this-week-in-rust.org/blog/{DATED}/"),
    Case("this-week-in-rust", "draft", "https://this-week-in-rust.org", "pelican", "America/New_York"),
    Case("nikola", "nikola/data/samplesite", "https://example.com", "nikola"),
    Case("nikola", "tests/data", "https://example.com", "nikola"),
    Case("etcd", "content/en/blog", "https://etcd.io", "hugo"),
    Case("etcd", "earlier/2c24fdae/content/en/blog", "https://etcd.io", "hugo"),
    Case("etcd", "earlier/949c7162/content/en/blog", "https://etcd.io", "hugo"),
    Case("etcd", "earlier/d13b1a1f/content/en/blog", "https://etcd.io", "hugo"),
    Case("astro-blog", "src/content/blog", "", "astro"),
    Case("cncf-glossary-ar", "content/ar", "https://glossary.cncf.io", "hugo"),
)  # fmt: skip


@cache
def posts_of(case: Case) -> tuple[str, dict[str, Post]]:
    """The dialect that was found, and the posts by their path below the site."""
    options = markdown.Options(path=str(SHARED / case.site / case.path), url=case.template)
    site = Site(url=case.url or "https://example.com", timezone=case.zone)
    source = markdown.open(options, name="blog", project=Path("/nowhere"), site=site)
    found = {f"{case.path}/{p.path}": p for p in source.posts(Query())}
    return source.dialect, found


def expected() -> Iterator[Any]:
    """Each post of each expect.json, with the source that reads it."""
    for file in sorted(SHARED.glob("[!_]*/expect.json")):
        site = file.parent.name
        for entry in json.loads(file.read_text(encoding="utf-8"))["posts"]:
            case = next(c for c in CASES if c.site == site and entry["path"].startswith(f"{c.path}/"))
            yield pytest.param(case, entry, id=f"{site}/{entry['path']}")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.site}/{c.path}")
def test_a_dialect_is_known_without_the_site_files(corpus: Path, case: Case) -> None:
    """Posts alone tell their dialect, or are taken as plain ones; nothing of a site is lost to an exception."""
    assert posts_of(case)[0] == case.dialect


@pytest.mark.parametrize(("case", "entry"), [*expected()])
def test_a_post_is_what_the_reader_of_its_site_finds(corpus: Path, case: Case, entry: dict[str, Any]) -> None:
    """Every field that the corpus is sure of; pages are no posts; a faulty file is told, or read all the same."""
    found = posts_of(case)[1].get(entry["path"])
    if not entry["is_post"]:
        assert found is None
        return
    assert found is not None
    if found.broken:
        assert entry.get("error") or entry["day"] is None
        assert all(p.line or p.severity == "warning" for p in found.problems)
        return
    got: dict[str, Any] = {
        "title": found.title,
        "day": found.date.date().isoformat() if found.date else None,
        "tags": list(found.tags),
        "categories": list(found.categories),
        "draft": found.draft,
        # Lektor's own slug_format (models/blog.ini) is no part of the corpus: the last part is all that posts tell.
        "slug": found.slug,
        "url": found.url.removeprefix("https://example.com"),
        "lang": found.lang,
    }
    for name, value in got.items():
        want = entry.get(name)
        if want is not None:
            want = want.strip() if name == "title" else want
            want = want.rpartition("/")[2] if name == "slug" and case.site == "lektor" else want
            assert value == want, name
    if entry.get("instant"):
        assert found.date == datetime.fromisoformat(entry["instant"])
        assert found.date.utcoffset() == datetime.fromisoformat(entry["instant"]).utcoffset()
    if entry.get("updated"):
        assert str(found.updated).startswith(entry["updated"][:10])


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.site}/{c.path}")
def test_a_quick_look_loses_no_post(corpus: Path, case: Case) -> None:
    """Whatever the day asked for, each post since that day comes, exactly as in a full reading."""
    everything = posts_of(case)[1]
    options = markdown.Options(path=str(SHARED / case.site / case.path), url=case.template)
    site = Site(url=case.url or "https://example.com", timezone=case.zone)
    days = sorted({p.date for p in everything.values() if p.date})
    for since in days[:: max(1, len(days) // 4)]:
        source = markdown.open(options, name="blog", project=Path("/nowhere"), site=site)
        some = {f"{case.path}/{p.path}": p for p in source.posts(Query(since=since))}
        assert all(some[path] == p for path, p in everything.items() if not p.date or p.date >= since)
        assert all(everything[path] == p for path, p in some.items())


def test_posts_of_two_folders_with_one_slug_are_two(corpus: Path) -> None:
    """Identity hangs on the path, never on a slug: Rust 1.0 has two posts called so."""
    found = posts_of(next(c for c in CASES if c.path == "jekyll/_posts" and c.site == "rust-blog"))[1].values()
    assert sum(p.slug == "Rust-1.0" for p in found) == 2
    assert len({p.id for p in found}) == len(found)


def test_the_seed_post_is_read_whole(seed: Path, tmp_path: Path) -> None:
    """A scraped post: folded title, quoted date, cover, source; its tab-only lines thinned; linked to its source."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.md").write_bytes(seed.read_bytes())
    source = markdown.open(
        markdown.Options(path="posts"), name="blog", project=tmp_path, site=Site(url="https://example.org")
    )
    (found,) = source.posts(Query())
    assert not found.problems
    assert found.path == "posts/a.md"
    assert found.title.startswith("Studio Ghibli and other")
    assert found.title.endswith("training on their work")
    assert found.date is not None
    assert (found.date.isoformat(), found.bare_day) == ("2025-11-03T00:00:00+00:00", True)
    assert found.tags[1] == "Machine Learning"
    assert found.categories == ("Education",)
    assert found.image is not None
    assert found.image.url.startswith("https://images.unsplash.com/")
    assert found.url == found.source_url != ""
    assert "\t\n" not in found.body
    assert "\n\n\n" not in found.body
    assert seed.read_text(encoding="utf-8").split("\n")[found.body_line - 1].startswith("A Japanese trade organization")
