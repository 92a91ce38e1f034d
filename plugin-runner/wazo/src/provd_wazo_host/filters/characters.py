"""Sets of characters, and how the Rust `regex` crate spells them.

Sets are exact for ASCII and all or nothing beyond: whether a character beyond ASCII belongs to a set is a matter of
Unicode versions and encodings, so a set that may hold one holds them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, FrozenSet, Iterable

#: How many characters ASCII has.
ASCII = 128
#: What a set beyond ASCII is spelled as within brackets.
_OTHERS = r"\x80-\x{10FFFF}"


@dataclass(frozen=True)
class Characters:
    """ASCII characters by code, and whether all others belong to the set too."""

    codes: FrozenSet[int]
    others: bool = False

    @staticmethod
    def of(text: Iterable[str]) -> Characters:
        """The characters of a text."""
        codes = {ord(character) for character in text}
        return Characters(frozenset(code for code in codes if code < ASCII), any(code >= ASCII for code in codes))

    def joined(self, other: Characters) -> Characters:
        """What belongs to either."""
        return Characters(self.codes | other.codes, self.others or other.others)

    def complement(self) -> Characters:
        """What does not belong to it. All others are taken to be possible."""
        return Characters(EVERYTHING.codes - self.codes, True)

    def in_either_case(self) -> Characters:
        """The set under `re.IGNORECASE`. Some letters beyond ASCII are variants of those within."""
        both = frozenset(ord(spelling) for code in self.codes for spelling in (chr(code).lower(), chr(code).upper()))
        return Characters(both, self.others or both != self.codes)

    def before(self, mapping: Callable[[int], int]) -> Characters:
        """The characters that a mapping of ASCII codes turns into members of this set."""
        return Characters(frozenset(code for code in range(ASCII) if mapping(code) in self.codes), self.others)

    def spelled(self) -> str:
        """The set as one item of a Rust expression."""
        missing = EVERYTHING.codes - self.codes
        if self.others and not missing:
            return "(?s:.)"
        if self.others and missing == {ord("\n")}:
            return "."
        if self.others and len(missing) < len(self.codes):
            return f"[^{_ranges(missing)}]"
        if not self.others and len(self.codes) == 1:
            return _single(chr(next(iter(self.codes))))
        inside = _ranges(self.codes) + (_OTHERS if self.others else "")
        return f"[{inside}]" if inside else NOTHING


def _single(character: str) -> str:
    if character in "\\.+*?()|[]{}^$#&~":
        return f"\\{character}"
    return character if character.isprintable() else f"\\x{ord(character):02X}"


def _ranges(codes: Iterable[int]) -> str:
    ordered = sorted(codes)
    text, start = "", 0
    for index, code in enumerate(ordered):
        if index + 1 < len(ordered) and ordered[index + 1] == code + 1:
            continue
        first, start = ordered[start], index + 1
        text += _code(first) + ("" if code == first else ("-" if code > first + 1 else "") + _code(code))
    return text


def _code(code: int) -> str:
    character = chr(code)
    return character if character.isalnum() or character in "_/ " else f"\\x{code:02X}"


#: An expression that matches nothing.
NOTHING = r"[^\x00-\x{10FFFF}]"
#: Every character there is.
EVERYTHING = Characters(frozenset(range(ASCII)), True)
