"""What takes the place of patterns, of the module `re` and of a few functions while a plugin's function is probed.

Given a tracked value they deny and note; given anything else they do what the originals do.
"""

from __future__ import annotations

import os.path
import re
from types import ModuleType
from typing import Any, Callable, Dict, Iterator

from provd_wazo_host.filters.answers import WrongValue
from provd_wazo_host.filters.tracked import Pieces, Tracked

_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?:[:-]?[0-9A-Fa-f]{1,2}){5}\n?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\n?")


def is_tracked(value: object) -> bool:
    """Whether a value is one of a probe's."""
    return type(value) is Tracked


class Expression:
    """A pattern of `re` for the time of a probe."""

    def __init__(self, real: re.Pattern[Any]) -> None:
        self._real = real

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` sees."""
        return re.Pattern

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _denied(self, value: Any, method: str, bounds: tuple[int, ...] = ()) -> bool:
        if not is_tracked(value):
            return False
        value.matches(self._real, method, value.form.stretch() if bounds else None)
        return True

    def match(self, string: Any, *bounds: int) -> Any:
        """As of a pattern."""
        return None if self._denied(string, "match", bounds) else self._real.match(string, *bounds)

    def fullmatch(self, string: Any, *bounds: int) -> Any:
        """As of a pattern."""
        return None if self._denied(string, "fullmatch", bounds) else self._real.fullmatch(string, *bounds)

    def search(self, string: Any, *bounds: int) -> Any:
        """As of a pattern."""
        return None if self._denied(string, "search", bounds) else self._real.search(string, *bounds)

    def findall(self, string: Any, *bounds: int) -> Any:
        """As of a pattern."""
        return [] if self._denied(string, "search", bounds) else self._real.findall(string, *bounds)

    def finditer(self, string: Any, *bounds: int) -> Iterator[Any]:
        """As of a pattern."""
        return iter(()) if self._denied(string, "search", bounds) else self._real.finditer(string, *bounds)

    def split(self, string: Any, maxsplit: int = 0) -> Any:
        """As of a pattern."""
        return [string] if self._denied(string, "search") else self._real.split(string, maxsplit)

    def sub(self, repl: Any, string: Any, count: int = 0) -> Any:
        """As of a pattern."""
        return string if self._denied(string, "search") else self._real.sub(repl, string, count)

    def subn(self, repl: Any, string: Any, count: int = 0) -> Any:
        """As of a pattern."""
        return (string, 0) if self._denied(string, "search") else self._real.subn(repl, string, count)


class Separator(str):
    """Text written in code that joins the pieces of a value."""

    def join(self, parts: Any) -> Any:
        """As of text."""
        return parts.joined(self[:]) if type(parts) is Pieces else super().join(parts)


def _compile(pattern: Any, flags: int = 0) -> Expression:
    return pattern if type(pattern) is Expression else Expression(re.compile(pattern, flags))


def _directly(method: str) -> Callable[..., Any]:
    """The function of `re` that stands for a method of patterns."""

    def function(pattern: Any, *arguments: Any, flags: int = 0, **named: Any) -> Any:
        # `re.match(pattern, string, flags)`: only the functions that split and replace have more arguments between.
        between = {"split": 2, "sub": 3, "subn": 3}.get(method, 1)
        if len(arguments) > between:
            arguments, flags = arguments[:between], arguments[between]
        return getattr(_compile(pattern, flags), method)(*arguments, **named)

    return function


def _base_name(path: Any) -> Any:
    return path.base_name() if is_tracked(path) else os.path.basename(path)


def _type(value: Any, *more: Any) -> Any:
    if is_tracked(value):
        return value.kind
    return str if type(value) is Separator else type(value, *more)


def _only(pattern: re.Pattern[Any], original: Callable[..., Any]) -> Callable[..., Any]:
    """A function that raises ValueError unless it is given text of a certain form."""

    def function(value: Any, *arguments: Any, **named: Any) -> Any:
        if not is_tracked(value):
            return original(value, *arguments, **named)
        value.matches(pattern, "fullmatch")
        raise WrongValue("denied")

    return function


def _asking(pattern: re.Pattern[Any], original: Callable[..., Any]) -> Callable[..., Any]:
    """A function that says whether text has a certain form."""

    def function(value: Any) -> Any:
        return value.matches(pattern, "fullmatch") if is_tracked(value) else original(value)

    return function


class _Module:
    """A module with some functions replaced."""

    def __init__(self, original: ModuleType, functions: Dict[str, Any]) -> None:
        self.__dict__.update(functions)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


_METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")
_RE: Dict[str, Any] = {"compile": _compile, **{method: _directly(method) for method in _METHODS}}
_PATH = _Module(os.path, {"basename": _base_name})
_MODULES: Dict[ModuleType, Any] = {re: _Module(re, _RE), os.path: _PATH, os: _Module(os, {"path": _PATH})}
#: By the identity of the original.
_FUNCTIONS: Dict[int, Any] = {
    id(os.path.basename): _base_name,
    **{id(getattr(re, name)): function for name, function in _RE.items()},
}
#: Functions of wazo-provd by name, with the form of text they accept, and how they refuse another.
_SPELLINGS: Dict[str, Callable[[Callable[..., Any]], Any]] = {
    "format_mac": lambda original: _only(_MAC, original),
    "norm_mac": lambda original: _only(_MAC, original),
    "norm_uuid": lambda original: _only(_UUID, original),
    "is_normed_mac": lambda original: _asking(_MAC, original),
    "is_normed_uuid": lambda original: _asking(_UUID, original),
}
#: Built-in functions that would tell a tracked value from a real one.
BUILT_IN: Dict[str, Any] = {"type": _type}


def stand_in(value: Any) -> Any:
    """What takes the place of a pattern, a module or a function; `None` if it stays."""
    if isinstance(value, re.Pattern):
        return Expression(value)
    if isinstance(value, ModuleType):
        return _MODULES.get(value)
    if not callable(value) or isinstance(value, (type, staticmethod, classmethod)):
        return None
    if getattr(value, "__module__", None) in ("wazo_provd.util", "provd.util"):
        spelling = _SPELLINGS.get(getattr(value, "__name__", ""))
        return None if spelling is None else spelling(value)
    return _FUNCTIONS.get(id(value))
