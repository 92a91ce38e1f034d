"""A plugin out of its folder, for whoever serves it; what its code raises then is told to the administrator.

Refuses to hide trouble of the machine, such as a full disk: trying again may help there.
"""

from __future__ import annotations

import traceback

from provd_plugin import CannotWork, Environment
from provd_wazo_host import reactor
from provd_wazo_host.host import WazoPlugin
from provd_wazo_host.loader import NoPlugin


def load(environment: Environment) -> WazoPlugin:
    """The plugin in the folder of this environment; raises `CannotWork` if it cannot be loaded, and `OSError`."""
    reactor.take_over_log()
    try:
        return WazoPlugin(environment)
    except NoPlugin as error:
        raise CannotWork(str(error)) from None
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise CannotWork(f"the plugin cannot be loaded: {_described(error)}") from error


def _described(error: Exception) -> str:
    """No raw config is known yet, so there is nothing in its text that nobody may see."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.filename.rsplit('/', 1)[-1]} line {last.lineno})"
