"""The root of all plugin classes, by which a loader knows one."""

from __future__ import annotations

from abc import ABCMeta


class AbstractPlugin(metaclass=ABCMeta):
    """Any plugin."""
