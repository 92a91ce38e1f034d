"""The rule a zone file ends with, in the form of the TZ variable (POSIX, and RFC 9636, section 3.3.2).

Gives daylight saving time as phones know it: clocks are ahead in summer. Refuses text that is no such rule.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple, Optional

_NAME = r"(?:<[^>]+>|[A-Za-z]{3,})"
_OFFSET = r"[+-]?\d{1,3}(?::\d\d){0,2}"
_DAY = r"(?:M\d{1,2}\.\d\.\d|J?\d{1,3})"
_RULE = re.compile(
    rf"{_NAME}(?P<west>{_OFFSET})"
    rf"(?:{_NAME}(?P<dst_west>{_OFFSET})?,(?P<start>{_DAY})(?:/(?P<start_time>{_OFFSET}))?"
    rf",(?P<end>{_DAY})(?:/(?P<end_time>{_OFFSET}))?)?"
)
_HOUR = 3600
#: Any year without 29 February.
_COMMON_YEAR = 2023


class InvalidRule(Exception):
    """The text is no rule."""


class Change(NamedTuple):
    """When clocks are changed: month, `D<day>` or `W<week>.<weekday>`, and seconds of wall clock after midnight."""

    month: int
    day: str
    time: int


class Dst(NamedTuple):
    """Daylight saving time: seconds that clocks are ahead, more than 0, and when."""

    save: int
    start: Change
    end: Change


class Rule(NamedTuple):
    """Seconds east of UTC outside daylight saving time, and that."""

    offset: int
    dst: Optional[Dst]


def parse(text: str) -> Rule:
    """Reads a rule; raises `InvalidRule`."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise InvalidRule(text)
    offset = -_seconds(match["west"])
    if match["start"] is None:
        return Rule(offset, None)
    ahead = -_seconds(match["dst_west"]) if match["dst_west"] else offset + _HOUR
    start_time, end_time = (_seconds(match[name] or "2") for name in ("start_time", "end_time"))
    if (match["start"], start_time) in (("0", 0), ("J1", 0)) and (match["end"], end_time) == (
        "J365",
        24 * _HOUR + ahead - offset,
    ):
        # Clocks are ahead all year.
        return Rule(ahead, None)
    start, end = _change(match["start"], start_time), _change(match["end"], end_time)
    if ahead < offset:
        # Winter time is the exception, as in Dublin; both changes keep their wall clock.
        return Rule(ahead, Dst(offset - ahead, end, start))
    return Rule(offset, Dst(ahead - offset, start, end))


def _seconds(text: str) -> int:
    hours, minutes, seconds = (*(int(part) for part in text.lstrip("+-").split(":")), 0, 0)[:3]
    total = hours * _HOUR + minutes * 60 + seconds
    return -total if text.startswith("-") else total


def _change(day: str, time: int) -> Change:
    if day.startswith("M"):
        month, week, weekday = (int(number) for number in day[1:].split("."))
        if not (1 <= month <= 12 and 1 <= week <= 5 and weekday <= 6):
            raise InvalidRule(day)
        return Change(month, f"W{week}.{weekday + 1}", time)
    # Counted from 1 without 29 February, or from 0 with it; phones are told a day of a year without one.
    days = int(day[1:]) - 1 if day.startswith("J") else int(day)
    if not 0 <= days <= 364:
        raise InvalidRule(day)
    found = date(_COMMON_YEAR, 1, 1) + timedelta(days=days)
    return Change(found.month, f"D{found.day}", time)
