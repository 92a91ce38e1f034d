"""Where a plugin process lives, as provd tells it through its environment. A process without that was started by hand:
it learns here what it is, and what is missing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

#: Major version of the contract, `provd.plugin.v1`.
API_MAJOR = 1

# Where nothing can ever be: the folder of overrides of a plugin that was given none.
_NOWHERE = Path(os.devnull, "overrides")


class NotStartedByProvd(Exception):
    """The process was not started as a plugin: print this, and exit with status 2."""


@dataclass(frozen=True)
class Environment:
    """What provd tells a plugin process.

    `folder` is the plugin's own, read-only; `overrides` are the administrator's files for it, and may not exist;
    `scratch` may be written. `socket` is to be bound, and every call carries `token`. `log` says how much to log.
    """

    id: str
    folder: Path
    overrides: Path
    scratch: Path
    socket: Path
    token: str = field(repr=False)
    log: str = "info"

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Environment:
        """Reads these variables, by default those of the process.

        Raises `NotStartedByProvd` if one is missing or empty, or if provd speaks another major version.
        """
        stated = os.environ if variables is None else variables
        api = _stated(stated, "PROVD_PLUGIN_API")
        if api != str(API_MAJOR):
            raise NotStartedByProvd(
                f"this plugin was written for plugin API {API_MAJOR}, but the provd that started it speaks {api!r}"
            )
        return cls(
            id=_stated(stated, "PROVD_PLUGIN_ID"),
            folder=Path(_stated(stated, "PROVD_PLUGIN_DIR")),
            overrides=Path(stated.get("PROVD_PLUGIN_OVERRIDES") or _NOWHERE),
            scratch=Path(_stated(stated, "PROVD_PLUGIN_SCRATCH")),
            socket=Path(_stated(stated, "PROVD_PLUGIN_SOCKET")),
            token=_stated(stated, "PROVD_PLUGIN_TOKEN"),
            log=stated.get("PROVD_LOG") or "info",
        )


def _stated(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name)
    if not value:
        raise NotStartedByProvd(
            "this program is a plugin of the phone provisioning server provd, which starts it and asks it about "
            f"phones; it does nothing by itself ({name} is not set). Try it with `provd plugin run FOLDER`"
        )
    return value
