"""Who a phone is: the facts a request reveals, and the record in which provd gathers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from provd_plugin.model.json_object import json_object


@dataclass(frozen=True)
class DeviceInfo:
    """Facts about a phone; `None` is a fact that nothing has revealed.

    `mac` is lower case with colons, `00:11:22:33:44:55`: provd refuses any other spelling. `vendor` and `model` are
    spelled as in the plugin's supported devices, `version` and `sn` as the phone says them, `uuid` in lower case with
    hyphens.
    """

    ip: str | None = None
    mac: str | None = None
    sn: str | None = None
    uuid: str | None = None
    vendor: str | None = None
    model: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Device:
    """The stored record of one phone, as far as a plugin needs it.

    `id` is stable, unique and safe in a file name. `config_id` is empty without a config, `remote_state_sip_username`
    if the phone never fetched its trigger file.
    """

    id: str
    info: DeviceInfo = DeviceInfo()
    config_id: str = ""
    options_json: str = field(default="{}", repr=False)
    remote_state_sip_username: str = ""
    document_json: str = field(default="{}", repr=False)

    @property
    def options(self) -> dict[str, Any]:
        """The device's `options`, `{"switchboard": True}`; a new dictionary each time.

        Raises `InvalidInput` if they are no JSON object.
        """
        return json_object(self.options_json, "device.options_json")

    @property
    def document(self) -> dict[str, Any]:
        """The whole record, for keys without a field; a new dictionary each time.

        Raises `InvalidInput` if it is no JSON object.
        """
        return json_object(self.document_json, "device.document_json")
