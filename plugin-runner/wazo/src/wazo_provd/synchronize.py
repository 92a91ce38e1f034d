"""How phones are told to fetch their files again with a SIP NOTIFY, which the server sends.

A plugin's calls are kept for whoever runs the plugin (see `recorded`); nothing is sent from here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from twisted.internet import defer


class SynchronizeException(Exception):
    """The phone cannot be told."""


class Busy(Exception):
    """Another plugin of this process is at it."""


class Notify(NamedTuple):
    """A SIP NOTIFY: the value of its Event header, and further variables `Name=value`."""

    event: str
    variables: tuple[str, ...]


_notifies: list[Notify] = []
#: Held by who runs a plugin that may ask for some: there may be several in one process.
_recording = threading.Lock()
#: Seconds to wait for another one.
_PATIENCE = 4.0


@contextmanager
def recorded() -> Iterator[list[Notify]]:
    """The NOTIFYs that are asked for meanwhile, in whatever thread. Raises `Busy` if another caller takes too long."""
    if not _recording.acquire(timeout=_PATIENCE):
        raise Busy("another plugin of this process is telling its phone")
    _notifies.clear()
    kept: list[Notify] = []
    try:
        yield kept
    finally:
        kept.extend(_notifies)
        _recording.release()


def standard_sip_synchronize(
    device: dict[str, Any], event: str = "check-sync", extra_vars: Sequence[str] | None = None
) -> Any:
    """Tells the phone with a NOTIFY; fails if neither its account nor its address is known."""
    if not _can_be_reached(device):
        return defer.fail(SynchronizeException("not enough information to synchronize device"))
    _notifies.append(Notify(event, tuple(extra_vars or ())))
    return defer.succeed(None)


def _can_be_reached(device: dict[str, Any]) -> bool:
    if device.get("ip"):
        return True
    account = device.get("remote_state_sip_username") or ""
    # Phones that were never assigned share accounts of this form: a NOTIFY to one would reach them all.
    return bool(account) and not (account.startswith("ap") and len(account) == 10)
