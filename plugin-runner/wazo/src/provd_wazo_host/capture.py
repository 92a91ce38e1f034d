"""Takes the files that a plugin writes out of its folder: returns them, and leaves the folder as it was before.

It goes by what is there afterwards, not by how it came there, so a plugin may write, rename and make folders as it
likes.
"""

from __future__ import annotations

import logging
import os
from typing import Callable, NamedTuple

from provd_wazo_host.working_copy import WorkingCopy

logger = logging.getLogger(__name__)


class Captured(NamedTuple):
    """A file that was written: path relative to `var/tftpboot`, with `/`."""

    path: str
    content: bytes


#: What tells a state of a file from another.
_State = tuple[int, int, int]


class Capture:
    """Captures what is written below `var/tftpboot` of one working copy. One call at a time."""

    def __init__(self, copy: WorkingCopy) -> None:
        """Whatever is there now is static, and not captured unless it is written over."""
        self._copy = copy
        self._root = str(copy.tftpboot)
        self._static, self._folders = self._survey()

    def run(self, write: Callable[[], object]) -> tuple[list[Captured], Exception | None]:
        """Calls `write`: what it wrote, sorted by path, and what it raised then, if anything."""
        raised = None
        try:
            try:
                write()
            except Exception as error:
                raised = error
            return self._written(), raised
        finally:
            self._clean()

    def _written(self) -> list[Captured]:
        states, _ = self._survey()
        paths = sorted(path for path, state in states.items() if self._static.get(path) != state)
        files = [self._read(path) for path in paths]
        return [file for file in files if file is not None]

    def _read(self, path: str) -> Captured | None:
        full = os.path.join(self._root, path)
        if not os.path.isfile(full) or not _is_sendable(path):
            logger.warning("what the plugin made at %s is no file with a proper name, and is left out", ascii(path))
            return None
        with open(full, "rb") as file:
            return Captured(path.replace(os.sep, "/"), file.read())

    def _clean(self) -> None:
        states, folders = self._survey()
        for path in [path for path, state in states.items() if self._static.get(path) != state]:
            os.unlink(os.path.join(self._root, path))
        # The deepest first.
        for folder in sorted(folders - self._folders, reverse=True):
            os.rmdir(os.path.join(self._root, folder))
        changed = [path for path, state in self._static.items() if states.get(path) != state]
        for path in changed:
            self._copy.restore(path)
        if changed:
            self._static, self._folders = self._survey()

    def _survey(self) -> tuple[dict[str, _State], set[str]]:
        states: dict[str, _State] = {}
        folders: set[str] = set()
        waiting = [""]
        while waiting:
            with os.scandir(os.path.join(self._root, waiting[-1])) as entries:
                parent = waiting.pop()
                for entry in entries:
                    path = os.path.join(parent, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        folders.add(path)
                        waiting.append(path)
                    else:
                        states[path] = _state(entry)
        return states, folders


def _state(entry: os.DirEntry[str]) -> _State:
    status = entry.stat(follow_symlinks=False)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _is_sendable(path: str) -> bool:
    try:
        return len(path.encode("utf-8")) <= 255
    except UnicodeEncodeError:
        return False
