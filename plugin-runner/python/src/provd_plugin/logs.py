"""The log of a plugin process: JSON lines on stderr, which provd reads. `PROVD_LOG` says how much is written."""

from __future__ import annotations

import json
import logging
import sys

# Levels of provd and those of Python; `trace` is all there is.
_LEVELS = {
    "off": logging.CRITICAL + 10,
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": 1,
}
_DEFAULT = logging.INFO


def start(said: str) -> None:
    """Writes what is logged from now on to stderr, as much as a `PROVD_LOG` of `said` wants.

    A handler that the program installed itself stays.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(handler)
    default, of_targets = levels(said)
    root.setLevel(default)
    for target, level in of_targets.items():
        logging.getLogger(target).setLevel(level)


def levels(said: str) -> tuple[int, dict[str, int]]:
    """The level of all loggers, and of those that are named: `info,acme=debug`. What is none is left out."""
    default, of_targets = _DEFAULT, {}
    for part in said.split(","):
        target, separator, name = part.strip().rpartition("=")
        level = _LEVELS.get(name.strip().lower())
        if level is None:
            continue
        if separator:
            # Loggers of Python are separated by dots where those of `tracing` have colons.
            of_targets[target.strip().replace("::", ".")] = level
        else:
            default = level
    return default, of_targets


class JsonLines(logging.Formatter):
    """A record as one line: `level`, `target` and `message`, the traceback being part of the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        level = "warn" if record.levelno == logging.WARNING else record.levelname.lower()
        return json.dumps({"level": level, "message": message, "target": record.name})
