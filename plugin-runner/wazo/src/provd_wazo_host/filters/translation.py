"""Python's regular expressions as those of the Rust `regex` crate that match at least as much.

What the crate lacks is left out where that widens the expression: look-around, back-references, atomic groups,
boundaries of words in changed text, and anchors anywhere but at the ends. An expression too large for a filter is not
translated at all.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Iterable, Tuple

from provd_wazo_host.filters.characters import ASCII, EVERYTHING, NOTHING, Characters
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.subjects import BEYOND_ASCII, Subject

if sys.version_info >= (3, 11):
    from re import _constants as op  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_constants as op
    import sre_parse as parser

#: Most characters an expression may stand for, repetitions counted. The server refuses filters beyond 1 MiB when
#: compiled.
LARGEST = 1000
#: Largest set of ASCII characters that is spelled by what it holds, where others do not matter.
_MOST_NAMED = 96
#: Items that match one character.
_SINGLE = (op.ANY, op.IN, op.LITERAL, op.NOT_LITERAL)
_SPACES = " \t\n\r\f\v"
_WORD = Characters(frozenset(code for code in range(ASCII) if chr(code).isalnum() or chr(code) == "_"), True)
_DIGIT = Characters(frozenset(b"0123456789"), True)


class Untranslatable(Exception):
    """The expression cannot be widened to one that the server would accept."""


def expression(pattern: re.Pattern[Any], method: str, form: Form, subject: Subject) -> str | None:
    """An expression on the subject that matches whenever `pattern` does on the value, by `match`, `fullmatch` or
    `search`.

    `None` if there is none.
    """
    if form.is_opaque:
        return None
    translation = _Translation(form, subject, method)
    try:
        # The flags of the pattern hold those written within it as well.
        items = parser.parse(pattern.pattern, pattern.flags)
        body = translation.sequence(items, pattern.flags, at_start=True, at_end=True)
    except (Untranslatable, RecursionError):
        return None
    left = form.left or "" if method != "search" else ""
    right = form.right or "" if method == "fullmatch" else ""
    return doubted(left + body + right, form, subject)


def literal(texts: Iterable[str], form: Form, subject: Subject, left: bool, right: bool) -> str | None:
    """An expression that matches whenever one of the texts is in the value, at its `left` or `right` end, or is it."""
    if form.is_opaque:
        return None
    translation = _Translation(form, subject, "search")
    try:
        bodies = ["".join(translation.character(Characters.of(one)) for one in text) for text in texts]
    except Untranslatable:
        return None
    body = bodies[0] if len(bodies) == 1 else f"(?:{'|'.join(bodies)})" if bodies else NOTHING
    result = (form.left or "" if left else "") + body + (form.right or "" if right else "")
    # Certain characters are spelled as they are, but may also end a percent-encoded one unless they begin the path.
    is_certain = form.mapping is None and not any(re.search(subject.doubt or BEYOND_ASCII, text) for text in texts)
    if is_certain and (not subject.doubt or (left and form.left == "^")):
        return result
    return doubted(result, form, subject)


def doubted(text: str, form: Form, subject: Subject) -> str:
    """The expression, or that the subject may be spelled otherwise for the plugin."""
    doubt = subject.doubt
    if not doubt and not form.is_ascii and not _is_exact(form):
        doubt = BEYOND_ASCII
    return f"{text}|{doubt}" if doubt else text


def _is_exact(form: Form) -> bool:
    """Whether the value is the server's own text beyond ASCII too."""
    return form.is_text and form.mapping is None


