"""Plain values as messages, field by field, each judged on the way: what a plugin's author got wrong is told by the
name of the field and its types, never by its value, which may be a secret.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from provd_plugin import model
from provd_plugin.contract import message_class


class InvalidAnswer(Exception):
    """A plugin answered with something else than the contract has there: a defect of the plugin."""


_Judge = Callable[[Any, str], Any]
_Fill = Callable[[Any, Any, str], None]

_LARGEST_UINT32 = 2**32 - 1
# Messages whose plain values have another name.
_OTHER_NAMES = {"DescribeResponse": "Description", "ConfigureResponse": "Configuration"}
_OTHER_NAMES["ConfigureCommonResponse"] = "CommonConfiguration"
_writers: dict[str, list[_Fill]] = {}


def written(value: Any, kind: str, place: str) -> Any:
    """A new message of this kind, holding a plain value of the class that stands for it.

    Raises `InvalidAnswer`, which says where: `place` is the call, or the way to a part of its answer.
    """
    message = message_class(kind)()
    write(value, message, place)
    return message


def write(value: Any, message: Any, place: str) -> None:
    """Fills a message. Raises `InvalidAnswer`."""
    kind: str = message.DESCRIPTOR.name
    plain = getattr(model, _OTHER_NAMES.get(kind, kind))
    if not isinstance(value, plain):
        raise wrong(place, f"a {plain.__name__}", value)
    fills = _writers.get(kind)
    if fills is None:
        # Two threads may both do this, and come to the same result.
        fills = _writers[kind] = [_fill_of(field) for field in message.DESCRIPTOR.fields if hasattr(value, field.name)]
    for fill in fills:
        fill(value, message, place)


def wrong(place: str, expected: str, value: Any) -> InvalidAnswer:
    """An answer that is not what was expected there."""
    return InvalidAnswer(f"{place} is to be {expected}, not {_named(value)}")


def text(value: Any, place: str) -> str:
    """A `str` that can be written as UTF-8. Raises `InvalidAnswer`."""
    if not isinstance(value, str):
        raise wrong(place, "a str", value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidAnswer(f"{place} holds half a character at {error.start}, which UTF-8 does not have") from None
    return value


def content(value: Any, place: str) -> bytes:
    """Bytes; a `str` becomes UTF-8. Raises `InvalidAnswer`."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return text(value, place).encode()
    raise wrong(place, "bytes or a str", value)


def flag(value: Any, place: str) -> bool:
    """A `bool`. Raises `InvalidAnswer`."""
    if not isinstance(value, bool):
        raise wrong(place, "a bool", value)
    return value


def number(value: Any, place: str) -> int:
    """An `int` that fits into 32 bits without a sign. Raises `InvalidAnswer`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(place, "an int", value)
    if not 0 <= value <= _LARGEST_UINT32:
        raise InvalidAnswer(f"{place} is to be from 0 to {_LARGEST_UINT32}")
    return int(value)


def several(value: Any, place: str) -> Iterable[Any]:
    """The items of a list or tuple. Raises `InvalidAnswer`, also for a `str`, whose items are most likely not meant."""
    if not isinstance(value, (list, tuple)):
        raise wrong(place, "a list or tuple", value)
    return value


def choice(kind: type, value: Any, place: str) -> int:
    """A value of an enumeration. Raises `InvalidAnswer`."""
    if not isinstance(value, kind):
        raise wrong(place, f"a {kind.__name__}", value)
    return int(value)  # type: ignore[call-overload,no-any-return]


def _named(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _fill_of(field: Any) -> _Fill:
    if field.message_type is None:
        return _fill_scalar(field)
    if field.message_type.GetOptions().map_entry:
        return _fill_map(field)
    return _fill_message(field)


def _fill_scalar(field: Any) -> _Fill:
    name: str = field.name
    judge = _judge_of(field)
    if isinstance(field.default_value, list):

        def fill_each(value: Any, message: Any, place: str) -> None:
            items = several(getattr(value, name), f"{place}.{name}")
            getattr(message, name).extend([judge(item, f"{place}.{name}[{at}]") for at, item in enumerate(items)])

        return fill_each
    # An enumeration that is not stated is UNSPECIFIED.
    may_be_absent = field.has_presence or field.enum_type is not None

    def fill(value: Any, message: Any, place: str) -> None:
        stated = getattr(value, name)
        if stated is not None or not may_be_absent:
            setattr(message, name, judge(stated, f"{place}.{name}"))

    return fill


def _fill_message(field: Any) -> _Fill:
    name: str = field.name
    if isinstance(field.default_value, list):

        def fill_each(value: Any, message: Any, place: str) -> None:
            for at, item in enumerate(several(getattr(value, name), f"{place}.{name}")):
                write(item, getattr(message, name).add(), f"{place}.{name}[{at}]")

        return fill_each

    def fill(value: Any, message: Any, place: str) -> None:
        stated = getattr(value, name)
        if stated is not None:
            part = getattr(message, name)
            # Also a part of which nothing is stated is there.
            part.SetInParent()
            write(stated, part, f"{place}.{name}")

    return fill


def _fill_map(field: Any) -> _Fill:
    name: str = field.name
    entry = field.message_type.fields_by_name
    judge_key, judge = _judge_of(entry["key"]), _judge_of(entry["value"])

    def fill(value: Any, message: Any, place: str) -> None:
        stated = getattr(value, name)
        if not isinstance(stated, Mapping):
            raise wrong(f"{place}.{name}", "a dict", stated)
        entries = getattr(message, name)
        for key, item in stated.items():
            entries[judge_key(key, f"a key of {place}.{name}")] = judge(item, f"{place}.{name}[{key!r}]")

    return fill


def _judge_of(field: Any) -> _Judge:
    if field.enum_type is not None:
        kind = getattr(model, field.enum_type.name)
        return lambda value, place: choice(kind, value, place)
    return {field.TYPE_STRING: text, field.TYPE_BYTES: content, field.TYPE_BOOL: flag, field.TYPE_UINT32: number}[
        field.type
    ]
