"""How things are written in digest.toml: spans, rates, zones, languages, URLs, hosts, names. Text in, value out.

Each reader gives the value as the program keeps it, or raises `Misread`, which says what was expected and the nearest
right word. Nothing here knows a key, a file or a line: `keys` says which reader a key has, `config` says where it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from urllib.parse import urlsplit

__all__ = [
    "Misread",
    "Told",
    "cadence",
    "choice",
    "day",
    "domain",
    "each",
    "has_password",
    "host",
    "language",
    "limit",
    "list_id",
    "loopback",
    "lower_name",
    "masked",
    "mean",
    "name",
    "near",
    "plain",
    "quiet_hours",
    "rate",
    "span",
    "url",
    "window",
    "zone",
]


class Misread(ValueError):
    """A value that is not what its key takes. `expected` ends the sentence "expected …"; `hint` may be empty.

    Of a list, `at` is the index of the element; of a table, its key.
    """

    def __init__(self, expected: str, hint: str = "", at: int | str | None = None) -> None:
        super().__init__(expected)
        self.expected, self.hint, self.at = expected, hint, at
        self.others: tuple[Misread, ...] = ()  # further elements of the same list


class Told(Misread):
    """A value that is wrong, where `expected` is a sentence of its own."""


def each(read: Callable[[str], str]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """A reader for every text of a list; what is said twice counts once."""

    def read_all(items: tuple[str, ...]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        wrong: list[Misread] = []
        for at, item in enumerate(items):
            try:
                found[read(item)] = None
            except Misread as exc:
                exc.at = at
                wrong.append(exc)
        if wrong:
            wrong[0].others = tuple(wrong[1:])
            raise wrong[0]
        return tuple(found)

    return read_all


def near(word: str, words: Iterable[str]) -> str:
    """The nearest right word, or an empty text where none is near."""
    from difflib import get_close_matches  # only a mistake pays for it

    alike = {re.sub(r"[\s_-]", "-", w).casefold(): w for w in words}
    found = get_close_matches(re.sub(r"[\s_-]", "-", word).casefold(), alike, n=1, cutoff=0.6)
    return alike[found[0]] if found else ""


def mean(word: str, words: Iterable[str]) -> str:
    """`near` as a hint: a question, or an empty text."""
    found = near(word, words)
    return f'did you mean "{found}"?' if found else ""


def plain(text: str) -> str:
    """Text for a header or a page: one line, and no character that is none (slot marks are made of those)."""
    for sign in text:
        if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} or _is_noncharacter(ord(sign)):
            raise Misread(f"one line of text without control characters (it holds U+{ord(sign):04X})")
    return text.strip()


def _is_noncharacter(point: int) -> bool:
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def choice(*words: str) -> _Choice:
    """A reader for one word of a few."""
    return _Choice(words)


class _Choice:
    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def __call__(self, text: str) -> str:
        if text in self.words:
            return text
        raise Misread(" or ".join(", ".join(f'"{w}"' for w in self.words).rsplit(", ", 1)), mean(text, self.words))


# ------------------------------------------------------------------------------------------------ time

_SPAN = r"(?a)(\d{1,6})\s*(weeks?|w|days?|d|hours?|h|minutes?|min)"
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_LONGEST = timedelta(days=3660)


def span(text: str) -> timedelta:
    """`4 weeks`, `10 days`, `36h`, `90 min`: longer than nothing, at most ten years."""
    found = re.fullmatch(_SPAN, text.strip())
    length = timedelta(**{_UNITS[found[2][0]]: int(found[1])}) if found else timedelta(0)
    if not timedelta(0) < length <= _LONGEST:
        raise Misread('a span of time up to ten years, as "4 weeks", "10 days" or "36h"')
    return length


def window(text: str) -> str:
    """What `window` says, as `posts.window` reads it; kept as written."""
    from digest.posts.window import parse_window

    return _as_posts_read(parse_window, text)


def cadence(text: str) -> str:
    """A send time, as `posts.window` reads it; kept as written."""
    from digest.posts.window import parse_cadence

    return _as_posts_read(parse_cadence, text)


def _as_posts_read(parse: Callable[[str], object], text: str) -> str:
    """What that room makes of a text is its own affair, and so are its words: nothing is said twice."""
    written = " ".join(plain(text).split())
    try:
        parse(written)
    except ValueError as exc:
        what, _, rest = str(exc).partition("; ")
        raise Told(what, rest) from exc
    return written


def quiet_hours(text: str) -> str:
    """Hours in which nothing leaves, as `deliver.quiet` reads them; kept as written. An empty text: none."""
    from digest.deliver.quiet import parse

    return _as_posts_read(parse, text) if text else text


def day(text: str) -> str:
    """A calendar day, `2026-11-27`; an empty text: none."""
    try:
        return date.fromisoformat(text).isoformat() if text else text
    except ValueError as exc:
        raise Misread('a day, as "2026-11-27"') from exc


def zone(text: str) -> str:
    """An IANA time zone's name."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if "/" not in text and text != "UTC":
        raise _no_zone(text)  # "localtime" depends on the machine, "EST" has no summer time: neither is a place
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise _no_zone(text) from exc
    return text


