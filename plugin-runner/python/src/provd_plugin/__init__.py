"""Writing plugins of the phone provisioning server provd in Python.

Derive from `Plugin`, call `serve`. The names below are all there is to know; what is in other modules may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provd_plugin import model
from provd_plugin.environment import Environment
from provd_plugin.errors import (
    CannotWork,
    Forbidden,
    InvalidInput,
    NotFound,
    PluginError,
    Unavailable,
    Unsupported,
)
from provd_plugin.model import *  # noqa: F403
from provd_plugin.plugin import Plugin
from provd_plugin.support import support_by_models

if TYPE_CHECKING:
    from provd_plugin.process import serve
    from provd_plugin.server import Server
    from provd_plugin.templates import Templates

__all__ = [
    "CannotWork",
    "Environment",
    "Forbidden",
    "InvalidInput",
    "NotFound",
    "Plugin",
    "PluginError",
    "Server",
    "Templates",
    "Unavailable",
    "Unsupported",
    "serve",
    "support_by_models",
]
__all__ += model.__all__

# These need gRPC or Jinja2, which take longest to import; a plugin that is tested without a process needs neither.
_LATE = {"Server": "server", "serve": "process", "Templates": "templates"}


def __getattr__(name: str) -> Any:
    module = _LATE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{module}"), name)
