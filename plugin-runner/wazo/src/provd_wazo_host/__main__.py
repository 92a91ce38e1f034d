"""The program that provd starts for a plugin with `engine = "wazo-provd"`; with `--shared` it holds several.

Ends with 3 if a library is missing, and as every plugin otherwise.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from provd_wazo_host import former_python, requirements

_LIBRARY_MISSING = 3


def main() -> NoReturn:
    """Serves the plugin in `PROVD_PLUGIN_DIR`, or those that provd names on stdin."""
    missing = requirements.missing()
    if missing:
        print(requirements.advice(missing), file=sys.stderr)
        sys.exit(_LIBRARY_MISSING)
    former_python.restore()
    if sys.argv[1:] == ["--shared"]:
        from provd_wazo_host.shared import serve_orders

        serve_orders(os.environ.get("PROVD_LOG") or "info")
    from provd_plugin import serve
    from provd_wazo_host.loading import load

    serve(load)


if __name__ == "__main__":
    main()
