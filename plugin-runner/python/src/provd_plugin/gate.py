"""The gate all calls go through: it counts those that run, and once closed lets no more in."""

from __future__ import annotations

import threading
from time import monotonic


class Gate:
    """Open until closed for good."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether no more calls are let in."""
        return self._closed

    def enter(self) -> bool:
        """Lets a call in, which leaves again; `False` once the gate is closed."""
        with self._changed:
            if self._closed:
                return False
            self._running += 1
            return True

    def leave(self) -> None:
        """A call that was let in has ended."""
        with self._changed:
            self._running -= 1
            if self._closed and not self._running:
                self._changed.notify_all()

    def close(self) -> None:
        """Lets no more calls in."""
        with self._changed:
            self._closed = True
            if not self._running:
                self._changed.notify_all()

    def idle(self, seconds: float) -> bool:
        """Waits so long for a closed gate to have nothing running; whether that came to be."""
        deadline = monotonic() + seconds
        with self._changed:
            return self._changed.wait_for(lambda: self._closed and not self._running, deadline - monotonic())