def _no_zone(text: str) -> Misread:
    from zoneinfo import available_timezones

    zones = sorted(available_timezones())
    wanted = text.strip().replace(" ", "_").casefold()
    cities = [
        z for z in zones if z.casefold() == wanted or z.rpartition("/")[2].casefold() == wanted.rpartition("/")[2]
    ]
    full = [z for z in cities if "/" in z]
    hint = f'did you mean "{full[0]}"?' if full else mean(text, zones)
    return Misread('the name of a time zone, as "Europe/Vienna" or "UTC"', hint)


# ------------------------------------------------------------------------------------------------ pace

_RATE = r"(?a)(\d{1,7}(?:\.\d{1,3})?)\s*(?:/|per)\s*(s|sec|second|min|minute|h|hour)"
_LIMIT = _RATE.removesuffix(")") + "|d|day)"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def rate(text: str) -> float:
    """`14/s`, `500/min`, `1000/h`, in messages a second."""
    found = re.fullmatch(_RATE, text.strip())
    if not found or not float(found[1]):
        raise Misread('a rate above nothing, as "14/s", "500/min" or "1000/h"')
    return float(found[1]) / _SECONDS[found[2][0]]


def limit(text: str) -> tuple[int, float]:
    """`20/min`, `100/h`, `1000/day`: how many messages in how many seconds; half a message a second is 1 in two."""
    found = re.fullmatch(_LIMIT, text.strip())
    if not found or not float(found[1]):
        raise Misread('a rate above nothing, as "20/min", "100/h" or "1000/day"')
    number = float(found[1])
    messages = max(1, int(number))
    return messages, _SECONDS[found[2][0]] * messages / number


# ------------------------------------------------------------------------------------------------ words and names

# RFC 5646 2.1: language, script, region, variants, extensions, private use; grandfathered ones are not taken.
_LANGUAGE = (
    r"(?ai)[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-(?:[a-z]{2}|\d{3}))?(-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*"
    r"(-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(-x(?:-[a-z0-9]{1,8})+)?"
)
_CALLED = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "deutsch": "de", "dutch": "nl", "english": "en",
    "español": "es", "finnish": "fi", "français": "fr", "french": "fr", "german": "de", "greek": "el",
    "hebrew": "he", "hungarian": "hu", "italian": "it", "italiano": "it", "japanese": "ja", "korean": "ko",
    "norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru",
    "spanish": "es", "swedish": "sv", "turkish": "tr", "ukrainian": "uk",
}  # fmt: skip


def language(text: str) -> str:
    """A BCP 47 language tag."""
    if re.fullmatch(_LANGUAGE, text):
        return text
    dashed = text.strip().replace("_", "-").partition(".")[0]
    right = _CALLED.get(text.strip().casefold(), dashed if re.fullmatch(_LANGUAGE, dashed) else "")
    raise Misread('a language tag, as "en" or "de-AT"', f'did you mean "{right}"?' if right else "")


def lower_name(text: str) -> str:
    """The name of a newsletter or a project: it stands in issue IDs, URLs and List-Id."""
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) and len(text) <= 50:
        return text
    right = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", text).casefold()).strip("-")[:50].strip("-")
    raise Misread(
        'a name of a-z, 0-9 and "-", at most 50 characters',
        f'did you mean "{right}"?' if right and right != text else "",
    )


