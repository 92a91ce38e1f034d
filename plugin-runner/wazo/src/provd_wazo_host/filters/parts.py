"""Mappings of a probed request or device of which only some keys are known. Whatever else is done to them ends the
probe.
"""

from __future__ import annotations

from typing import Any, Callable, NoReturn

from provd_wazo_host.filters.answers import NoSuchKey
from provd_wazo_host.filters.probe import Probe


class Part:
    """A mapping by `value_of(key)`, which gives `ABSENT` for a key that is not there."""

    ABSENT: Any = object()

    def __init__(self, probe: Probe, name: str, value_of: Callable[[Any], Any], kind: type = dict) -> None:
        self._probe, self._name, self._value_of, self._kind = probe, name, value_of, kind

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` sees."""
        return self._kind

    def __contains__(self, key: object) -> bool:
        return self._value_of(key) is not self.ABSENT

    def __getitem__(self, key: Any) -> Any:
        value = self._value_of(key)
        if value is self.ABSENT:
            raise NoSuchKey(key)
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        """As of a dictionary."""
        value = self._value_of(key)
        return default if value is self.ABSENT else value

    def __repr__(self) -> str:
        return self._probe.shown(self._name)

    def __getattr__(self, name: str) -> NoReturn:
        raise self._probe.lose(f"{self._name}: {name}")

    def _refuse(self, *_: Any) -> Any:
        raise self._probe.lose(f"{self._name} as a whole")

    __len__: Callable[..., int] = _refuse
    __bool__: Callable[..., bool] = _refuse
    __iter__ = __hash__ = __eq__ = __or__ = __ror__ = _refuse


def known(probe: Probe, name: str, values: dict[str, Any]) -> Part:
    """A part of which the server knows some keys; asking for others ends the probe."""

    def value_of(key: Any) -> Any:
        if type(key) is not str or key not in values:
            raise probe.lose(f"{name}: a key that filters do not know")
        return values[key]

    return Part(probe, name, value_of)
