"""What a newsletter's tag and category rules say of a post. Nothing of windows, limits or history (see select)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from digest.model import Post
from digest.posts.tags import alias, meaning
from digest.settings import Rules

__all__ = ["Wanted", "meanings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The tag and category rules by meaning, with aliases applied to rules and posts alike."""

    rules: Rules
    categories_any: frozenset[str]
    categories_none: frozenset[str]
    tags_any: frozenset[str]
    tags_all: frozenset[str]
    tags_none: frozenset[str]

    @classmethod
    def of(cls, rules: Rules) -> Wanted:
        """Make the rules ready for many posts."""
        return cls(
            rules=rules,
            categories_any=meanings(rules.categories_any, rules.tag_aliases),
            categories_none=meanings(rules.categories_none, rules.tag_aliases),
            tags_any=meanings(rules.tags_any, rules.tag_aliases),
            tags_all=meanings(rules.tags_all, rules.tag_aliases),
            tags_none=meanings(rules.tags_none, rules.tag_aliases),
        )

    def verdict(self, post: Post) -> tuple[str, str] | None:
        """Give reason and detail of the first rule that keeps a post out, or None."""
        categories = meanings(post.categories, self.rules.tag_aliases)
        if self.categories_any and not categories & self.categories_any:
            return "category", f"in none of {_words(self.rules.categories_any)}"
        if bad := categories & self.categories_none:
            return "category", f"in {_words(self._written(post.categories, bad))}"
        tags = meanings(post.tags, self.rules.tag_aliases)
        if bad := tags & self.tags_none:
            return "tag-excluded", f"tagged {_words(self._written(post.tags, bad))}"
        if self.tags_any and not tags & self.tags_any:
            return "tag-missing", f"has none of {_words(self.rules.tags_any)}"
        if lacking := self.tags_all - tags:
            return "tag-missing", f"lacks {_words(self._written(self.rules.tags_all, lacking))}"
        return None

    def _written(self, words: tuple[str, ...], meant: frozenset[str]) -> tuple[str, ...]:
        return tuple(word for word in words if meanings((word,), self.rules.tag_aliases) & meant)


def meanings(words: Iterable[str], aliases: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Give what these tags or categories mean."""
    return frozenset(filter(None, map(meaning, alias(words, aliases))))


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)
