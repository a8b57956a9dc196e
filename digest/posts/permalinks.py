"""The patterns of addresses that sites write into their configuration, in our own {words}; and what each word says.

Which post has which address is in `links`, how a name becomes a part of one in `slugs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

__all__ = ["PLACEHOLDER", "Words", "dated", "fill", "hexo", "hugo", "jekyll", "pelican", "template"]

PLACEHOLDER = re.compile(r"\{(\w+)\}")
COLONS = re.compile(r":(\w+)")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Words(dict[str, str]):
    """What a pattern may name. Most posts need few of the words, so `later` gives the rest where one is asked for."""

    def __init__(self, known: Mapping[str, str], *later: Callable[[], Mapping[str, str]]) -> None:
        super().__init__(known)
        self._later = list(later)

    def __missing__(self, word: str) -> str:
        """Make the words that are not made yet. Raises KeyError where none of them is this one."""
        if not self._later:
            raise KeyError(word)
        self.update(self._later.pop()())
        return self[word]


def fill(pattern: str, words: Words) -> str:
    """Fill a pattern's {words}; empty where it names one that is unknown here (a date that is not there)."""
    try:
        return PLACEHOLDER.sub(lambda m: words[m[1]], pattern)
    except KeyError:
        return ""


def dated(at: datetime) -> Mapping[str, str]:
    """What a pattern may say of a day and a time, in the zone that `at` has."""
    week = at.isocalendar()
    month, day = MONTHS[at.month - 1], DAYS[at.weekday()]
    return {
        "year": f"{at.year:04}", "month": f"{at.month:02}", "day": f"{at.day:02}", "yy": f"{at.year % 100:02}",
        "i_month": str(at.month), "i_day": str(at.day), "y_day": f"{at.timetuple().tm_yday:03}",
        "i_y_day": str(at.timetuple().tm_yday), "hour": f"{at.hour:02}", "minute": f"{at.minute:02}",
        "second": f"{at.second:02}", "long_month": month, "short_month": month[:3], "low_month": month.lower(),
        "long_day": day, "short_day": day[:3], "low_day": day.lower(), "w_day": str(week.weekday),
        "i_w_day": str(week.weekday % 7), "week": f"{week.week:02}", "w_year": str(week.year),
    }  # fmt: skip


def _colons(pattern: str, known: Mapping[str, str]) -> str:
    return COLONS.sub(lambda m: "{" + known.get(m[1], m[1]) + "}", pattern)


# ------------------------------------------------------------------------------------------------ Jekyll, Hexo, Hugo

JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
JEKYLL_WORDS = {"title": "slug", "slug": "low_slug", "name": "low_stem", "slugified_categories": "slug_categories",
                "short_year": "yy"}  # fmt: skip
HEXO_WORDS = {"title": "slug", "name": "name", "post_title": "title_slug"}
HUGO_WORDS = {
    "title": "title_slug", "slug": "slug_or_title", "filename": "name_slug", "contentbasename": "name_slug",
    "slugorfilename": "slug_or_name", "slugorcontentbasename": "slug_or_name", "sections": "sections",
    "yearday": "i_y_day", "monthname": "low_month", "weekday": "i_w_day", "weekdayname": "low_day",
}  # fmt: skip


def jekyll(permalink: str) -> str:
    """A permalink of Jekyll's, or the name of one of its styles."""
    return _colons(JEKYLL_STYLES.get(permalink, permalink), JEKYLL_WORDS)


def hexo(permalink: str) -> str:
    """A permalink of Hexo's."""
    return "/" + _colons(permalink, HEXO_WORDS).lstrip("/")


def hugo(permalink: str) -> str:
    """A permalink of Hugo's, which ends in `/` unless it has an ending of its own."""
    return _colons(permalink if re.search(r"/$|\.\w+$", permalink) else permalink + "/", HUGO_WORDS)


# ------------------------------------------------------------------------------------------------ Pelican

PELICAN = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
PELICAN_DATES = {"%Y": "{year}", "%m": "{month}", "%d": "{day}", "%y": "{yy}", "%-m": "{i_month}", "%-d": "{i_day}",
                 "%b": "{short_month}", "%B": "{long_month}", "%j": "{y_day}", "%H": "{hour}", "%M": "{minute}",
                 "%S": "{second}"}  # fmt: skip


def _strftime(found: re.Match[str]) -> str:
    if found[1] != "date":
        return "{" + found[1] + "}"
    shown = found[2] or "%Y-%m-%d"
    for theirs, ours in PELICAN_DATES.items():
        shown = shown.replace(theirs, ours)
    return "{unknown}" if "%" in shown else shown


def pelican(url: str) -> str:
    """An ARTICLE_URL of Pelican's."""
    return "/" + PELICAN.sub(_strftime, url).lstrip("/")


# ------------------------------------------------------------------------------------------------ Eleventy

TEMPLATE = re.compile(r"\{\{-?\s*([\w.]+)\s*(?:\|\s*(slugify|slug)\s*)?-?\}\}")
TEMPLATE_WORDS = {"page.fileSlug": "name", "slug": "slug", "title": "title_slug", "page.filePathStem": "place_stem"}


def template(permalink: str) -> str:
    """A permalink of Eleventy's that names the post's slug or title and no more; empty where it holds a program."""
    named: list[str] = []

    def word(found: re.Match[str]) -> str:
        named.append(TEMPLATE_WORDS.get(found[1], "") if found[1] != "title" or found[2] else "")
        return "{" + named[-1] + "}"

    pattern = TEMPLATE.sub(word, permalink)
    if not all(named) or re.search(r"\{\{|\{%|\$\{", pattern):
        return ""
    return re.sub(r"(^|/)index\.html$", r"\1", "/" + pattern.lstrip("/"))
