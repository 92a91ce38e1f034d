"""Spellings of MAC addresses, IPv4 addresses and UUIDs.

Functions that convert raise `ValueError` for what is none.
"""

from __future__ import annotations

import re
import socket
from typing import Any

_MAC = re.compile(
    r"[0-9a-fA-F]{12}|[0-9a-fA-F]{1,2}(?P<separator>[:-])(?:[0-9a-fA-F]{1,2}(?P=separator)){4}[0-9a-fA-F]{1,2}"
)
_NORMED_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_NORMED_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def decode_bytes(value: Any, encoding: str = "utf-8") -> Any:
    """Bytes as text; anything else as it is."""
    return value.decode(encoding) if isinstance(value, bytes) else value


def encode_bytes(value: Any, encoding: str = "utf-8") -> Any:
    """Text as bytes; anything else as it is."""
    return value.encode(encoding) if isinstance(value, str) else value


def decode_value(value: Any) -> Any:
    """`decode_bytes` for all keys and values of nested dictionaries and lists."""
    if isinstance(value, dict):
        return {decode_bytes(key): decode_value(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [decode_value(inner) for inner in value]
    return decode_bytes(value)


def to_ip(ip_string: str) -> bytes:
    """The four bytes of a dotted IPv4 address."""
    try:
        return socket.inet_aton(ip_string)
    except OSError:
        raise ValueError("not an IPv4 address") from None


def from_ip(packed_ip: bytes) -> str:
    """The dotted form of four bytes."""
    try:
        return socket.inet_ntoa(packed_ip)
    except OSError:
        raise ValueError("not the four bytes of an IPv4 address") from None


def norm_ip(ip_string: str) -> str:
    """An IPv4 address in its usual form."""
    return from_ip(to_ip(ip_string))


def is_normed_ip(ip_string: str) -> bool:
    """Whether it is four numbers from 0 to 255 with dots."""
    parts = ip_string.split(".")
    return len(parts) == 4 and all(part.isdecimal() and int(part) <= 255 for part in parts)


def to_mac(mac_string: str) -> str:
    """Six characters, one per octet, of a MAC address.

    It is twelve digits, or octets of one or two with `:` or `-` between them.
    """
    match = _MAC.fullmatch(mac_string)
    if not match:
        raise ValueError("invalid MAC string")
    separator = match["separator"]
    octets = mac_string.split(separator) if separator else re.findall("..", mac_string)
    return "".join(chr(int(octet, 16)) for octet in octets)


def from_mac(packed_mac: str, separator: str = ":", uppercase: bool = False) -> str:
    """The readable form of six characters as of `to_mac`."""
    if len(packed_mac) != 6:
        raise ValueError("invalid packed MAC")
    form = "{:02X}" if uppercase else "{:02x}"
    return separator.join(form.format(ord(octet)) for octet in packed_mac)


def norm_mac(mac_string: str) -> str:
    """A MAC address in lower case with colons."""
    return from_mac(to_mac(mac_string))


def is_normed_mac(mac_string: str) -> bool:
    """Whether it is in lower case with colons, every octet in two digits."""
    return _NORMED_MAC.fullmatch(mac_string) is not None


def format_mac(mac_string: str, separator: str = ":", uppercase: bool = False) -> str:
    """A MAC address with another separator, in either case."""
    return from_mac(to_mac(mac_string), separator, uppercase)


def norm_uuid(uuid_string: str) -> str:
    """A hyphenated UUID in lower case."""
    normed = uuid_string.lower()
    if not is_normed_uuid(normed):
        raise ValueError("invalid uuid")
    return normed


def is_normed_uuid(uuid_string: str) -> bool:
    """Whether it is hyphenated and in lower case."""
    return _NORMED_UUID.fullmatch(uuid_string) is not None
