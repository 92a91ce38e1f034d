"""The models that `plugin-info` names, and what they can do.

Keys are `Vendor, model, version`; values are read as far as they are of the right type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from provd_plugin import Capabilities, SupportedDevice

_Kind = TypeVar("_Kind")

_TYPES = ("deskphone", "dect", "wifidect", "conference", "pager", "ata", "softphone", "doorphone", "generic", "gateway")


def supported_devices(info: dict[str, Any], vendors: Iterable[str] | None) -> list[SupportedDevice]:
    """The models of `plugin-info`, and one entry for each further vendor whose phones the plugin accepts.

    `vendors` is `None` if those are not known: then it may be any.
    """
    stated = info.get("capabilities")
    stated = stated if isinstance(stated, dict) else {}
    devices = [_device(key, value) for key, value in stated.items()]
    named = [device for device in devices if device is not None]
    known = {device.vendor for device in named}
    further = ["*"] if vendors is None else sorted(set(vendors))
    return named + [SupportedDevice(vendor, "*", "*") for vendor in further if vendor not in known]


def _device(key: str, value: Any) -> SupportedDevice | None:
    parts = [part.strip() for part in key.split(",")]
    if len(parts) != 3 or not all(parts):
        return None
    vendor, model, version = parts
    return SupportedDevice(vendor, model, version, _capabilities(value) if isinstance(value, dict) else None)


def _capabilities(value: dict[str, Any]) -> Capabilities:
    protocol, kind = _read(value, "protocol", str), _read(value, "type", str)
    lines = _read(value, "lines", int)
    return Capabilities(
        # Older plugins spell it like that.
        lines=_read(value, "sip.lines", int) if lines is None else lines,
        function_keys=_read(value, "function_keys", int),
        expansion_modules=_read(value, "expansion_modules", int),
        high_availability=_read(value, "high_availability", bool),
        switchboard=_read(value, "switchboard", bool),
        multicell=_read(value, "multicell", bool),
        protocol=protocol if protocol in ("sip", "sccp") else None,
        type=kind if kind in _TYPES else None,
    )


def _read(value: dict[str, Any], name: str, kind: type[_Kind]) -> _Kind | None:
    found = value.get(name)
    # To Python, true is a number too.
    if type(found) is not kind or (isinstance(found, int) and not 0 <= found < 1 << 32):
        return None
    return found
