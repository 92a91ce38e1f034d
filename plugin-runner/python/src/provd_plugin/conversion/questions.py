"""What provd asks, as plain values. Requests, facts and devices come with nearly every call, so they are read by hand,
field by field; what comes rarely is read by `provd_plugin.model.reading`.
"""

from __future__ import annotations

from typing import Any

from provd_plugin.contract import message_class
from provd_plugin.errors import InvalidInput
from provd_plugin.model import Device, DeviceInfo, DhcpRequest, HttpRequest, RawConfig, Request, TftpRequest

_NO_RAW_CONFIG = message_class("RawConfig")()


def request(asked: Any) -> Request | None:
    """The request that a message asks about; `None` if it has none, or one of a kind that a later revision has."""
    message = asked.request
    kind = message.WhichOneof("kind")
    if kind == "http":
        http = message.http
        headers = tuple([(header.name, header.value) for header in http.headers])
        return Request(message.ip, http=HttpRequest(http.method, http.path, http.query, headers))
    if kind == "tftp":
        return Request(message.ip, tftp=TftpRequest(message.tftp.filename))
    if kind == "dhcp":
        return Request(message.ip, dhcp=DhcpRequest(message.dhcp.mac, dict(message.dhcp.options)))
    return None


def device_info(message: Any) -> DeviceInfo:
    """Facts about a phone. An empty text is never sent, so it is an absent fact."""
    return DeviceInfo(
        message.ip or None,
        message.mac or None,
        message.sn or None,
        message.uuid or None,
        message.vendor or None,
        message.model or None,
        message.version or None,
    )


def device(asked: Any) -> Device:
    """The device that a message asks about. Raises `InvalidInput` if it names none."""
    if not asked.HasField("device"):
        raise InvalidInput("the call names no device")
    message = asked.device
    return Device(
        message.id,
        device_info(message.info),
        message.config_id,
        message.options_json,
        message.remote_state_sip_username,
        message.document_json,
    )


def raw_config(asked: Any) -> RawConfig:
    """The raw config that comes with a message; an empty one if there is none."""
    return RawConfig(asked.raw_config if asked.HasField("raw_config") else _NO_RAW_CONFIG)
