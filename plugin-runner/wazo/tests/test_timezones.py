"""Time zones as plugins read them."""

from __future__ import annotations

import pytest

from wazo_provd import tzinform
from wazo_provd.posix_tz import Change, Dst, InvalidRule, Rule, parse


def test_paris_changes_on_last_sundays() -> None:
    found = tzinform.get_timezone_info("Europe/Paris")
    assert found["utcoffset"].as_hours == 1
    dst = found["dst"]
    assert dst is not None
    assert (dst["start"]["month"], dst["start"]["day"], dst["start"]["time"].as_hms) == (3, "W5.1", [2, 0, 0])
    assert (dst["end"]["month"], dst["end"]["day"], dst["end"]["time"].as_hms) == (10, "W5.1", [3, 0, 0])
    assert dst["save"].as_minutes == 60


def test_equal_rules_are_equal_and_have_equal_keys() -> None:
    paris, berlin, york = (tzinform.get_timezone_info(name)["dst"] for name in _NAMES)
    assert paris == berlin != york
    assert paris is not None
    assert berlin is not None
    assert york is not None
    assert paris["as_string"] == berlin["as_string"] != york["as_string"]


_NAMES = ("Europe/Paris", "Europe/Berlin", "America/New_York")


def test_winter_time_as_the_exception_is_summer_time_as_one() -> None:
    start, end = Change(3, "W5.1", 3600), Change(10, "W5.1", 7200)
    assert parse("IST-1GMT0,M10.5.0,M3.5.0/1") == Rule(0, Dst(3600, start, end))


def test_days_of_a_year_are_days_of_a_month() -> None:
    dst = parse("<-03>3<-02>,J60/0,300/-1:30").dst
    assert dst is not None
    assert dst.start == Change(3, "D1", 0)
    assert dst.end == Change(10, "D28", -5400)


def test_daylight_saving_for_ever_is_an_offset() -> None:
    assert parse("EST5EDT,0/0,J365/25") == Rule(-14400, None)


@pytest.mark.parametrize("text", ["", "CET", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,J0,J1", "CET-1 "])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InvalidRule):
        parse(text)


@pytest.mark.parametrize(
    "name", ["Europe/Atlantis", "", "../../etc/passwd", "posix/UTC", "Europe", "tzdata.zi", None, 7]
)
def test_what_is_no_zone_is_not_found(name: str) -> None:
    with pytest.raises(tzinform.TimezoneNotFoundError):
        tzinform.get_timezone_info(name)


def test_a_default_stands_for_unknown_zones() -> None:
    zones = tzinform.DefaultTimezoneInfoDB("Asia/Kolkata", tzinform.TextTimezoneInfoDB())
    assert zones.get_timezone_info("Europe/Atlantis")["utcoffset"].as_hms == [5, 30, 0]
    assert zones.get_timezone_info("UTC")["utcoffset"].as_seconds == 0


@pytest.mark.parametrize(
    ("seconds", "parts"),
    [(3602, [1, 0, 2]), (-3602, [-1, 0, 2]), (-2, [0, 0, -2]), (-150, [0, -2, 30]), (0, [0, 0, 0])],
)
def test_the_first_part_of_a_negative_time_is_negative(seconds: int, parts: list[int]) -> None:
    assert tzinform.Time(seconds).as_hms == parts


def test_hours_are_rounded_down() -> None:
    assert (tzinform.Time(-12600).as_hours, tzinform.Time(12600).as_hours, tzinform.Time(-90).as_minutes) == (-4, 3, -2)


def test_weeks_may_start_on_monday() -> None:
    assert [tzinform.week_start_on_monday(day) for day in range(1, 8)] == [7, 1, 2, 3, 4, 5, 6]
