"""Results that a plugin gives as a Twisted Deferred, and the reactor that some of them need.

The reactor is imported and started, in a thread of its own, only when a Deferred has not fired by itself: it costs 10
MB.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from provd_plugin import Unavailable

logger = logging.getLogger(__name__)

_starting = threading.Lock()


def outcome(value: Any, patience: float) -> Any:
    """What a Deferred fires with, or the value itself if it is none.

    Raises what a failed Deferred failed with, and `Unavailable` after `patience` seconds.
    """
    from twisted.internet.defer import Deferred

    if not isinstance(value, Deferred):
        return value
    waiter = _Waiter()
    if not _is_running() or _is_settled(value):
        # No other thread can touch it now.
        value.addBoth(waiter.fired)
    else:
        _reactor().callFromThread(value.addBoth, waiter.fired)
    if not waiter.done.is_set():
        run_reactor()
    return waiter.result(patience)


def take_over_log() -> None:
    """Logs what Twisted has to say in this process's way: of an exception that nobody handled, its type alone."""
    from twisted.logger import globalLogBeginner

    globalLogBeginner.beginLoggingTo([_observe], redirectStandardIO=False, discardBuffer=True)


def _observe(event: dict[str, Any]) -> None:
    unhandled = event.get("log_failure")
    if unhandled is not None:
        logger.warning("the plugin has not handled: %s", unhandled.type.__name__)


def run_reactor() -> None:
    """Starts the reactor unless it runs."""
    with _starting:
        if _is_running():
            return
        reactor = _reactor()
        ready = threading.Event()
        reactor.callWhenRunning(ready.set)
        arguments = {"installSignalHandlers": False}
        threading.Thread(target=reactor.run, kwargs=arguments, name="reactor", daemon=True).start()
        if not ready.wait(5):
            raise Unavailable("Twisted's reactor did not start")


class _Waiter:
    def __init__(self) -> None:
        self.done = threading.Event()
        self._value: Any = None

    def fired(self, value: Any) -> None:
        self._value = value
        self.done.set()

    def result(self, patience: float) -> Any:
        from twisted.python.failure import Failure

        if not self.done.wait(patience):
            raise Unavailable("the plugin has not finished in time")
        if isinstance(self._value, Failure):
            raise self._value.value
        return self._value


def _is_settled(deferred: Any) -> bool:
    # Nothing says so in public, but this has been its name for ever.
    is_running_callbacks = getattr(deferred, "_runningCallbacks", False)
    return deferred.called and not deferred.paused and not is_running_callbacks


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor


def _is_running() -> bool:
    installed = sys.modules.get("twisted.internet.reactor")
    return installed is not None and bool(installed.running)
