"""What is wrong with a raw config."""

from __future__ import annotations


class RawConfigError(Exception):
    """The raw config does not suffice."""


class RawConfigParamError(RawConfigError):
    """One parameter of it does not."""
