"""The older name of `wazo_provd`: `provd.plugins` and `wazo_provd.plugins` are one module, so their classes are one
too.

Refuses to hold any code of its own; a name that `wazo_provd` lacks is missing here as well.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import wazo_provd

_PREFIX = __name__ + "."


class _Alias(MetaPathFinder, Loader):
    """Finds `provd.x` where `wazo_provd.x` is."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """A spec for names below `provd`, nothing for all others."""
        return ModuleSpec(fullname, self) if fullname.startswith(_PREFIX) else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leaves the module that is thrown away below to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Puts the real module in the place of the one being imported; the import system then returns that one."""
        name = module.__name__
        sys.modules[name] = importlib.import_module(wazo_provd.__name__ + "." + name[len(_PREFIX) :])


sys.meta_path.insert(0, _Alias())
sys.modules[__name__] = wazo_provd
