"""Written dates and the instants they mean. Zones are arguments; nothing here knows a dialect or reads a clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Moment", "NotADate", "day_in_name", "midnight", "read", "zone_named"]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OFFSETS = {  # hours east: RFC 5322 4.3, and what Europeans write
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "jst": 9,
}  # fmt: skip
CLOCK = r"(?P<h>\d{1,2})(?::(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?|(?= ?[AaPp]\.?[Mm]))"  # 10:00, 3 pm
ZONE = r"(?: ?(?P<zone>[A-Za-z]{1,4}(?![\w/])|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?(?::\d{2})?|\[?[A-Z]\w+/[\w/+-]+\]?))?"
TAIL = rf"(?:[T ,]+(?:at )?{CLOCK} ?(?P<half>[AaPp]\.?[Mm]\.?)?{ZONE}(?: ?\([^()]*\))?)?"
YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})([-/.])(?P<mo>\d{{1,2}})\2(?P<d>\d{{1,2}}){TAIL}")
COMPACT = re.compile(
    r"(?P<y>\d{4})(?P<mo>\d{2})(?P<d>\d{2})(?:T?(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?(?P<f>)(?P<half>)(?P<zone>Z|[+-]\d{4})?)?"
)
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? +)?"
MONTH = r"(?P<mo>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
DAY_FIRST = re.compile(rf"{WEEKDAY}{DAY}[ -]+{MONTH},?[ -]+(?P<y>\d{{4}}){TAIL}", re.IGNORECASE)
MONTH_FIRST = re.compile(rf"{WEEKDAY}{MONTH} +{DAY},? +(?P<y>\d{{4}}){TAIL}", re.IGNORECASE)
AMERICAN = re.compile(rf"(?P<mo>\d{{1,2}})/(?P<d>\d{{1,2}})/(?P<y>\d{{4}}){TAIL}")
IN_NAME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[-_ ]|$)")


class NotADate(ValueError):
    """The text is no date that we, or a calendar, know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant with its written offset; `bare` where only a calendar day was written."""

    at: datetime
    bare: bool = False


def read(text: str, zone: tzinfo, *, utc_stamp: bool = False, utc_day: bool = False, american: bool = False) -> Moment:
    """Read a date as it is written. Raises NotADate.

    A time without an offset is in `zone`, or in UTC where `utc_stamp` (a YAML timestamp that has seconds; most YAML
    readers take it so); a bare day is midnight in `zone`, or in UTC where `utc_day`. `american` admits M/D/YYYY.
    """
    written = " ".join(text.split())
    forms = (YEAR_FIRST, COMPACT, DAY_FIRST, MONTH_FIRST) + ((AMERICAN,) if american else ())
    found = next((m for form in forms if (m := form.fullmatch(written))), None)
    if found is None:
        raise NotADate(text)
    part = found.groupdict()
    month = part["mo"].lower()
    number = int(month) if month.isdigit() else MONTHS.index(month[:3]) + 1
    try:
        day = date(int(part["y"]), number, int(part["d"]))
        if part["h"] is None:
            return Moment(at=midnight(day, UTC if utc_day else zone), bare=True)
        default = UTC if utc_stamp and part["s"] is not None else zone
        return Moment(at=_timed(day, part, default))
    except (ValueError, OverflowError):
        raise NotADate(text) from None


def _timed(day: date, part: dict[str, str | None], default: tzinfo) -> datetime:
    hour, minute = int(part["h"] or 0), int(part["m"] or 0)
    if half := (part["half"] or "").lower()[:1]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    second = min(int(part["s"] or 0), 59) if part["s"] == "60" else int(part["s"] or 0)  # a leap second
    micro = int(((part["f"] or "") + "000000")[:6])
    zone = _offset(part["zone"]) if part["zone"] else default
    return _fixed(datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=zone))


def _offset(text: str) -> tzinfo:
    """Read an offset or the name of a zone, in the ways that people add them to a time."""
    name = text.strip("[]")
    if "/" in name:
        zone = zone_named(name)
        if zone is None:
            raise ValueError(text)
        return zone
    found = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?(?::\d{2})?", name, re.IGNORECASE)
    if found is None:
        if name.lower() not in OFFSETS:
            raise ValueError(text)
        return timezone(timedelta(hours=OFFSETS[name.lower()]))
    span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-span if found[1] == "-" else span)


def _fixed(at: datetime) -> datetime:
    """Put the offset in place of the zone: a time that is skipped or comes twice is resolved here, once (fold 0)."""
    return at.replace(tzinfo=timezone(at.utcoffset() or timedelta()))


def midnight(day: date, zone: tzinfo) -> datetime:
    """The midnight that begins a calendar day in a zone."""
    return _fixed(datetime(day.year, day.month, day.day, tzinfo=zone))


def zone_named(name: str) -> tzinfo | None:
    """The zone of an IANA name, or None where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def day_in_name(name: str) -> tuple[date | None, str]:
    """Part a file or folder name that begins with a date: the day, and the rest. `2024-State` begins with none."""
    found = IN_NAME.match(name)
    if found is None:
        return None, name
    try:
        return date(int(found[1]), int(found[2]), int(found[3])), name[found.end() :] or name
    except ValueError:
        return None, name
