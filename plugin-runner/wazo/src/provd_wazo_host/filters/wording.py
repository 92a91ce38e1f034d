"""The methods of bytes and text that a tracked value answers by a table: kinds of characters, cases, encodings."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Tuple

#: Encodings that are followed, by their usual names. Each agrees with ASCII.
_ENCODINGS = {
    "ascii": "ascii",
    "us-ascii": "ascii",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "latin-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-1": "latin-1",
}
#: Those that refuse nothing, by what is recoded.
LOSSLESS: Dict[type, Tuple[str, ...]] = {bytes: ("latin-1",), str: ("utf-8",)}

#: Methods that change every character for itself.
CASES: Dict[str, Callable[[str], str]] = {
    "casefold": str.lower,
    "lower": str.lower,
    "swapcase": str.swapcase,
    "upper": str.upper,
}


def _of_both_kinds(pattern: str, method: str) -> Dict[type, Tuple[re.Pattern[Any], str]]:
    return {str: (re.compile(pattern), method), bytes: (re.compile(pattern.encode("ascii")), method)}


_DIGITS = _of_both_kinds(r"\d+", "fullmatch")
#: Methods that ask what characters there are: a pattern that matches if they say yes, and how it is applied.
KINDS_OF_CHARACTERS: Dict[str, Dict[type, Tuple[re.Pattern[Any], str]]] = {
    "isalnum": _of_both_kinds(r"[^\W_]+", "fullmatch"),
    "isalpha": _of_both_kinds(r"[^\W\d_]+", "fullmatch"),
    "isdecimal": _DIGITS,
    "isdigit": _DIGITS,
    "islower": _of_both_kinds(r"[^\W\d_A-Z]", "search"),
    "isnumeric": _DIGITS,
    "isspace": _of_both_kinds(r"\s+", "fullmatch"),
    "istitle": _of_both_kinds(r"[^\W\d_a-z]", "search"),
    "isupper": _of_both_kinds(r"[^\W\d_a-z]", "search"),
}


def codec(name: str) -> str | None:
    """One name for all of an encoding; `None` if it is not followed."""
    return _ENCODINGS.get(name.lower().replace("_", "-"))
