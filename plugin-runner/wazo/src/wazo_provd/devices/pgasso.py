"""How well a plugin supports a phone."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from enum import IntEnum
from typing import Any


class DeviceSupport(IntEnum):
    """Scores; a phone is assigned without an administrator from `PROBABLE` on."""

    #: Cannot work.
    NONE = 0
    #: Another vendor's phone.
    IMPROBABLE = 100
    #: Cannot tell.
    UNKNOWN = 200
    #: The right vendor, a model that is not known.
    PROBABLE = 300
    #: The right model, known to work in part.
    INCOMPLETE = 400
    #: The right model in another firmware version.
    COMPLETE = 500
    #: The right model in this firmware version.
    EXACT = 600


class AbstractPluginAssociator(metaclass=ABCMeta):
    """Scores phones by what is known of them."""

    @abstractmethod
    def associate(self, dev_info: dict[str, Any]) -> int:
        """The score of a phone."""


class BasePgAssociator(AbstractPluginAssociator):
    """Scores phones by vendor, model and version, and by nothing else."""

    def associate(self, dev_info: dict[str, Any]) -> int:
        """`UNKNOWN` without a vendor."""
        vendor = dev_info.get("vendor")
        if vendor is None:
            return DeviceSupport.UNKNOWN
        return self._do_associate(vendor, dev_info.get("model"), dev_info.get("version"))

    def _do_associate(self, vendor: str, model: str | None, version: str | None) -> int:
        raise NotImplementedError("a subclass scores phones")