class _Translation:
    """One run over the items of a parsed expression."""

    def __init__(self, form: Form, subject: Subject, method: str) -> None:
        self._form = form
        self._subject = subject
        self._method = method
        self._size = 0
        self._times = 1

    def sequence(self, items: Iterable[Tuple[Any, Any]], flags: int, at_start: bool, at_end: bool) -> str:
        """Items one after the other; only the first may be at the start, and the last at the end."""
        items = list(items)
        last = len(items) - 1
        return "".join(
            self._item(code, value, flags, at_start and index == 0, at_end and index == last)
            for index, (code, value) in enumerate(items)
        )

    def character(self, characters: Characters) -> str:
        """One character out of a set."""
        self._size += self._times
        if self._size > LARGEST:
            raise Untranslatable
        mapping = self._form.mapping
        before = characters if mapping is None else characters.before(mapping.__getitem__)
        if len(before.codes) <= _MOST_NAMED and (self._form.is_ascii or not _is_exact(self._form)):
            before = Characters(before.codes)
        return before.spelled()

    def _item(self, code: Any, value: Any, flags: int, at_start: bool, at_end: bool) -> str:
        if code is op.AT:
            return self._anchor(value, flags, at_start, at_end)
        if code in (op.ASSERT, op.ASSERT_NOT):
            return ""
        if code is op.BRANCH:
            return self._either(value[1], flags, at_start, at_end)
        if code is op.SUBPATTERN:
            return self._either([value[3]], (flags | value[1]) & ~value[2], at_start, at_end)
        if code is op.GROUPREF_EXISTS:
            return self._either([branch or () for branch in value[1:]], flags, at_start, at_end)
        if code is op.GROUPREF:
            return "(?s:.*)"
        if str(code) == "ATOMIC_GROUP":
            return self._either([value], flags, at_start, at_end)
        if str(code) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self._repeated(value, flags)
        return self.character(_set(code, value, flags))

    def _either(self, branches: Iterable[Any], flags: int, at_start: bool, at_end: bool) -> str:
        texts = [self.sequence(branch, flags, at_start, at_end) for branch in branches]
        return texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"

    def _repeated(self, repetition: tuple[int, int, Any], flags: int) -> str:
        least, most, items = repetition
        bound = most if most is not op.MAXREPEAT and most <= LARGEST else None
        least = min(least, LARGEST)
        outside, self._times = self._times, self._times * max(1, bound or least)
        text = self.sequence(items, flags, at_start=False, at_end=False)
        self._times = outside
        is_single = len(items) == 1 and items[0][0] in _SINGLE
        return (text if is_single else f"(?:{text})") + _count(least, bound) if text else ""

    def _anchor(self, kind: Any, flags: int, at_start: bool, at_end: bool) -> str:
        if kind is op.AT_BOUNDARY:
            return self._boundary()
        many_lines = bool(flags & re.MULTILINE)
        if kind is op.AT_BEGINNING_STRING or (kind is op.AT_BEGINNING and not many_lines):
            # `match` and `fullmatch` begin there anyway.
            return self._form.left or "" if at_start and self._method == "search" else ""
        if not at_end or self._method == "fullmatch" or self._form.right is None:
            return ""
        if kind is op.AT_END and not many_lines and self._subject.newlines:
            return self.character(Characters.of("\n")) + "?" + self._form.right
        return self._form.right if kind is op.AT_END_STRING or (kind is op.AT_END and not many_lines) else ""

    def _boundary(self) -> str:
        form = self._form
        can_be_told = form.is_whole and form.mapping is None and (form.is_ascii or not _is_exact(form))
        return r"(?-u:\b)" if can_be_told else ""


def _count(least: int, bound: int | None) -> str:
    if bound is None:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    if (least, bound) == (0, 1):
        return "?"
    return f"{{{bound}}}" if least == bound else f"{{{least},{bound}}}"


def _set(code: Any, value: Any, flags: int) -> Characters:
    """The characters that one item matches."""
    if code is op.ANY:
        return EVERYTHING if flags & re.DOTALL else Characters.of("\n").complement()
    if code is op.IN:
        return _members(value, flags)
    if code in (op.LITERAL, op.NOT_LITERAL):
        found = Characters.of(chr(value))
        found = found.in_either_case() if flags & re.IGNORECASE else found
        return found.complement() if code is op.NOT_LITERAL else found
    raise Untranslatable


def _members(items: Any, flags: int) -> Characters:
    """The characters between brackets."""
    found = Characters(frozenset())
    for code, value in items:
        if code is op.LITERAL:
            found = found.joined(Characters.of(chr(value)))
        elif code is op.RANGE:
            first, last = value
            found = found.joined(Characters(frozenset(range(first, min(last + 1, ASCII))), last >= ASCII))
        elif code is op.CATEGORY:
            found = found.joined(_category(value, flags))
        elif code is not op.NEGATE:
            raise Untranslatable
    found = found.in_either_case() if flags & re.IGNORECASE else found
    return found.complement() if items[0][0] is op.NEGATE else found


def _category(category: Any, flags: int) -> Characters:
    # Only in text does Python count the four separators of ASCII as white space.
    spaces = _SPACES + ("\x1c\x1d\x1e\x1f" if flags & re.UNICODE else "")
    space = Characters(Characters.of(spaces).codes, True)
    positive = {op.CATEGORY_WORD: _WORD, op.CATEGORY_DIGIT: _DIGIT, op.CATEGORY_SPACE: space}
    negative = {op.CATEGORY_NOT_WORD: _WORD, op.CATEGORY_NOT_DIGIT: _DIGIT, op.CATEGORY_NOT_SPACE: space}
    if category in positive:
        return positive[category]
    if category in negative:
        return negative[category].complement()
    raise Untranslatable
