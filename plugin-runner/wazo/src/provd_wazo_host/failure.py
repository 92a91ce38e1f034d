"""What is said of an exception that plugin code raised: its type, and where.

The text of an exception may hold a password, so it is left out, unless it stands like that in the plugin's code, or is
but a name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from types import CodeType, TracebackType

from wazo_provd.devices.config import RawConfigError

_NAME = re.compile(r"[\w.:/ -]{1,64}")
_UNDEFINED = re.compile(r"'[\w.:/ -]{1,64}' is undefined|'[\w. -]{1,64}' has no attribute '[\w.-]{1,64}'")


class Failures:
    """Describes exceptions of one plugin."""

    def __init__(self, folders: Sequence[str], codes: Sequence[CodeType]) -> None:
        """The folders that its code and templates are in, and the code of its files."""
        self._folders = tuple(folders)
        self._codes = codes

    def describe(self, error: BaseException) -> str:
        """`KeyError: 'x' (common.py line 312)`, where the line is the last one in the plugin's own files."""
        if isinstance(error, RawConfigError):
            return str(error)
        text = self._safe_text(error)
        place = self._place(error.__traceback__)
        return type(error).__name__ + (f": {text}" if text else "") + (f" ({place})" if place else "")

    def _safe_text(self, error: BaseException) -> str:
        text = str(error)
        if isinstance(error, KeyError):
            key = error.args[0] if error.args else ""
            return repr(key) if isinstance(key, int) or (isinstance(key, str) and _NAME.fullmatch(key)) else ""
        if isinstance(error, FileNotFoundError):
            return "no such file or folder"
        if _is_of_template(error, text) or any(text in _texts(code) for code in self._codes):
            return text
        return ""

    def _place(self, traceback: TracebackType | None) -> str:
        place = ""
        while traceback is not None:
            path = traceback.tb_frame.f_code.co_filename
            if path.startswith(self._folders):
                place = f"{os.path.basename(path)} line {traceback.tb_lineno}"
            traceback = traceback.tb_next
        return place


def _is_of_template(error: BaseException, text: str) -> bool:
    # Jinja2 is not imported for this: if it raised the error, it has been.
    kind = type(error).__name__
    return (kind == "TemplateNotFound" and bool(_NAME.fullmatch(text))) or (
        kind == "UndefinedError" and bool(_UNDEFINED.fullmatch(text))
    )


def _texts(code: CodeType) -> Iterator[str]:
    """All texts that stand in some code."""
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _texts(constant)
