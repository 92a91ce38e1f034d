"""A plugin on the bench: in this process and without sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provd_plugin.calls import Calls
from provd_plugin.environment import Environment
from provd_plugin.plugin import Plugin
from provd_plugin.testing.asking import Asker


class PluginBench(Asker):
    """Asks a plugin as provd does, by messages. Each call raises `Refusal` where provd would get an error."""

    def __init__(self, plugin: Plugin, plugin_id: str | None = None) -> None:
        """The plugin, and the identifier provd would know it by: by default the one it says."""
        self._plugin = plugin
        self._calls = Calls(plugin, plugin.describe().id if plugin_id is None else plugin_id)

    def call(self, name: str, asked: Any) -> Any:
        """The response to a message, which was really written and read on the way."""
        received = type(asked).FromString(asked.SerializeToString())
        response = self._calls.answer(name, received)
        return type(response).FromString(response.SerializeToString())


def bench_environment(plugin_id: str, folder: Path, scratch: Path) -> Environment:
    """What provd would tell a plugin that is to be put on the bench.

    The administrator's overrides are in `overrides` of the scratch folder, which may be made there.
    """
    return Environment(
        id=plugin_id,
        folder=folder,
        overrides=scratch / "overrides",
        scratch=scratch,
        socket=scratch / "socket",
        token="the right token",
    )
