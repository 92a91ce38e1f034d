"""The base classes of plugins: what a plugin offers, each part absent or without effect until a subclass defines it.

Refuses any opinion about phones.
"""

from __future__ import annotations

import json
import os
from typing import Any

from wazo_provd.abstract_plugin import AbstractPlugin


class Plugin(AbstractPlugin):
    """A phone family in one firmware version.

    A class is loaded as a plugin if its `IS_PLUGIN` is true. `id` is set by the host after construction.
    """

    id: str | None = None
    #: Objects with `extract(request, request_type)`, one per kind of request; `None` learns nothing from that kind.
    dhcp_dev_info_extractor: Any = None
    http_dev_info_extractor: Any = None
    tftp_dev_info_extractor: Any = None
    #: A Twisted resource that answers HTTP requests, or `None`.
    http_service: Any = None
    #: An object with `handle_read_request(request, response)`, or `None`.
    tftp_service: Any = None
    #: An object with `associate(dev_info)`, or `None`.
    pg_associator: Any = None

    def __init__(self, app: Any, plugin_dir: str, gen_cfg: dict[str, Any], spec_cfg: dict[str, Any]) -> None:
        """`gen_cfg` holds `proxies`, `spec_cfg` the parameters that an administrator set for this plugin."""
        self._plugin_dir = plugin_dir
        self._services: dict[str, Any] = {}

    @property
    def info(self) -> dict[str, Any]:
        """The plugin's `plugin-info` file: version, description, capabilities."""
        with open(os.path.join(self._plugin_dir, "plugin-info"), encoding="utf-8") as file:
            info = json.load(file)
        missing = [key for key in ("capabilities", "description", "version") if key not in info]
        if missing:
            raise ValueError(f"plugin-info lacks {', '.join(missing)}")
        return {key: value for key, value in info.items() if not key.startswith("description_")}

    @property
    def services(self) -> dict[str, Any]:
        """Further services by name: `configure` holds parameters, `install` packages of firmware."""
        return self._services

    @services.setter
    def services(self, value: dict[str, Any]) -> None:
        self._services = value

    def close(self) -> None:
        """Releases what the plugin holds; nothing is called afterwards."""

    def configure_common(self, raw_config: dict[str, Any]) -> None:
        """Writes the files that all devices share."""

    def configure(self, device: dict[str, Any], raw_config: dict[str, Any]) -> None:
        """Writes the files of one device; may change `raw_config`."""

    def deconfigure(self, device: dict[str, Any]) -> None:
        """Removes the files of one device."""

    def synchronize(self, device: dict[str, Any], raw_config: dict[str, Any]) -> Any:
        """Makes the phone fetch its files again; returns a Deferred."""
        from twisted.internet import defer

        return defer.fail(NotImplementedError("Re-synchronization is not supported"))

    def get_remote_state_trigger_filename(self, device: dict[str, Any]) -> str | None:
        """Base name of the file whose fetch proves that the phone has loaded its files; `None` if no file does."""
        return None

    def is_sensitive_filename(self, filename: str) -> bool:
        """Whether a file of this base name may hold secrets."""
        return False


class StandardPlugin(Plugin):
    """A plugin that keeps what phones may fetch in `var/tftpboot`."""

    def __init__(self, app: Any, plugin_dir: str, gen_cfg: dict[str, Any], spec_cfg: dict[str, Any]) -> None:
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self._tftpboot_dir = os.path.join(plugin_dir, "var", "tftpboot")
