"""Plain values out of messages, by the names of their fields: for what is read rarely. Messages of requests, which are
read all the time, are read by hand in `provd_plugin.conversion`.

Knows of a message only what every protobuf message has, so nothing of protobuf is imported here.
"""

from __future__ import annotations

import dataclasses
from enum import IntEnum
from typing import Any, Callable, Mapping, TypeVar

_Value = TypeVar("_Value")
_Enum = TypeVar("_Enum", bound=IntEnum)

_Reader = Callable[[Any], Any]
_readers: dict[type, list[tuple[str, _Reader]]] = {}


def read(kind: type[_Value], message: Any, field: str) -> _Value | None:
    """The value of a message field as this dataclass; `None` if it is absent."""
    return record(kind, getattr(message, field)) if message.HasField(field) else None


def optional(kind: type[_Value], message: Any, field: str) -> _Value | None:
    """The value of an optional field; `None` if it is absent."""
    return getattr(message, field) if message.HasField(field) else None


def read_each(kind: type[_Value], entries: Mapping[int, Any]) -> dict[int, _Value]:
    """A map of messages as one of dataclasses, in the order of its keys."""
    return {key: record(kind, entries[key]) for key in sorted(entries)}


def read_enum(kind: type[_Enum], number: int) -> _Enum | None:
    """A value of an enumeration; `None` if it is not stated, or one of a later revision."""
    if not number:
        return None
    try:
        return kind(number)
    except ValueError:
        return None


def record(kind: type[_Value], message: Any) -> _Value:
    """A message as the dataclass whose fields have the same names."""
    readers = _readers.get(kind)
    if readers is None:
        # Two threads may both do this, and come to the same result.
        readers = _readers[kind] = _readers_of(kind, message.DESCRIPTOR)
    return kind(**{name: reader(message) for name, reader in readers})


def _readers_of(kind: type, descriptor: Any) -> list[tuple[str, _Reader]]:
    fields = dataclasses.fields(kind)
    return [(field.name, _reader_of(descriptor.fields_by_name[field.name])) for field in fields]


def _reader_of(field: Any) -> _Reader:
    name: str = field.name
    is_repeated = isinstance(field.default_value, list)
    if field.message_type is not None and not field.message_type.GetOptions().map_entry:
        nested = _plain(field.message_type.name)
        if is_repeated:
            return lambda message: tuple(record(nested, item) for item in getattr(message, name))
        return lambda message: read(nested, message, name)
    if field.message_type is not None:
        return lambda message: dict(sorted(getattr(message, name).items()))
    if field.enum_type is not None:
        kind = _plain(field.enum_type.name)
        return lambda message: read_enum(kind, getattr(message, name))
    if field.has_presence:
        return lambda message: optional(object, message, name)
    if is_repeated:
        return lambda message: tuple(getattr(message, name))
    return lambda message: getattr(message, name)


def _plain(name: str) -> Any:
    """The class that stands for a message or an enumeration of this name."""
    # Imported late, since the raw config, which reads by this module, is part of the model.
    from provd_plugin import model

    return getattr(model, name)
