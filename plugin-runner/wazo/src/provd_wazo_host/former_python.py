"""What plugins use of Python's library that newer versions no longer have, put back."""

from __future__ import annotations

import configparser
from typing import Any


def restore() -> None:
    """Puts back `RawConfigParser.readfp`, which is gone since Python 3.12."""
    if not hasattr(configparser.RawConfigParser, "readfp"):
        parser: Any = configparser.RawConfigParser
        parser.readfp = configparser.RawConfigParser.read_file
