"""What the values that a probed function is given instead of bytes and text answer.

A tracked value says that it is of the class it stands for, but is not: C code that would read its content without
asking is refused with a TypeError, which the probe notices. Whatever a value is asked is denied and noted, or chosen,
or ends the probe.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable

from provd_wazo_host.filters.answers import WrongKind
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.probe import Probe
from provd_wazo_host.filters.subjects import Subject
from provd_wazo_host.filters.translation import expression, literal


class Value:
    """A value of the class `kind`, bytes or str, that follows from a subject in a known form."""

    __slots__ = ("form", "kind", "probe", "subject")

    def __init__(self, probe: Probe, subject: Subject, kind: type, form: Form) -> None:
        self.probe, self.subject, self.kind, self.form = probe, subject, kind, form

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` sees."""
        return self.kind

    def matches(self, pattern: Any, method: str, form: Form | None = None) -> bool:
        """Denies that a regular expression matches by `match`, `fullmatch` or `search`."""
        if not isinstance(pattern.pattern, self.kind):
            raise WrongKind("a pattern of text on bytes, or of bytes on text")
        self.probe.deny(self.subject, lambda: expression(pattern, method, form or self.form, self.subject))
        return False

    def is_one_of(self, texts: Iterable[Any]) -> bool:
        """Denies that the value equals one of those that are of its own class."""
        own = [text for text in texts if type(text) is not type(self) and isinstance(text, self.kind)]
        return self._deny([self.plain(text) for text in own], left=True, right=True)

    def contains(self, part: Any) -> bool:
        """Denies that the value holds a part."""
        return self._deny([self.plain(part)])

    def startswith(self, prefix: Any, *bounds: Any) -> bool:
        """Denied."""
        return self._ends(prefix, bounds, left=True)

    def endswith(self, suffix: Any, *bounds: Any) -> bool:
        """Denied."""
        return self._ends(suffix, bounds, right=True)

    def plain(self, text: Any) -> str:
        """A constant of the value's class as text, bytes as Latin-1."""
        if type(text) is type(self) or not isinstance(text, (str, bytes)):
            raise self.probe.lose("two values, or a value and a number")
        if not isinstance(text, self.kind):
            raise WrongKind("text in bytes, or bytes in text")
        return text.decode("latin-1") if isinstance(text, bytes) else text[:]

    def _ends(self, texts: Any, bounds: Any, left: bool = False, right: bool = False) -> bool:
        if bounds:
            raise self.probe.lose("an end within bounds")
        return self._deny([self.plain(text) for text in (texts if type(texts) is tuple else (texts,))], left, right)

    def _deny(self, texts: list[str], left: bool = False, right: bool = False) -> bool:
        if texts:
            is_plain = left and right and self.form.is_whole and self.form.mapping is None
            equals = tuple(texts) if is_plain else ()
            self.probe.deny(self.subject, lambda: literal(texts, self.form, self.subject, left, right), equals)
        return False

    def _equals(self, other: Value) -> bool:
        """Two values: one of them chosen to be the other, if both are all of their subjects."""
        if (self.subject, self.form, self.kind) == (other.subject, other.form, other.kind):
            return True
        if not self.form.is_whole or self.form != other.form or self.kind is not other.kind:
            raise self.probe.lose("two values compared")
        if self.probe.choose(frozenset((self.subject, other.subject)), 2) == 0:
            return False
        self.probe.unite(self.subject, other.subject)
        return True

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (bytearray, memoryview)):
            raise self.probe.lose("a value and a buffer")
        if type(other) is type(self):
            return self._equals(other)
        if other is None or isinstance(other, (str, bytes)):
            return self.is_one_of([other])
        return NotImplemented

    def __ne__(self, other: object) -> Any:
        is_equal = self.__eq__(other)
        return is_equal if is_equal is NotImplemented else not is_equal

    def __contains__(self, part: Any) -> bool:
        return self.contains(part)

    def __bool__(self) -> bool:
        return self.form.is_whole or self.probe.choose((self.subject, self.form, "bool"), 2) == 0

    def __hash__(self) -> int:
        raise self.probe.lose("a value looked up by its hash")

    def __str__(self) -> str:
        return self._shown()

    def __repr__(self) -> str:
        return self._shown()

    def __format__(self, specification: str) -> str:
        return self._shown()

    def _shown(self) -> str:
        return self.probe.shown(self.subject.name)

    def _refuse(self, *_: Any) -> Any:
        raise self.probe.lose("an operation")

    __len__: Callable[..., int] = _refuse
    __iter__ = __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __copy__ = __deepcopy__ = _refuse
    __reduce_ex__ = _refuse
