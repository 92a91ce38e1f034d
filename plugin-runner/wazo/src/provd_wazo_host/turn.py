"""Who may run plugin code now. Plugins were written for a server with one thread, so there is one turn for all of their
calls.

A call that waits too long gives up. A plugin that never returns its turn cannot be helped: `seconds_taken` shows that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from provd_plugin import Unavailable


class Turn:
    """A lock that says for how long, and for what, it has been taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: tuple[str, float] | None = None

    @contextmanager
    def taken(self, purpose: str, patience: float) -> Iterator[None]:
        """Has the turn, after at most `patience` seconds; else raises `Unavailable`."""
        if not self._lock.acquire(timeout=patience):
            taken = self._taken
            raise Unavailable(f"the plugin is busy: {taken[0] if taken else 'another call'} has not ended")
        self._taken = (purpose, time.monotonic())
        try:
            yield
        finally:
            self._taken = None
            self._lock.release()

    def seconds_taken(self) -> tuple[str, float]:
        """What the turn is taken for and for how many seconds; 0 if it is free."""
        taken = self._taken
        return (taken[0], time.monotonic() - taken[1]) if taken else ("", 0.0)
