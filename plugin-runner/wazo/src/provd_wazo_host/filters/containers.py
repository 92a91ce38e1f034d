"""Dictionaries and sets for the time of a probe. A tracked value cannot be hashed, so it is compared with every key."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, Set

from provd_wazo_host.filters.answers import NoSuchKey
from provd_wazo_host.filters.stand_ins import is_tracked, stand_in

#: How deep tables within tables are replaced.
_DEEPEST = 4


class TrackedDict(Dict[Any, Any]):
    """A dictionary that denies to hold tracked keys."""

    def __contains__(self, key: object) -> bool:
        return _is_among(key, self) if is_tracked(key) else super().__contains__(key)

    def __getitem__(self, key: Any) -> Any:
        if not is_tracked(key):
            return super().__getitem__(key)
        _is_among(key, self)
        raise NoSuchKey("denied")

    def get(self, key: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        if not is_tracked(key):
            return super().get(key, default)
        _is_among(key, self)
        return default


class TrackedSet(Set[Any]):
    """A set that denies to hold tracked members."""

    def __contains__(self, member: object) -> bool:
        return _is_among(member, self) if is_tracked(member) else super().__contains__(member)


class TrackedFrozenSet(FrozenSet[Any]):
    """As `TrackedSet`."""

    def __contains__(self, member: object) -> bool:
        return _is_among(member, self) if is_tracked(member) else super().__contains__(member)


def _is_among(key: Any, keys: Iterable[Any]) -> bool:
    return bool(key.is_one_of(keys))


def followed(value: Any, depth: int = 0) -> Any:
    """A value with its dictionaries, sets and stand-ins replaced; the value itself if there are none."""
    kind = type(value)
    if depth == _DEEPEST:
        return value
    if kind is dict:
        return TrackedDict((key, followed(item, depth + 1)) for key, item in value.items())
    if kind in (set, frozenset):
        return TrackedSet(value) if kind is set else TrackedFrozenSet(value)
    if kind in (list, tuple):
        items = [followed(item, depth + 1) for item in value]
        return kind(items) if any(new is not old for new, old in zip(items, value)) else value
    replacement = stand_in(value)
    return value if replacement is None else replacement
