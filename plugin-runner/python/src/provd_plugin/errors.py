"""What a plugin raises in place of an answer. Each error travels as one gRPC code, and the contract says for each call
what provd does about it.

The text is shown to administrators: it says what to do, and holds no secret. Any other exception is a defect of the
plugin.
"""

from __future__ import annotations


class PluginError(Exception):
    """An answer that is no result. Raise one of the kinds below."""

    #: Name of the gRPC code this travels as.
    code = "INTERNAL"


class InvalidInput(PluginError):
    """The request, device or raw config cannot be understood."""

    code = "INVALID_ARGUMENT"


class CannotWork(PluginError):
    """All is understood, but the device, raw config or folder does not suffice: no MAC address, no line."""

    code = "FAILED_PRECONDITION"


class NotFound(PluginError):
    """No such file."""

    code = "NOT_FOUND"


class Forbidden(PluginError):
    """The file exists, but not for this phone."""

    code = "PERMISSION_DENIED"


class Unsupported(PluginError):
    """Phones of this family cannot do that."""

    code = "UNIMPLEMENTED"


class Unavailable(PluginError):
    """Not now: the plugin is unwell."""

    code = "UNAVAILABLE"
