"""Runs one plugin in this process and compares what it does with the answers: `python -m
provd_wazo_host.compare.trial`.

Writes one JSON object to the file it is told; `provd_wazo_host.compare` starts it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import logging
import os
import re
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from provd_plugin import Device, DeviceInfo, Environment, PluginError, RawConfig, SipNotify
from provd_wazo_host import former_python
from provd_wazo_host.clock import Clock
from provd_wazo_host.compare import answers, network
from provd_wazo_host.compare.answers import Case
from provd_wazo_host.host import WazoPlugin

_FACTS = ("ip", "mac", "sn", "uuid", "vendor", "model", "version")


class Trial:
    """One loaded plugin, and what was found about it."""

    def __init__(self, folder: Path, room: Path, moment: datetime.datetime) -> None:
        """Loads the plugin, which may write in `room`, and whose clock stands at `moment`."""
        began = time.monotonic()
        environment = Environment(folder.name, folder, room / "overrides", room / "scratch", room / "socket", "token")
        self.attempts = network.cut_off()
        self.host = WazoPlugin(environment, end=lambda status: None, clock=Clock(moment.timestamp()))
        self.found: dict[str, Any] = {
            "plugin": folder.name,
            "seconds": round(time.monotonic() - began, 3),
            "files": 0,
            "identical": 0,
            "cases": 0,
            "models": 0,
            "differences": [],
        }

    def compare_common(self, stated: answers.Common) -> None:
        """Generates the common files."""
        try:
            written = self.host.configure_common(raw_config(stated.raw_config)).files
        except PluginError as error:
            self._differs("common", str(error))
            return
        self._compare_files("common", stated.files, {file.path: _bytes(file.content) for file in written})

    def compare_case(self, case: Case) -> None:
        """Generates the files of one device, and synchronises it."""
        self.found["cases"] += 1
        error, trigger, files = None, "", {}
        try:
            configuration = self.host.configure(device(case.device), raw_config(case.raw_config))
            trigger = configuration.trigger_path
            files = {file.path: _bytes(file.content) for file in configuration.files}
        except PluginError as raised:
            error = str(raised)
        if _kind(error) != _kind(case.error):
            self._differs(case.name, f"error {error}, expected {case.error}")
        elif error is None:
            self._compare_files(case.name, case.files, files)
        if case.trigger is not None and case.trigger != trigger.rpartition("/")[2]:
            self._differs(case.name, f"trigger {trigger!r}, expected {case.trigger!r}")
        if case.synchronize is not None:
            self._compare_synchronization(case)

    def configure_models(self, cases: list[Case]) -> None:
        """Configures every model of `plugin-info` with the richest raw config there is; only failures are noted."""
        rich = max(cases, key=lambda case: len(json.dumps(case.raw_config)))
        for supported in self.host.describe().supported_devices:
            facts = {"vendor": supported.vendor, "model": supported.model, "version": supported.version}
            if "*" in facts.values():
                continue
            self.found["models"] += 1
            try:
                self.host.configure(device({**rich.device, **facts}), raw_config(rich.raw_config))
            except PluginError as error:
                if _kind(str(error)) not in {_kind(case.error) for case in cases}:
                    self._differs(f"model {supported.model}", str(error))

    def _compare_files(self, name: str, expected: dict[str, bytes], written: dict[str, bytes]) -> None:
        for path in sorted(expected.keys() | written.keys()):
            self.found["files"] += 1
            if path not in written:
                self._differs(name, f"{path} is missing")
            elif path not in expected:
                self._differs(name, f"{path} is not expected")
            elif written[path] != expected[path]:
                self._differs(name, f"{path} differs from byte {_first_difference(written[path], expected[path])} on")
            else:
                self.found["identical"] += 1

    def _compare_synchronization(self, case: Case) -> None:
        self.attempts.clear()
        try:
            done: Any = self.host.synchronize(device(case.device), raw_config(case.raw_config))
        except PluginError as error:
            done = error
        expected = case.synchronize or {}
        if expected["calls"]:
            _, _, event, variables = expected["calls"][0]
            agrees = isinstance(done, SipNotify) and done.event == event and _lines(done) == sorted(variables or [])
        elif expected["net"]:
            agrees = bool(self.attempts) and list(self.attempts[0]) == expected["net"][0][: len(self.attempts[0])]
        else:
            agrees = isinstance(done, PluginError) == (expected["result"] == "error")
        if not agrees:
            self._differs(case.name, f"synchronisation: {type(done).__name__}, expected {expected}")

    def _differs(self, where: str, what: str) -> None:
        self.found["differences"].append(f"{where}: {what}")


def device(document: dict[str, Any]) -> Device:
    """A device as the server hands it over."""
    facts = {name: document[name] for name in _FACTS if isinstance(document.get(name), str)}
    options = json.dumps(document.get("options") or {})
    return Device(document["id"], DeviceInfo(**facts), options_json=options, document_json=json.dumps(document))


def raw_config(document: dict[str, Any]) -> RawConfig:
    """A raw config as the server hands it over, but for its typed part, which plugins of wazo-provd do not see."""
    return RawConfig(SimpleNamespace(document_json=json.dumps(document)))


def main() -> None:
    """Tries one plugin."""
    parser = argparse.ArgumentParser()
    for name in ("plugin", "answers", "result"):
        parser.add_argument(name, type=Path)
    parser.add_argument("moment", type=datetime.datetime.fromisoformat)
    parser.add_argument("--models", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    former_python.restore()
    # Local time too is to be the same everywhere.
    os.environ["TZ"] = "UTC"
    time.tzset()
    with tempfile.TemporaryDirectory() as room:
        found = _try(arguments, Path(room))
    arguments.result.write_text(json.dumps(found), encoding="utf-8")
    # Threads that plugins began may never end.
    os._exit(0)


def _try(arguments: argparse.Namespace, room: Path) -> dict[str, Any]:
    trial = Trial(arguments.plugin.resolve(), room, arguments.moment)
    name = arguments.plugin.name
    common, cases = answers.common(arguments.answers, name), list(answers.cases(arguments.answers, name))
    if common is not None:
        trial.compare_common(common)
    for case in cases:
        trial.compare_case(case)
    if arguments.models and cases:
        trial.configure_models(cases)
    trial.host.drain()
    return trial.found


def _kind(error: str | None) -> str | None:
    """The type of an exception, of which the answers have the `repr`; a `RawConfigError` is told by its text alone."""
    if error is None:
        return None
    match = re.match(r"(\w+)(?:\(|:|$| \()", error)
    return match[1] if match and match[1] != "RawConfigError" else "RawConfigError"


def _lines(notify: SipNotify) -> list[str]:
    return sorted(f"{name}={line}" for name, value in notify.headers.items() for line in value.split("\n"))


def _bytes(content: bytes | str) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _first_difference(one: bytes, other: bytes) -> int:
    return next((index for index, pair in enumerate(zip(one, other)) if pair[0] != pair[1]), min(len(one), len(other)))


if __name__ == "__main__":
    main()
