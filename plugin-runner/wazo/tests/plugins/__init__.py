"""Plugins in the format of wazo-provd that show its corners, and how tests run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from provd_plugin import Device, DeviceInfo, Environment
from provd_plugin.testing import PluginBench
from provd_wazo_host import loader
from provd_wazo_host.host import WazoPlugin

FOLDER = Path(__file__).parent
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/entry.py"))


def loaded(name: str) -> Any:
    """The plugin itself."""
    return loader.load(FOLDER / name, name, {})


def hosted(name: str, folder: Path) -> WazoPlugin:
    """The plugin in its host, with its scratch folder and overrides in an empty folder."""
    environment = Environment(
        id=name,
        folder=FOLDER / name,
        overrides=folder / "overrides",
        scratch=folder / "scratch",
        socket=folder / "socket",
        token="",
    )
    return WazoPlugin(environment)


def bench(name: str, folder: Path) -> PluginBench:
    """The plugin as provd calls it."""
    return PluginBench(hosted(name, folder), name)


def phone(**facts: str) -> Device:
    """A device of which no more is known than these facts."""
    return Device(id="d1", info=DeviceInfo(**facts), document_json=json.dumps({"id": "d1", **facts}))
