"""Makes small plugins for tests: their folder, and the host that runs them."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

from provd_plugin import Device, DeviceInfo, Environment, HttpRequest, RawConfig, Request, TftpRequest
from provd_wazo_host.host import WazoPlugin

_HEAD = """
    import os
    from twisted.internet import defer, threads
    from wazo_provd.devices.config import RawConfigError
    from wazo_provd.plugins import FetchfwPluginHelper, StandardPlugin, TemplatePluginHelper
    from wazo_provd.servers.http import HTTPNoListingFileService
    from wazo_provd.servers.tftp.service import TFTPFileService
    from wazo_provd import synchronize
"""


def folder(parent: Path, body: str, files: dict[str, str] | None = None) -> Path:
    """A plugin `acme` whose class `P` has this body."""
    made = parent / "acme"
    code = dedent(_HEAD) + "class P(StandardPlugin):\n    IS_PLUGIN = True\n"
    code += "".join(f"    {line}\n" for line in dedent(body).split("\n"))
    info = {"version": "1.2", "description": "Acme", "capabilities": {"Acme, A1, 1": {"lines": 2}}}
    for name, content in {"entry.py": code, "plugin-info": json.dumps(info), **(files or {})}.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return made


def host(parent: Path, body: str, files: dict[str, str] | None = None, **more: Any) -> WazoPlugin:
    """The host of such a plugin; overrides and scratch are folders of `parent`."""
    return WazoPlugin(environment(parent, folder(parent, body, files)), **more)


def environment(parent: Path, plugin: Path) -> Environment:
    """What provd would tell the plugin's process."""
    return Environment("acme", plugin, parent / "overrides", parent / "scratch", parent / "socket", "token")


def device(**facts: Any) -> Device:
    """A device with these facts."""
    document = {"id": "d1", "mac": "00:11:22:33:44:55", **facts}
    return Device("d1", DeviceInfo(mac=document["mac"]), document_json=json.dumps(document))


def raw_config(**parameters: Any) -> RawConfig:
    """A raw config of these parameters."""
    return RawConfig(SimpleNamespace(document_json=json.dumps(parameters)))


def get(path: str, method: str = "GET", query: str = "", **headers: str) -> Request:
    """An HTTP request."""
    return Request("192.0.2.1", http=HttpRequest(method, path, query, list(headers.items())))


def read(filename: str) -> Request:
    """A TFTP read request."""
    return Request("192.0.2.1", tftp=TftpRequest(filename))
