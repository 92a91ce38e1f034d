"""How a phone is told to fetch its files again, from what a plugin's `synchronize` did.

A NOTIFY that it asked for is named, and the server sends it. A plugin that spoke to the phone itself has told it. One
that fails cannot tell it: for good, if it says so.
"""

from __future__ import annotations

import re
from typing import Any, Union

from provd_plugin import CannotWork, SipNotify, ToldByPlugin, Unavailable, Unsupported
from provd_wazo_host import reactor
from provd_wazo_host.failure import Failures
from wazo_provd import synchronize as recording

#: Seconds that a plugin may take to tell a phone; the call has 5.
_PATIENCE = 4.5
_UNSUPPORTED = re.compile(r"not (yet )?(supported|implemented)|unsupported", re.IGNORECASE)
#: The header that stands for a line of the message body.
_BODY_LINE = "Content"


def synchronize(
    plugin: Any, device: dict[str, Any], raw_config: dict[str, Any], failures: Failures
) -> Union[SipNotify, ToldByPlugin]:
    """The way; raises `Unsupported`, `CannotWork`, or `Unavailable` if the plugin took too long."""
    try:
        with recording.recorded() as notifies:
            reactor.outcome(plugin.synchronize(device, raw_config), _PATIENCE)
    except Unavailable:
        raise
    except recording.Busy as busy:
        raise Unavailable(str(busy)) from None
    except Exception as error:
        raise _refusal(error, failures) from None
    return _notify(notifies[0]) if notifies else ToldByPlugin()


def _notify(notify: recording.Notify) -> SipNotify:
    headers: dict[str, str] = {}
    for variable in notify.variables:
        name, _, value = variable.partition("=")
        is_further_line = name == _BODY_LINE and name in headers
        headers[name] = headers[name] + "\n" + value if is_further_line else value
    return SipNotify(notify.event, headers)


def _refusal(error: Exception, failures: Failures) -> Union[Unsupported, CannotWork]:
    if isinstance(error, NotImplementedError) or _UNSUPPORTED.search(str(error)):
        return Unsupported("phones of this family cannot be told to fetch their files again")
    if isinstance(error, recording.SynchronizeException):
        return CannotWork("neither the address of the phone nor the account it uses is known")
    return CannotWork(f"the phone could not be told: {failures.describe(error)}")
