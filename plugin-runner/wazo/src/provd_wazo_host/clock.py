"""The time as a plugin reads it: of equal input it is always the time at which that was first configured this year.

Some plugins write the time into their files, and phones restart on changed bytes. All other code of the process keeps
the real time, and so does the plugin outside of configuring.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Optional

#: What a moment is remembered by: all of a device that its files may depend on.
_DEVICE_KEYS = ("id", "mac", "ip", "sn", "uuid", "vendor", "model", "version", "options")


class Clock:
    """A clock for the code of one plugin. `was_read` since it was last stopped."""

    def __init__(self, stopped_at: float | None = None) -> None:
        """Seconds since 1970 at which it always stands; `None` for the real time."""
        self._stopped_at = stopped_at
        self.was_read = False
        self.modules: dict[str, ModuleType] = {"time": self._time(), "datetime": self._datetime()}

    def now(self) -> float:
        """Seconds since 1970, for the plugin."""
        self.was_read = True
        return time.time() if self._stopped_at is None else self._stopped_at

    @contextmanager
    def stopped(self, moment: float) -> Iterator[None]:
        """Stands at a moment meanwhile, unless it always stands."""
        before = self._stopped_at
        self._stopped_at = moment if before is None else before
        self.was_read = False
        try:
            yield
        finally:
            self._stopped_at = before

    def _time(self) -> ModuleType:
        module = _copy(time)
        vars(module).update(
            time=self.now,
            gmtime=lambda seconds=None: time.gmtime(self._or_now(seconds)),
            localtime=lambda seconds=None: time.localtime(self._or_now(seconds)),
            ctime=lambda seconds=None: time.ctime(self._or_now(seconds)),
            strftime=lambda form, at=None: time.strftime(form, at or time.localtime(self.now())),
        )
        return module

    def _or_now(self, seconds: Optional[float]) -> float:
        return self.now() if seconds is None else seconds

    def _datetime(self) -> ModuleType:
        clock = self

        class DateTime(datetime.datetime):
            """A date and time."""

            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Any:
                """The plugin's time."""
                return cls.fromtimestamp(clock.now(), tz)

            @classmethod
            def utcnow(cls) -> Any:
                """The plugin's time, in UTC."""
                return cls.now(datetime.timezone.utc).replace(tzinfo=None)

            @classmethod
            def today(cls) -> Any:
                """The plugin's time."""
                return cls.now()

        class Date(datetime.date):
            """A date."""

            @classmethod
            def today(cls) -> Any:
                """The plugin's date."""
                return cls.fromtimestamp(clock.now())

        module = _copy(datetime)
        vars(module).update(datetime=DateTime, date=Date)
        return module


class Moments:
    """When each device was first configured with what it is now: one small file for each."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when it is needed."""
        self._folder = folder

    def of(self, device_id: str, digest: Callable[[], str]) -> float:
        """Seconds since 1970; those of now if the input of this digest is new.

        In another year it is new as well: some files hold the days on which clocks are changed this year.
        """
        now = time.time()
        try:
            kept, _, text = self._file(device_id).read_text(encoding="ascii").partition(" ")
            moment = float(text)
        except (OSError, ValueError):
            return now
        is_of_this_year = time.gmtime(moment).tm_year == time.gmtime(now).tm_year
        return moment if is_of_this_year and kept == digest() else now

    def keep(self, device_id: str, digest: str, moment: float) -> None:
        """Remembers a moment; raises `OSError`."""
        self._folder.mkdir(exist_ok=True)
        file = self._file(device_id)
        staged = file.with_suffix(".tmp")
        staged.write_text(f"{digest} {moment!r}", encoding="ascii")
        os.replace(staged, file)

    def forget(self, device_id: str) -> None:
        """Forgets a device."""
        self._file(device_id).unlink(missing_ok=True)

    def _file(self, device_id: str) -> Path:
        return self._folder / hashlib.sha256(device_id.encode("utf-8", "replace")).hexdigest()[:32]


def input_digest(plugin_version: str, device: dict[str, Any], raw_config: dict[str, Any]) -> str:
    """The same for equal input: to another version of the plugin all of it is new."""
    facts = {key: device.get(key) for key in _DEVICE_KEYS}
    text = json.dumps([plugin_version, facts, raw_config], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _copy(module: ModuleType) -> ModuleType:
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    return copy
