"""A topic on a list that no post of 12 weeks has: found by `digest check`, over real files."""

from __future__ import annotations

from pathlib import Path

from tests.projects import Project


def told(project: Project) -> list[tuple[str, str]]:
    """What the rule says, with its hints."""
    said = project.digest("check", "--json")
    assert said.code in (0, 1), said.err
    return [(f["message"], f["hint"]) for f in said.json if f["rule"] == "topics-unknown"]


def test_what_a_post_has_is_not_blamed(tmp_path: Path) -> None:
    """By meaning, by an alias, in a category, and in a post that is too old for this issue but not for the rule."""
    project = Project(tmp_path, newsletter='tags = { aliases = { golang = "Notes" } }')
    project.post("2026-09-10-old", "An older post", "2026-09-10", tags="[Sailing]", more="categories: [At Sea]\n")
    (tmp_path / "subscribers" / "readers.csv").write_text(
        "email,topics\na@example.net,maps;sailing\nb@example.net,at-sea\nc@example.net,golang\nd@example.net,\n"
    )
    assert told(project) == []


def test_a_topic_of_nobody_s_posts_is_told_with_its_people(tmp_path: Path) -> None:
    """A slip gets the word that is meant; a post that is older than 12 weeks, or a draft, is none of late."""
    project = Project(tmp_path)
    project.post("2026-08-20-old", "Too old a post", "2026-08-20", tags="[Sailing]")
    project.post("2026-11-20-draft", "Not yet", "2026-11-20", tags="[Cooking]", more="draft: true\n")
    (tmp_path / "subscribers" / "readers.csv").write_text(
        "email,topics\na@example.net,mapps\nb@example.net,mapps;maps\nc@example.net,Sailing\nd@example.net,cooking\n"
    )
    hints = dict(told(project))
    slip = '2 people have the topic "mapps", which no post of the last 12 weeks has'
    assert hints[slip].startswith('is it "Maps"?')
    assert sorted(message.split('"')[1] for message in hints) == ["Sailing", "cooking", "mapps"]