def name(text: str) -> str:
    """The name of a list, a source or a theme: it becomes a file's name, and never leads out of a folder."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        return text
    stem = text.rpartition("/")[2].removesuffix(".csv")
    hint = f'did you mean "{stem}"?' if stem != text and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", stem) else ""
    raise Misread('a name of letters, digits, ".", "_" and "-"', hint)


def list_id(text: str) -> str:
    """The identifier of a List-Id: labels with dots between them (RFC 2919, section 2), lower case."""
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text) and len(text) <= 255:
        return text
    raise Misread('an identifier with dots, in lower case, without "<>", as "weekly.example.org"')


# ------------------------------------------------------------------------------------------------ the network


def loopback(text: str) -> bool:
    """True where a host is this machine whatever the resolver says (RFC 6761, section 6.3)."""
    bare = text.strip("[]").rstrip(".").casefold()
    if bare == "localhost" or bare.endswith(".localhost") or bare == "::1":
        return True
    return re.fullmatch(r"127(\.\d{1,3}){3}", bare) is not None


_HOST = r"(?ai)(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?"


def host(text: str) -> str:
    """A host's name or address, without scheme and port."""
    bare = text.strip()
    if re.fullmatch(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", bare.strip("[]")):
        return bare.strip("[]")
    if re.fullmatch(_HOST, bare) and len(bare) <= 253:
        return bare
    hint = ""
    if found := re.fullmatch(r"(?:[a-z]+://)?([^/:@]+)(?::(\d+))?/?", bare):
        hint = f'write host = "{found[1]}"' + (f" and port = {found[2]}" if found[2] else "")
    raise Misread('the name of a host alone, as "smtp.example.org"', hint)


def domain(text: str) -> str:
    """The domain of addresses, in A-labels and lower case."""
    bare = text.strip()
    try:
        ascii_only = _ascii(bare)
    except Misread:
        ascii_only = ""
    if re.fullmatch(_HOST, ascii_only) and len(ascii_only) <= 253 and not ascii_only.endswith("."):
        return ascii_only
    stem = bare.rpartition("@")[2].rstrip(".")
    hint = f'did you mean "{stem}"?' if stem != bare and re.fullmatch(_HOST, stem) else ""
    raise Misread('the domain of addresses, as "gmail.com", or "*" for any other', hint)


_WEB = 'an absolute URL, as "https://example.org"'


def url(text: str) -> str:
    """An absolute https URL (http on loopback), without query and fragment; the slash at its end is taken off."""
    try:
        parts = urlsplit(plain(text))
        _ = parts.port  # raises where it is no number
    except Misread:
        raise
    except ValueError as exc:
        raise Misread(_WEB) from exc
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        bare = text.strip()
        guess = bare if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", bare) else ""
        raise Misread(_WEB, f'did you mean "https://{guess}"?' if guess else "")
    if parts.username is not None or parts.password is not None:
        raise Misread("a URL without a user and a password in it")
    if parts.query or parts.fragment or re.search(r"\s", parts.netloc + parts.path):
        raise Misread("a URL without blanks, query and fragment")
    if parts.scheme == "http" and not loopback(parts.hostname):
        raise Misread("a URL that begins with https://", f'did you mean "https{text.strip()[4:]}"?')
    return f"{parts.scheme}://{_ascii(parts.netloc)}{parts.path}".rstrip("/")


def _ascii(netloc: str) -> str:
    """A host in A-labels: a header has no room for anything else."""
    if netloc.isascii():
        return netloc.lower()
    try:
        if set(netloc) & set("ßςẞ\u200c\u200d"):
            raise UnicodeError  # IDNA 2003, which Python has, gives another domain than IDNA 2008 (RFC 5894, 7.2)
        return netloc.encode("idna").decode("ascii").lower()
    except UnicodeError as exc:
        raise Misread("a URL whose host is written in ASCII, as https://xn--…") from exc


_USER = r"(?<=://)([^/@\s:]*)(:[^/@\s]*)?@"
_PASSWORD = r"(?i)(?<=[?&])(\w*password)=[^&\s\"]*"  # noqa: S105 - a pattern


def has_password(text: str) -> bool:
    """Say whether a URL carries a password, before the `@` or in its query."""
    if "://" not in text:
        return False
    user = re.search(_USER, text)
    return bool((user and user[2]) or re.search(_PASSWORD, text))


def masked(text: str) -> str:
    """A text fit to be shown: without what a URL says of user and password."""
    return re.sub(_PASSWORD, r"\1=***", re.sub(_USER, "***@", text)) if "://" in text else text
