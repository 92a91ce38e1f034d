"""Runs of a plugin's function on values that say no to everything, and what the function wanted to know on the way.

A function that was only told no, and found nothing, finds nothing either in any request for which all of the same tests
come out false. Where a plain no would say nothing (a header that may be absent), a run chooses, and others take the
other choices. Whatever is done to a value that cannot be followed ends the probe, and so does an exception that is not
part of an answer: it could come from code that was given a value it cannot read.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Callable, Iterator

from provd_wazo_host.filters.answers import Denied, Untraceable
from provd_wazo_host.filters.subjects import Subject

#: Most runs of one probe.
MOST_RUNS = 256
#: Seconds for all of them. They take milliseconds; an extractor may not come to an end, though.
LONGEST = 1.0
#: Modules whose exceptions among themselves say nothing of values.
_INDIFFERENT = ("logging", "importlib", "_frozen_importlib")
#: Exceptions that are answers, that end the probe themselves, or that end a loop.
_HARMLESS = (Denied, Untraceable, StopIteration, GeneratorExit)


@dataclass(frozen=True)
class Test:
    """Something a function wanted to know: whether `expression` matches the subject. `None`: it cannot be told from
    that.

    If all it wanted to know is whether the subject is one of some texts, these are in `equals`.
    """

    subject: Subject
    expression: str | None
    equals: tuple[str, ...] = ()


@dataclass
class Run:
    """One run: what was tested and denied, what holds for the requests it stands for, and what came of it."""

    tests: list[Test] = field(default_factory=list)
    conditions: dict[Subject, str] = field(default_factory=dict)
    outcome: Any = None


class Probe:
    """One run in progress."""

    def __init__(self, choices: tuple[int, ...], deadline: float) -> None:
        """`choices` are those to begin with; `deadline` is a moment of the monotonic clock."""
        self.run = Run()
        self._given, self._deadline = choices, deadline
        self._failed = False
        #: What was chosen, and out of how many.
        self.chosen: list[tuple[int, int]] = []
        self._by_key: dict[object, int] = {}
        self._same: dict[Subject, list[Subject]] = {}

    def deny(self, subject: Subject, expression: Callable[[], str | None], equals: tuple[str, ...] = ()) -> None:
        """Notes a test that is answered with no. `expression` says what it is, or `None`, and is not watched itself."""
        before = sys.gettrace()
        sys.settrace(None)
        try:
            text = expression()
        finally:
            sys.settrace(before)
        for one in (subject, *self._same.get(subject, ())):
            test = Test(one, text, equals)
            if test not in self.run.tests:
                self.run.tests.append(test)

    def choose(self, key: object, width: int) -> int:
        """One of `width` answers to the question `key`; other runs take the others. Equal ones get equal answers."""
        if key not in self._by_key:
            position = len(self.chosen)
            choice = self._given[position] if position < len(self._given) else 0
            self.chosen.append((choice, width))
            self._by_key[key] = choice
        return self._by_key[key]

    def require(self, subject: Subject, expression: str) -> None:
        """Notes what the requests that this run stands for have in common."""
        self.run.conditions[subject] = expression

    def unite(self, one: Subject, other: Subject) -> None:
        """Takes two subjects to be equal: what is tested on one is tested on the other."""
        self._same.setdefault(one, []).append(other)
        self._same.setdefault(other, []).append(one)

    def lose(self, what: str) -> Untraceable:
        """Ends the probe, even if the exception to raise is caught."""
        self._failed = True
        return Untraceable(what)

    def shown(self, name: str) -> str:
        """A name in place of a value, for log lines: nothing follows from them. Elsewhere it ends the probe."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_globals.get("__name__") == "logging":
                return f"<{name}>"
            frame = frame.f_back
        raise self.lose(f"{name} made text")

    def observe(self, function: Callable[[Probe], Any]) -> None:
        """Runs the function. Raises `Untraceable` if it did what cannot be followed."""
        with self._watching():
            try:
                self.run.outcome = function(self)
            except Denied:
                self.run.outcome = None
            except Exception as error:
                raise self.lose(f"an exception: {type(error).__name__}") from None
        if self._failed:
            raise Untraceable("something was done to a value, or raised, and caught")

    @contextmanager
    def _watching(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in _INDIFFERENT:
            return None
        if time.monotonic() > self._deadline:
            raise self.lose("no end")
        if event == "exception" and not issubclass(argument[0], _HARMLESS):
            self._failed = True
        return self._trace


def explore(function: Callable[[Probe], Any]) -> list[Run]:
    """Runs the function once for every choice there is. Raises `Untraceable` as soon as a run does what cannot be
    followed.
    """
    runs: list[Run] = []
    pending: list[tuple[int, ...]] = [()]
    deadline = time.monotonic() + LONGEST
    while pending:
        if len(runs) == MOST_RUNS:
            raise Untraceable("too many choices")
        given = pending.pop()
        probe = Probe(given, deadline)
        probe.observe(function)
        runs.append(probe.run)
        made = [choice for choice, _ in probe.chosen]
        for position in range(len(given), len(made)):
            others = range(1, probe.chosen[position][1])
            pending.extend((*made[:position], other) for other in others)
    return runs
