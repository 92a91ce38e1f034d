"""Tracked values: what can be made of bytes and text taken from a request, followed as far as forms can say it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable

from provd_wazo_host.filters.answers import NoSuchAttribute, NoSuchIndex, refused
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.subjects import BEYOND_ASCII
from provd_wazo_host.filters.values import Value
from provd_wazo_host.filters.wording import CASES, KINDS_OF_CHARACTERS, LOSSLESS, codec


class Tracked(Value):
    """A value with what can be made of it."""

    __slots__ = ()

    def become(self, form: Form) -> Tracked:
        """A value of another form out of the same subject."""
        return Tracked(self.probe, self.subject, self.kind, form)

    def _recoded(self, encoding: str = "utf-8", errors: str = "strict") -> Tracked:
        """What `decode` of bytes and `encode` of text give, or raise."""
        name = codec(encoding)
        if name is None:
            raise self.probe.lose(f"the encoding {encoding}")
        after = str if self.kind is bytes else bytes
        if name in LOSSLESS[self.kind] or self.form.is_ascii:
            return Tracked(self.probe, self.subject, after, replace(self.form, is_text=False))
        if self.probe.choose((self.subject, self.form, self.kind, name), 2) == 0:
            form = replace(self.form, is_ascii=name == "ascii", is_text=False)
            return Tracked(self.probe, self.subject, after, form)
        self.probe.require(self.subject, BEYOND_ASCII)
        if errors == "strict":
            raise refused(self.kind, name)
        return Tracked(self.probe, self.subject, after, replace(self.form, is_opaque=True))

    def replace(self, old: Any, new: Any, count: int = -1) -> Tracked:
        """Followed for single characters; of others it is asked whether they occur at all."""
        before, after = self.plain(old), self.plain(new)
        if len(before) == 1 and len(after) == 1 and (before + after).isascii() and count < 0:
            return self.become(self.form.mapped(lambda character: after if character == before else character))
        self.contains(old)
        return self

    def strip(self, characters: Any = None) -> Tracked:
        """Some stretch of the value."""
        return self.become(self.form.stretch())

    def lstrip(self, characters: Any = None) -> Tracked:
        """As `strip`; the end stays."""
        return self.become(self.form.stretch(right=True))

    def rstrip(self, characters: Any = None) -> Tracked:
        """As `strip`; the beginning stays."""
        return self.become(self.form.stretch(left=True))

    removeprefix = lstrip
    removesuffix = rstrip

    def split(self, separator: Any = None, most: int = -1) -> Pieces:
        """A list of which items can be had one by one."""
        return Pieces(self, None if separator is None else self.plain(separator))

    rsplit = split

    def splitlines(self) -> Pieces:
        """As `split`."""
        return Pieces(self, None)

    def partition(self, separator: Any) -> tuple[Any, Any, Any]:
        """Chooses whether the separator is there."""
        head, tail = self.become(self.form.stretch(left=True)), self.become(self.form.stretch(right=True))
        return (head, separator, tail) if self._is_split(separator) else (self, self.kind(), self.kind())

    def rpartition(self, separator: Any) -> tuple[Any, Any, Any]:
        """Chooses whether the separator is there."""
        head, tail = self.become(self.form.stretch(left=True)), self.become(self.form.stretch(right=True))
        return (head, separator, tail) if self._is_split(separator) else (self.kind(), self.kind(), self)

    def _is_split(self, separator: Any) -> bool:
        return self.probe.choose((self.subject, self.form, self.plain(separator)), 2) == 0

    def base_name(self) -> Tracked:
        """What `os.path.basename` gives."""
        return self.become(self.form.after_last("/"))

    def __getitem__(self, key: Any) -> Tracked:
        bounds = (key.start, key.stop, key.step) if isinstance(key, slice) else (key,)
        if any(bound is not None and type(bound) is not int for bound in bounds):
            raise self.probe.lose("an index that is no number")
        return self.become(self.form.sliced(key)) if isinstance(key, slice) else self._character(key)

    def _character(self, index: int) -> Tracked:
        if self.kind is bytes:
            raise self.probe.lose("a byte as a number")
        if self.probe.choose((self.subject, self.form, index), 2):
            raise NoSuchIndex("string index out of range")
        return self.become(self.form.stretch(left=index == 0, right=index == -1))

    def __getattr__(self, name: str) -> Any:
        if name in KINDS_OF_CHARACTERS:
            return lambda: self.matches(*KINDS_OF_CHARACTERS[name][self.kind])
        if name in CASES:
            return lambda: self.become(self.form.mapped(CASES[name]))
        if name == ("decode" if self.kind is bytes else "encode"):
            return self._recoded
        if hasattr(self.kind, name):
            raise self.probe.lose(f"the method {name}")
        raise NoSuchAttribute(f"'{self.kind.__name__}' object has no attribute '{name}'")


class Pieces:
    """What splitting a value gives, or a slice of that, which has the `form` when joined again."""

    __slots__ = ("_form", "_separator", "_whole")

    def __init__(self, whole: Tracked, separator: str | None, form: Form | None = None) -> None:
        self._whole, self._separator, self._form = whole, separator, form or whole.form

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` sees."""
        return list

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._sliced(key)
        if type(key) is not int:
            raise self._whole.probe.lose("an index that is no number")
        whole = self._whole
        # Only text split by something is never without a first and a last piece.
        is_certain = self._separator is not None and self._form == whole.form and key in (0, -1)
        if not is_certain and whole.probe.choose((whole.subject, self._form, "piece", key), 2):
            raise NoSuchIndex("list index out of range")
        return whole.become(self._form.stretch(left=is_certain and key == 0, right=is_certain and key == -1))

    def _sliced(self, part: slice) -> Pieces:
        if part.step not in (None, 1):
            raise self._whole.probe.lose("every other piece")
        form = self._form.stretch(left=part.start in (None, 0), right=part.stop is None)
        return Pieces(self._whole, self._separator, form)

    def joined(self, separator: str) -> Tracked:
        """What `separator.join` gives."""
        is_followed = separator == self._separator
        return self._whole.become(self._form if is_followed else replace(self._form, is_opaque=True))

    def __contains__(self, part: Any) -> bool:
        return isinstance(part, self._whole.kind) and self._whole.contains(part)

    def _refuse(self, *_: Any) -> Any:
        raise self._whole.probe.lose("the pieces of a value")

    __len__: Callable[..., int] = _refuse
    __iter__ = __bool__ = __eq__ = __add__ = __radd__ = __getattr__ = _refuse
    __hash__ = None  # type: ignore[assignment]
