"""Expressions of Python as expressions of Rust that match at least as much."""

from __future__ import annotations

import re

import pytest
from rust_expressions import matches

from provd_wazo_host.extraction import http_request
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.subjects import ENCODED_IN_PATH, FILENAME, PATH, USER_AGENT
from provd_wazo_host.filters.translation import expression, literal

from provd_plugin import HttpRequest  # isort: skip

WHOLE = Form(is_ascii=True)


@pytest.mark.parametrize(
    ("pattern", "method", "expected"),
    [
        (r"^Acme (\w+)/([\d.]+)$", "match", r"^Acme [0-9A-Z_a-z]+/[\x2E0-9]+$"),
        (r"\bacme-(?P<mac>[\da-f]{12})\.cfg", "search", r"(?-u:\b)acme-[0-9a-f]{12}\.cfg"),
        (r"a(?!b)c(?=d)", "search", "ac"),
        (r"(a|bc)\1", "search", "(?:a|bc)(?s:.*)"),
        (r"(?i)Ab", "match", "^[Aa][Bb]"),
        (r"[^/]+?", "fullmatch", "^[^/]+$"),
        (r"a.b", "search", "a.b"),
        (r"(?s)a.b", "search", "a(?s:.)b"),
        (r"(?m)^a$", "search", "a"),
        (r"a$b", "search", "ab"),
    ],
)
def test_an_expression_is_translated_to_the_same_or_a_wider_one(pattern: str, method: str, expected: str) -> None:
    assert expression(re.compile(pattern), method, WHOLE, USER_AGENT) == expected


def test_an_expression_that_the_server_would_refuse_for_its_size_is_not_translated() -> None:
    assert expression(re.compile(r"(?:\w{100}){100}"), "search", WHOLE, USER_AGENT) is None
    assert literal(["x" * 2000], WHOLE, USER_AGENT, left=True, right=True) is None


def test_a_dollar_matches_before_a_newline_at_the_end() -> None:
    found = expression(re.compile(rb"a$"), "match", Form(), FILENAME)
    assert found is not None
    assert matches(found, "a\n")
    assert not matches(found, "a\nb")


@pytest.mark.parametrize(
    ("part", "text", "value"),
    [
        (slice(1, 4), "/abc.cfg", "abc"),
        (slice(5, None), "ab", ""),
        (slice(None, -4), "x.cfg", "x"),
        (slice(-3, None), "ab.cfg", "cfg"),
    ],
)
def test_a_slice_is_found_where_it_was_cut(part: slice, text: str, value: str) -> None:
    assert text[part] == value
    found = literal([value], WHOLE.sliced(part), USER_AGENT, left=True, right=True)
    assert found is not None
    assert matches(found, text)


def test_every_character_that_reaches_a_plugin_encoded_is_doubtful_in_a_path() -> None:
    for code in range(1, 0x180):
        path = "/" + chr(code)
        is_encoded = http_request(HttpRequest("GET", path), "192.0.2.1").path != path.encode()
        assert is_encoded <= matches(ENCODED_IN_PATH, path), hex(code)


def test_the_beginning_of_a_path_is_certain_and_its_middle_is_not() -> None:
    assert literal(["/20"], Form(), PATH, left=True, right=False) == "^/20"
    # A space reaches the plugin as %20.
    inside = literal(["20"], Form(), PATH, left=False, right=False)
    assert inside is not None
    assert matches(inside, "/a b")
