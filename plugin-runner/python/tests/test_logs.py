"""The log: one JSON object a line, as much as PROVD_LOG wants."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from provd_plugin.logs import JsonLines, levels


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", (logging.INFO, {})),
        ("debug", (logging.DEBUG, {})),
        ("WARN", (logging.WARNING, {})),
        ("trace", (1, {})),
        ("error,acme=debug", (logging.ERROR, {"acme": logging.DEBUG})),
        ("acme::files=trace", (logging.INFO, {"acme.files": 1})),
        ("acme[span]=nonsense,warn", (logging.WARNING, {})),
    ],
)
def test_how_much_is_logged_is_said_as_for_other_plugins(said: str, expected: tuple[int, dict[str, int]]) -> None:
    assert levels(said) == expected


def test_off_is_silence() -> None:
    assert levels("off")[0] > logging.CRITICAL


def test_a_record_is_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        raised = sys.exc_info()
    record = logging.LogRecord("acme", logging.WARNING, __file__, 1, "two\nlines of %s", ("Zoë",), raised)
    line = JsonLines().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["level"], found["target"]) == ("warn", "acme")
    assert found["message"].startswith("two\nlines of Zoë\nTraceback")
    assert found["message"].endswith("ValueError: odd")
