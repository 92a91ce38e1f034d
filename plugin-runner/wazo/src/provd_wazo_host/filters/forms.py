"""How a value follows from the part of a request it was taken from: a stretch of it, with characters mapped one by one.

What became of a value otherwise is not followed: the form is opaque then, and every test on such a value may come out
true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Optional, Tuple

from provd_wazo_host.filters.characters import ASCII

#: What one ASCII character became, by code; `None` if all stayed as they were.
Mapping = Optional[Tuple[int, ...]]


@dataclass(frozen=True)
class Form:
    """Where a value lies within its subject, and what became of its characters.

    `left` is a Rust expression for all that precedes the value, from the start of the subject; `None` if the value may
    begin anywhere. `right` is the same for what follows, to the end. `is_ascii` says that the value holds nothing
    beyond ASCII, `is_text` that it is part of the server's own text, and no bytes.
    """

    left: str | None = "^"
    right: str | None = "$"
    mapping: Mapping = None
    is_ascii: bool = False
    is_text: bool = False
    is_opaque: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the value is all of its subject."""
        return self.left == "^" and self.right == "$" and not self.is_opaque

    def stretch(self, left: bool = False, right: bool = False) -> Form:
        """Some part of the value; `left` and `right` say whether it still begins and ends where the value does."""
        return replace(self, left=self.left if left else None, right=self.right if right else None)

    def sliced(self, part: slice) -> Form:
        """The value under `value[part]`."""
        start, stop = part.start or 0, part.stop
        if part.step not in (None, 1):
            return replace(self, is_opaque=True)
        left, right = (None if start < 0 else self.left), (None if stop is not None and stop >= 0 else self.right)
        # A value that is too short for the slice gives an empty one, so what is cut off has no least length.
        if left is not None and start > 0:
            left = f"{left}(?s:.{{0,{start}}})"
        if right is not None and stop is not None:
            right = f"(?s:.{{0,{-stop}}}){right}"
        return replace(self, left=left, right=right)

    def after_last(self, separator: str) -> Form:
        """What follows the last separator, or the whole value if there is none. The separator must need no escaping."""
        left = f"(?:^|{separator})" if self.left == "^" and self.mapping is None else None
        return replace(self, left=left)

    def mapped(self, change: Callable[[str], str]) -> Form:
        """The value with every character changed; `change` gives one character for each of ASCII."""
        before = self.mapping or tuple(range(ASCII))
        return replace(self, mapping=tuple(ord(change(chr(code))) for code in before))
