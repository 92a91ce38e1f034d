"""The secrets of a raw config, hidden in what is told of an error: which values they are is known by the names of their
keys.
"""

from __future__ import annotations

import json
from typing import Any, Iterator

# Parts of the names of what is secret, in lower case.
_NAMES = ("password", "passwd", "secret", "token", "key")
# What is shorter is in every text.
_SHORTEST = 3
_HIDDEN = "****"
_ALL_HIDDEN = "(hidden, for the raw config cannot be read)"


def hide(told: str, raw_config_json: str, if_unreadable: str = _ALL_HIDDEN) -> str:
    """The same text without the secrets of this raw config.

    Of a raw config that cannot be read, nobody knows what is secret: then `if_unreadable` is told instead.
    """
    if not raw_config_json:
        return told
    try:
        secrets = sorted(set(_secrets("", json.loads(raw_config_json))), key=len, reverse=True)
    except (ValueError, RecursionError):
        return if_unreadable
    for secret in secrets:
        for spelling in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
            told = told.replace(spelling, _HIDDEN)
    return told


def _secrets(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _secrets(key, member)
    elif isinstance(value, list):
        for member in value:
            yield from _secrets(name, member)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and _is_secret(name, str(value)):
        yield str(value)


def _is_secret(name: str, value: str) -> bool:
    return len(value) >= _SHORTEST and any(part in name.lower() for part in _NAMES)
