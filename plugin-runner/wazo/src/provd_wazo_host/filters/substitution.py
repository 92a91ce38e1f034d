"""Puts stand-ins where a plugin's code finds its patterns, tables and functions, for the time of a probe, and takes
them away.

What is reached: globals of the plugin's modules, attributes of its classes and objects, defaults of functions,
variables of closures, sets written in code. What is not reached stays real, and refuses tracked values.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import CellType, FunctionType
from typing import Any, Callable, Iterator

from provd_wazo_host.filters.containers import followed
from provd_wazo_host.filters.stand_ins import BUILT_IN, Separator


@contextmanager
def stand_ins_around(function: Any) -> Iterator[None]:
    """Replaces what a bound method of a plugin's object may meet. Nothing else may run the plugin's code meanwhile."""
    exchange = _Exchange()
    try:
        exchange.visit(function)
        yield
    finally:
        exchange.undo()


class _Exchange:
    """What was replaced, and how to put it back."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._undo: list[Callable[[], None]] = []

    def undo(self) -> None:
        """Puts everything back, the last first."""
        while self._undo:
            self._undo.pop()()

    def visit(self, value: Any) -> None:
        """Replaces what is found in a function, class or object of the plugin."""
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        if isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, (staticmethod, classmethod)):
            self.visit(value.__func__)
        elif isinstance(value, property):
            self.visit(value.fget)
        elif isinstance(value, type):
            self._class(value)
        elif hasattr(value, "__self__") and hasattr(value, "__func__"):
            self.visit(value.__self__)
            self.visit(value.__func__)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self.visit(item)
        elif _is_plugins(type(value)):
            self._class(type(value))
            self._namespace(getattr(value, "__dict__", {}))

    def _function(self, function: FunctionType) -> None:
        namespace = function.__globals__
        if _is_module(namespace):
            return
        self._code(function)
        for cell in function.__closure__ or ():
            self._cell(cell)
        defaults = function.__defaults__
        self._set(function, "__defaults__", followed(defaults))
        if id(namespace) not in self._seen:
            self._seen.add(id(namespace))
            self._namespace(namespace)
            for name, stand_in in BUILT_IN.items():
                self._item(namespace, name, stand_in)

    def _code(self, function: FunctionType) -> None:
        code = function.__code__
        constants = tuple(_constant(value, "join" in code.co_names) for value in code.co_consts)
        if any(new is not old for new, old in zip(constants, code.co_consts)):
            self._set(function, "__code__", code.replace(co_consts=constants))

    def _cell(self, cell: CellType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:
            return
        self.visit(content)
        self._set(cell, "cell_contents", followed(content))

    def _class(self, found: type) -> None:
        for one in found.__mro__:
            if not _is_plugins(one) or id(one.__dict__) in self._seen:
                continue
            for name, value in list(vars(one).items()):
                self.visit(value)
                if not name.startswith("__"):
                    self._set(one, name, followed(value), value)

    def _namespace(self, namespace: dict[str, Any]) -> None:
        for name, value in list(namespace.items()):
            if name == "__builtins__":
                continue
            self.visit(value)
            new = followed(value)
            if new is not value:
                self._item(namespace, name, new)

    def _item(self, namespace: dict[str, Any], name: str, new: Any) -> None:
        if name in namespace:
            old = namespace[name]
            self._undo.append(lambda: namespace.__setitem__(name, old))
        else:
            self._undo.append(lambda: namespace.__delitem__(name))
        namespace[name] = new

    def _set(self, owner: Any, name: str, new: Any, old: Any = None) -> None:
        old = getattr(owner, name) if old is None else old
        if new is old:
            return
        self._undo.append(lambda: setattr(owner, name, old))
        setattr(owner, name, new)


def _constant(value: Any, may_join: bool) -> Any:
    """A constant of a function: a set is asked for its members, text joins pieces. Tuples may be names of arguments."""
    if type(value) is frozenset:
        return followed(value)
    return Separator(value) if may_join and type(value) is str else value


def _is_module(namespace: dict[str, Any]) -> bool:
    """Whether these are the globals of an imported module. Those of a plugin's files belong to no module."""
    module = sys.modules.get(str(namespace.get("__name__")))
    return module is not None and module.__dict__ is namespace


def _is_plugins(found: type) -> bool:
    """Whether a class has a method of the plugin's."""
    values = (getattr(value, "__func__", value) for value in vars(found).values())
    return any(isinstance(value, FunctionType) and not _is_module(value.__globals__) for value in values)
