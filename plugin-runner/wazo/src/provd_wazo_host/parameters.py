"""Parameters that an administrator sets for one plugin, `username` and `password` of a firmware portal, say.

They are in `parameters.json` of the plugin's overrides, an object of texts. Plugins read them when they are made, or
have a `configure` service that is told. Their values are never logged.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

FILE = "parameters.json"


def read(overrides: Path) -> dict[str, Any]:
    """The parameters; none if there is no such file, or it cannot be read, which is logged."""
    try:
        parameters = json.loads((overrides / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        logger.error("%s is not used: %s", FILE, type(error).__name__)
        return {}
    if not isinstance(parameters, dict):
        logger.error('%s is not used: it must be an object, {"username": …}', FILE)
        return {}
    return parameters


def apply(plugin: Any, parameters: dict[str, Any]) -> None:
    """Sets the parameters that the plugin's `configure` service knows."""
    service = plugin.services.get("configure")
    for name, value in parameters.items() if service is not None else ():
        try:
            service.set(name, value)
        except Exception as error:
            # Services say in many ways that they do not know a parameter.
            logger.error("parameter %s of %s is not set: %s", name, FILE, type(error).__name__)
