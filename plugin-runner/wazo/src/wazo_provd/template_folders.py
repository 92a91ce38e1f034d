"""Where templates are read from: folders, of which the first that holds a template wins.

A compiled template is used until the file it would be read from is another one, or has changed: a template that an
administrator adds later takes effect at once. Refuses names that leave the folders.
"""

from __future__ import annotations

import os
from typing import Callable

from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.loaders import split_template_path

#: Path and change of a file: what tells one state of it from the next.
_State = tuple[str, int, int, int]


class OverriddenFolders(BaseLoader):
    """Reads templates from the first of some folders that holds them."""

    def __init__(self, folders: list[str]) -> None:
        self._folders = folders

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Source, path, and whether a later call would find the same."""
        state = self._find(template)
        if state is None:
            raise TemplateNotFound(template)
        with open(state[0], encoding="utf-8") as file:
            return file.read(), state[0], lambda: self._find(template) == state

    def list_templates(self) -> list[str]:
        """Names of all templates, sorted."""
        return sorted({name for folder in self._folders for name in _names(folder)})

    def _find(self, template: str) -> _State | None:
        pieces = split_template_path(template)
        for folder in self._folders:
            path = os.path.join(folder, *pieces)
            try:
                status = os.stat(path)
            except OSError:
                continue
            return path, status.st_ino, status.st_mtime_ns, status.st_size
        return None


def _names(folder: str) -> list[str]:
    paths = [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names]
    return [os.path.relpath(path, folder).replace(os.sep, "/") for path in paths]


def environment(folders: list[str]) -> Environment:
    """Templates as wazo-provd has them.

    Nothing is escaped: most files are no markup, and those that are escape for themselves.
    """
    return Environment(loader=OverriddenFolders(folders))
