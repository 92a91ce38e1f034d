"""The exceptions of a probe: those that are answers a plugin gets in earnest too, and the one that ends the probe."""

from __future__ import annotations


class Untraceable(BaseException):
    """Something was done to a value that is not followed. Not an `Exception`, for plugins catch those."""


class Denied(Exception):
    """Stands beside a usual exception that is an answer, so it is no reason to end the probe."""


class NoSuchKey(Denied, KeyError):
    """A mapping lacks the key."""


class NoSuchIndex(Denied, IndexError):
    """A list or text is too short."""


class NoSuchAttribute(Denied, AttributeError):
    """Text has no `decode`, bytes have no `encode`."""


class WrongKind(Denied, TypeError):
    """Text where bytes are needed, or the other way round."""


class WrongValue(Denied, ValueError):
    """A value is not of the form that is needed."""


class Undecodable(Denied, UnicodeDecodeError):
    """Bytes that the encoding lacks."""


class Unencodable(Denied, UnicodeEncodeError):
    """Characters that the encoding lacks."""


def refused(kind: type, encoding: str) -> Denied:
    """What `bytes.decode` or `str.encode` raises, by the class it is a method of."""
    if kind is bytes:
        return Undecodable(encoding, b"?", 0, 1, "denied")
    return Unencodable(encoding, "?", 0, 1, "denied")
