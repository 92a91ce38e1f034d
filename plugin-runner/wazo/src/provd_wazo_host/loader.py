"""Executes a plugin's `entry.py` and makes its plugin object.

The code runs in a fresh dictionary with one name in it, `execfile_`. It may be given other modules than the rest of the
process. Refuses folders without a plugin class.
"""

from __future__ import annotations
import __future__

import builtins
import json
import os
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Callable

from wazo_provd.abstract_plugin import AbstractPlugin


class NoPlugin(Exception):
    """The folder holds no plugin; the text says why."""


class _Source(SourceFileLoader):
    """Compiles plugin code as wazo-provd does, which reads all annotations as text; keeps what it compiled."""

    def source_to_code(  # type: ignore[override]  # as it is in every Python of ours
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> CodeType:
        """Compiles, with `from __future__ import annotations` in effect."""
        flags = __future__.annotations.compiler_flag
        code: CodeType = compile(data, path, "exec", flags, dont_inherit=True, optimize=_optimize)
        return code


class App:
    """What a plugin is given as the server; as much of it as plugins use."""

    #: Proxies for downloads by scheme. The server downloads.
    proxies: dict[str, str] = {}

    def dev_update(self, device: dict[str, Any], *ignored: Any, **also_ignored: Any) -> Any:
        """Accepts a changed device. Records are the server's alone, so the change is not kept."""
        from twisted.internet import defer

        return defer.succeed(None)


def load(
    folder: Path,
    plugin_id: str,
    parameters: dict[str, Any],
    codes: list[CodeType] | None = None,
    modules: Mapping[str, ModuleType] | None = None,
) -> Any:
    """The plugin in a folder. Raises `NoPlugin`, or whatever the plugin's own code raises.

    The code of its files is added to `codes`. Imports of names in `modules` get what is there.
    """
    plugin_class = _plugin_class(_execute(folder, [] if codes is None else codes, modules or {}))
    plugin = plugin_class(App(), str(folder), {"proxies": App.proxies}, dict(parameters))
    plugin.id = plugin_id
    return plugin


def read_info(folder: Path) -> dict[str, Any]:
    """The plugin's `plugin-info`; raises `NoPlugin`."""
    try:
        with open(folder / "plugin-info", encoding="utf-8") as file:
            info = json.load(file)
    except FileNotFoundError:
        raise NoPlugin(f"{folder} has no plugin-info, so it is no plugin of wazo-provd") from None
    except ValueError as error:
        raise NoPlugin(f"plugin-info is not JSON: {error}") from None
    if not isinstance(info, dict) or not isinstance(info.get("version"), str):
        raise NoPlugin("plugin-info states no version")
    return info


def _execute(folder: Path, codes: list[CodeType], modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    if not (folder / "entry.py").is_file():
        raise NoPlugin(f"{folder} has no entry.py, so it is no plugin of wazo-provd")
    plugin_builtins = {**vars(builtins), "__import__": _importing(modules)}
    names: dict[str, Any] = {"__builtins__": plugin_builtins}

    def execfile_(filename: str, globals: dict[str, Any] = names, *locals: Any) -> None:
        """Executes another file of the plugin, in a dictionary of its own or in that of `entry.py`."""
        globals.setdefault("__builtins__", plugin_builtins)
        globals.setdefault("execfile_", execfile_)
        code = _code(os.path.realpath(folder / filename))
        codes.append(code)
        exec(code, globals, *locals)

    execfile_("entry.py")
    return names


def _code(path: str) -> CodeType:
    name = os.path.splitext(os.path.basename(path))[0]
    code = _Source(name, path).get_code(name)
    if code is None:
        raise NoPlugin(f"{path} cannot be compiled")
    return code


def _importing(modules: Mapping[str, ModuleType]) -> Callable[..., ModuleType]:
    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
        if level == 0 and name in modules:
            return modules[name]
        return builtins.__import__(name, globals, locals, fromlist, level)

    return import_


def _plugin_class(names: dict[str, Any]) -> Callable[..., Any]:
    for value in names.values():
        if isinstance(value, type) and issubclass(value, AbstractPlugin) and getattr(value, "IS_PLUGIN", None):
            return value
    raise NoPlugin(
        "entry.py defines no plugin class: one derived from wazo_provd.plugins.Plugin, with IS_PLUGIN = True"
    )
