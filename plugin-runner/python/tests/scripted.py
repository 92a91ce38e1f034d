"""A plugin that does what a test wants: each method is what the test gave for it, or the default of the SDK."""

from __future__ import annotations

import threading
from typing import Any, Callable

from provd_plugin import Description, Plugin


class Scripted(Plugin):
    """`Scripted(extract=lambda request: None)`; for a function there may be a value, or an exception to raise."""

    def __init__(self, **methods: Any) -> None:
        """What each method does, by its name."""
        for name, answer in methods.items():
            assert hasattr(Plugin, name), name
            setattr(self, name, _method(answer))

    def describe(self) -> Description:
        """The least there is to say."""
        return Description("scripted", "1.0.0")


class Held:
    """A method that waits until the test lets it go on, and tells when it was asked."""

    def __init__(self, answer: Any = None) -> None:
        """What it answers in the end."""
        self._answer = answer
        self._free = threading.Event()
        self.asked = threading.Semaphore(0)

    def __call__(self, *_: Any) -> Any:
        """Waits, at most a minute, so that a test that failed ends."""
        self.asked.release()
        assert self._free.wait(60)
        return self._answer

    def release(self) -> None:
        """Lets all calls go on, those to come as well."""
        self._free.set()

    def await_calls(self, count: int) -> None:
        """Returns when so many more calls have come."""
        for _ in range(count):
            assert self.asked.acquire(timeout=30)


def _method(answer: Any) -> Callable[..., Any]:
    if callable(answer):
        return answer  # type: ignore[no-any-return]

    def method(*_: Any) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return method
