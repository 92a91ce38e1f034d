"""What plugins that speak to phones themselves would have said: they find no phone here, and what they tried is
recorded.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from types import ModuleType
from typing import Any

from wazo_provd.util import decode_bytes

#: How each attempt began: (`http`, address) or (`spawn`, program, arguments).
Attempts = list[tuple[Any, ...]]


def cut_off() -> Attempts:
    """Lets no plugin reach a phone from now on; returns the list that attempts are added to."""
    attempts: Attempts = []

    def open_url(self: Any, fullurl: Any, data: Any = None, *timeout: Any, **more: Any) -> Any:
        address = fullurl if isinstance(fullurl, str) else fullurl.full_url
        attempts.append(("http", address))
        raise urllib.error.URLError("no phone")

    def spawn(command: str, args: Any = (), **more: Any) -> Any:
        attempts.append(("spawn", command, [decode_bytes(argument) for argument in args]))
        raise OSError("no phone")

    urllib.request.OpenerDirector.open = open_url  # type: ignore[method-assign]
    pexpect = ModuleType("pexpect")
    vars(pexpect).update(spawn=spawn, EOF=EOFError, TIMEOUT=TimeoutError, ExceptionPexpect=Exception)
    sys.modules["pexpect"] = pexpect
    return attempts
