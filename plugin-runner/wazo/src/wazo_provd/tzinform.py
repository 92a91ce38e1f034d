"""Offsets and daylight saving rules of time zones by name, in the form that plugins write into phones' files.

A rule is the one for all future years that a zone file ends with (RFC 9636, section 3.3). Zones are those of the
system, or of the `tzdata` package; other names raise `TimezoneNotFoundError`.
"""

from __future__ import annotations

import functools
import os
import re
import zoneinfo
from importlib import resources
from typing import Optional, TypedDict

from wazo_provd.posix_tz import Change, InvalidRule, Rule, parse

_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
#: Folders of the same zones in other forms, and files that are links to one of them.
_NOT_ZONES = ("posix", "right", "localtime", "posixrules")


class TimezoneNotFoundError(Exception):
    """There is no such zone."""


class Time:
    """A duration; one below zero is rounded down to whole minutes and hours."""

    def __init__(self, raw_seconds: int) -> None:
        self._seconds = raw_seconds

    @property
    def as_seconds(self) -> int:
        """Seconds."""
        return self._seconds

    @property
    def as_minutes(self) -> int:
        """Whole minutes."""
        return self._seconds // 60

    @property
    def as_hours(self) -> int:
        """Whole hours."""
        return self._seconds // 3600

    @property
    def as_hms(self) -> list[int]:
        """Hours, minutes and seconds; of a negative duration, the first part that is not 0 is negative."""
        minutes, seconds = divmod(abs(self._seconds), 60)
        parts = [*divmod(minutes, 60), seconds]
        if self._seconds < 0:
            first = next(index for index, part in enumerate(parts) if part)
            parts[first] = -parts[first]
        return parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self._seconds == other._seconds

    def __hash__(self) -> int:
        return hash(self._seconds)

    def __repr__(self) -> str:
        return f"Time({self._seconds})"


class DSTChangeDict(TypedDict):
    """A change of clocks.

    `day` is `D<day>` or `W<week>.<weekday>`, week 5 being the last and Sunday 1; `time` is the wall clock's.
    """

    month: int
    day: str
    time: Time


class DSTRuleDict(TypedDict):
    """Daylight saving time; equal rules have equal `as_string`."""

    start: DSTChangeDict
    end: DSTChangeDict
    save: Time
    as_string: str


class TimeZoneInfoDict(TypedDict):
    """Offset from UTC, and the rule of daylight saving time if there is one."""

    utcoffset: Time
    dst: Optional[DSTRuleDict]


def get_timezone_info(timezone_name: str) -> TimeZoneInfoDict:
    """The offset and rule of a zone."""
    rule = _rule(timezone_name) if isinstance(timezone_name, str) else None
    if rule is None:
        raise TimezoneNotFoundError(timezone_name)
    return {"utcoffset": Time(rule.offset), "dst": _dst(rule)}


def week_start_on_monday(weekday: int) -> int:
    """A weekday of which Sunday is 1, as one of which Monday is 1."""
    return (weekday + 5) % 7 + 1


class NativeTimezoneInfoDB:
    """The zones as an object."""

    def get_timezone_info(self, timezone_name: str) -> TimeZoneInfoDict:
        """As the function of this name."""
        return get_timezone_info(timezone_name)


TextTimezoneInfoDB = NativeTimezoneInfoDB


class DefaultTimezoneInfoDB:
    """Zones of another such object, one of them standing for all that it lacks."""

    def __init__(self, default_tz: str, db: NativeTimezoneInfoDB) -> None:
        self.db = db
        self.default = db.get_timezone_info(default_tz)

    def get_timezone_info(self, timezone_name: str) -> TimeZoneInfoDict:
        """Never raises for a name."""
        try:
            return self.db.get_timezone_info(timezone_name)
        except TimezoneNotFoundError:
            return self.default


@functools.cache
def _known_rule(timezone_name: str) -> Rule:
    content = _file(timezone_name)
    if content is None or not content.startswith(b"TZif") or not content.endswith(b"\n"):
        raise TimezoneNotFoundError(timezone_name)
    return parse(content[:-1].rpartition(b"\n")[2].decode("ascii"))


def _rule(timezone_name: str) -> Rule | None:
    # Only what is found is remembered: names come from whoever writes configs.
    try:
        return _known_rule(timezone_name)
    except (TimezoneNotFoundError, InvalidRule, UnicodeDecodeError):
        return None


def _file(timezone_name: str) -> bytes | None:
    if not _NAME.fullmatch(timezone_name) or timezone_name.split("/")[0] in _NOT_ZONES:
        return None
    for folder in zoneinfo.TZPATH:
        path = os.path.join(folder, timezone_name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read()
    return _packaged_file(timezone_name)


def _packaged_file(timezone_name: str) -> bytes | None:
    try:
        place = resources.files("tzdata") / "zoneinfo"
        for part in timezone_name.split("/"):
            place = place / part
        return place.read_bytes()
    except (ImportError, OSError):
        return None


def _dst(rule: Rule) -> DSTRuleDict | None:
    if rule.dst is None:
        return None
    start, end = rule.dst.start, rule.dst.end
    as_string = f"{_text(start)};{_text(end)};{rule.dst.save}"
    return {"start": _change(start), "end": _change(end), "save": Time(rule.dst.save), "as_string": as_string}


def _change(change: Change) -> DSTChangeDict:
    return {"month": change.month, "day": change.day, "time": Time(change.time)}


def _text(change: Change) -> str:
    return f"{change.month}/{change.day}/{change.time}"
