"""The folder a plugin believes to be its own: what it reads is linked, what it writes is real, and lies in the scratch
folder.

Every process has a copy of its own, for during an upgrade two of them run. Copies of processes that are gone are
removed. Refuses to change the plugin's folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

#: Static files up to this size, in bytes, are copied, so that a plugin may write over them; larger ones are linked.
MOST_COPIED = 1 << 20
_COPIES = "copies"
_LOCK = ".lock"


class WorkingCopy:
    """A plugin's folder in the form of wazo-provd.

    `folder` is what the plugin is given, `tftpboot` the folder in it that phones are served from, `original` the folder
    of the static files that `tftpboot` began with.
    """

    def __init__(self, plugin: Path, overrides: Path, scratch: Path) -> None:
        """Makes the copy; raises `OSError`."""
        copies = scratch / _COPIES
        copies.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(copies)
        self._home = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=copies))
        self._lock = _locked(self._home / _LOCK)
        self.folder = self._home / "plugin"
        self.tftpboot = self.folder / "var" / "tftpboot"
        self.original = plugin / "var" / "tftpboot"
        self.tftpboot.mkdir(parents=True)
        for name in ("cache", "installed"):
            (self.folder / "var" / name).mkdir()
        # The administrator may add the folder later.
        (self.folder / "var" / "templates").symlink_to(overrides / "templates")
        for entry in plugin.iterdir():
            if entry.name != "var":
                (self.folder / entry.name).symlink_to(entry)
        self._copy_static_files()

    def remove(self) -> None:
        """Removes the copy."""
        self._lock.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def restore(self, path: str) -> None:
        """Puts a static file, named relative to `tftpboot`, back as it was."""
        copy, original = self.tftpboot / path, self.original / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if original.stat().st_size <= MOST_COPIED:
            # A plugin's own folder is read-only, its copy is not: modes are not copied.
            shutil.copyfile(original, copy)
        else:
            copy.symlink_to(original)

    def _copy_static_files(self) -> None:
        for parent, folders, files in os.walk(self.original):
            inside = Path(parent).relative_to(self.original)
            for name in folders:
                (self.tftpboot / inside / name).mkdir(exist_ok=True)
            for name in files:
                self.restore(str(inside / name))


def _locked(path: Path) -> IO[str]:
    # Held as long as the process lives, however it ends.
    file = path.open("w", encoding="ascii")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _remove_abandoned(copies: Path) -> None:
    for home in copies.iterdir():
        try:
            lock = _locked(home / _LOCK)
        except FileNotFoundError:
            # About to be locked by a process that has just begun, or left by one that ended right then, and empty.
            continue
        except OSError:
            continue
        lock.close()
        shutil.rmtree(home, ignore_errors=True)
