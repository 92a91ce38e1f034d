"""The program that provd starts for a plugin with `engine = "wazo-provd"`.

Ends with 3 if a library is missing, with 1 if the plugin cannot be loaded, and as every plugin otherwise.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from provd_wazo_host import former_python, requirements

if TYPE_CHECKING:
    from provd_plugin import Environment
    from provd_wazo_host.host import WazoPlugin

_LIBRARY_MISSING = 3
#: What every plugin needs of the libraries, with all that these import.
_LIBRARIES = ("grpc", "google.protobuf.message_factory", "twisted.internet.defer", "twisted.web.resource")


def main() -> NoReturn:
    """Serves the plugin in `PROVD_PLUGIN_DIR`."""
    missing = requirements.missing()
    if missing:
        print(requirements.advice(missing), file=sys.stderr)
        sys.exit(_LIBRARY_MISSING)
    former_python.restore()
    # Where provd has compiled modules kept is this plugin's own folder, and empty at first. Those of the libraries are
    # beside them already: not to compile them again saves each plugin 3 s, 5 MB of memory and 7 MB of disk.
    kept, sys.pycache_prefix = sys.pycache_prefix, None
    for library in _LIBRARIES:
        import_module(library)
    sys.pycache_prefix = kept
    from provd_plugin import serve

    serve(_load)


def _load(environment: Environment) -> WazoPlugin:
    from provd_wazo_host import reactor
    from provd_wazo_host.host import WazoPlugin

    reactor.take_over_log()
    plugin = WazoPlugin(environment)
    # The same for libraries that are imported later.
    sys.pycache_prefix = None
    return plugin


if __name__ == "__main__":
    main()
