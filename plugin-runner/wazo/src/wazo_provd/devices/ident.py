"""The requests that facts about phones are taken from."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from enum import Enum
from typing import Any, TypedDict

from wazo_provd.servers.tftp.service import TFTPRequest

__all__ = ["AbstractDeviceInfoExtractor", "DHCPRequest", "DeviceInfo", "RequestType", "TFTPRequest"]

#: Facts by name: mac, sn, uuid, ip, vendor, model, version.
DeviceInfo = dict[str, Any]


class RequestType(Enum):
    """The protocol of a request."""

    HTTP = "http"
    TFTP = "tftp"
    DHCP = "dhcp"


class DHCPRequest(TypedDict):
    """A lease: addresses in their usual form, option values as text with one character per octet."""

    ip: str
    mac: str
    options: dict[int, str]


class AbstractDeviceInfoExtractor(metaclass=ABCMeta):
    """Takes facts out of requests."""

    @abstractmethod
    def extract(self, request: Any, request_type: RequestType) -> Any:
        """A Deferred of the facts, or of `None`."""
