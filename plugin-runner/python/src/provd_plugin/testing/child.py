"""A plugin as the process that provd starts: over a real socket, with a stdin that is held open, and signals."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import threading
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Mapping, Sequence

import grpc

from provd_plugin.testing.caller import Caller


class PluginProcess(Caller):
    """A running plugin; as a context manager it is started, awaited until it is ready, and killed at the end.

        with PluginProcess(["python3", "plugin.py"], folder, "acme-1.0") as plugin:
            assert plugin.describe().version == "1.0.0"

    What it prints is in `log`, line by line.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        plugin_id: str,
        variables: Mapping[str, str] | None = None,
        deadline: float = 30.0,
    ) -> None:
        """What provd would start, in which folder; `variables` are added to its environment.

        `deadline` is how many seconds each call and the start may take.
        """
        self._command = list(command)
        self._folder = folder
        self._id = plugin_id
        self._variables = dict(variables or {})
        self._scratch = tempfile.TemporaryDirectory(prefix="provd-plugin-")
        super().__init__(Path(self._scratch.name, "socket"), secrets.token_hex(16), deadline)
        self.log: list[str] = []
        self._printed = threading.Condition()

    def __enter__(self) -> PluginProcess:
        self.process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        try:
            self._await_ready()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def close_stdin(self) -> None:
        """What the plugin sees when provd is gone."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        """With which status the process ends, by itself or for what it was told."""
        status = self.process.wait(self._deadline)
        self._reader.join(self._deadline)
        return status

    def await_line(self, part: str) -> None:
        """Returns when the plugin has printed a line that holds this. Raises `TimeoutError`."""
        with self._printed:
            if not self._printed.wait_for(lambda: any(part in line for line in self.log), self._deadline):
                raise TimeoutError(f"the plugin did not print {part!r} within {self._deadline:g} s")

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "PYTHONPATH") if name in os.environ}
        return {
            **inherited,
            "PROVD_PLUGIN_SOCKET": str(self.socket),
            "PROVD_PLUGIN_ID": self._id,
            "PROVD_PLUGIN_DIR": str(self._folder),
            "PROVD_PLUGIN_OVERRIDES": str(Path(self._scratch.name, "overrides")),
            "PROVD_PLUGIN_SCRATCH": self._scratch.name,
            "TMPDIR": self._scratch.name,
            "PROVD_PLUGIN_TOKEN": self.token,
            "PROVD_PLUGIN_API": "1",
            "PROVD_LOG": "debug",
            **self._variables,
        }

    def _await_ready(self) -> None:
        """Asks for health, as provd does, until the plugin answers, ends, or the deadline has passed."""
        end = monotonic() + self._deadline
        ready = grpc.channel_ready_future(self.channel)
        while monotonic() < end:
            if self.process.poll() is not None:
                self._reader.join(self._deadline)
                raise RuntimeError(f"the plugin ended with {self.process.returncode}: {' / '.join(self.log[-5:])}")
            try:
                ready.result(timeout=0.1)
            except grpc.FutureTimeoutError:
                continue
            if self.is_serving():
                return
        raise TimeoutError(f"the plugin was not ready within {self._deadline:g} s: {' / '.join(self.log[-5:])}")

    def _read_log(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._printed:
                self.log.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._printed.notify_all()

    def _clear(self) -> None:
        self.close()
        self.process.kill()
        self.process.wait(self._deadline)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                self._reader.join(self._deadline)
                stream.close()
        self._scratch.cleanup()
