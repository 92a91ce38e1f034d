"""The answers of the other server, as they lie in a folder. Refuses to judge them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

_COMMON = "_common"


class Case(NamedTuple):
    """One device with one raw config, and what came of it. Paths of files have `/`."""

    name: str
    device: dict[str, Any]
    raw_config: dict[str, Any]
    files: dict[str, bytes]
    #: The exception of the other server, `KeyError('locale')`; `None` if it raised none.
    error: Optional[str]
    #: What synchronising did: `calls`, `net`, `result`; `None` if it was not tried.
    synchronize: Optional[dict[str, Any]]
    trigger: Optional[str]


class Common(NamedTuple):
    """The files of all devices of a plugin, and the raw config they were generated from."""

    raw_config: dict[str, Any]
    files: dict[str, bytes]


def plugins(answers: Path) -> list[str]:
    """The plugins there are answers for."""
    return sorted(folder.name for folder in answers.iterdir() if folder.is_dir())


def common(answers: Path, plugin: str) -> Common | None:
    """The answer about common files, if there is one."""
    folder = answers / plugin / _COMMON
    if not (folder / "raw_config.json").is_file():
        return None
    return Common(_numbered(_read(folder / "raw_config.json")), _files(folder / "files"))


def cases(answers: Path, plugin: str) -> Iterator[Case]:
    """The answers about devices."""
    for path in sorted((answers / plugin).glob("*/*/expected.json")):
        folder, expected = path.parent, _read(path)
        yield Case(
            f"{folder.parent.name}/{folder.name}",
            _read(folder / "device.json"),
            _numbered(_read(folder / "raw_config.json")),
            _files(folder / "files"),
            expected.get("error"),
            expected.get("synchronize"),
            expected.get("remote_state_trigger"),
        )


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _numbered(value: Any) -> Any:
    """The same with lines and keys in the order of their numbers, which files with sorted keys have lost."""
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=int) if all(name.isdecimal() for name in value) else list(value)
    return {name: _numbered(value[name]) for name in names}


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
