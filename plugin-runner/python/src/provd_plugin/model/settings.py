"""The typed parts of a raw config. provd has judged them: hosts are hosts, ports are ports, and what is disabled is
absent.

Secrets do not show in a `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Sequence


class Protocol(IntEnum):
    """Signalling protocol."""

    SIP = 1
    SCCP = 2


class SyslogLevel(IntEnum):
    """Severity of a log line."""

    CRITICAL = 1
    ERROR = 2
    WARNING = 3
    INFO = 4
    DEBUG = 5


class DtmfMode(IntEnum):
    """How DTMF digits travel; out of band are telephone events (RFC 4733)."""

    RTP_IN_BAND = 1
    RTP_OUT_OF_BAND = 2
    SIP_INFO = 3


class SrtpMode(IntEnum):
    """Whether media is encrypted (RFC 3711)."""

    DISABLED = 1
    PREFERRED = 2
    REQUIRED = 3


class SipTransport(IntEnum):
    """Transport of SIP messages."""

    UDP = 1
    TCP = 2
    TLS = 3


class FunctionKeyType(IntEnum):
    """What a programmable key does; a busy lamp field (RFC 4235) is also speed dial and pickup."""

    SPEEDDIAL = 1
    BLF = 2
    PARK = 3


@dataclass(frozen=True)
class Credentials:
    """An account on the phone's own web page or menu."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Vlan:
    """IEEE 802.1Q: VLAN of the phone and of its PC port, 0 to 4094; priority 0 to 7."""

    id: int
    priority: int | None = None
    pc_port_id: int | None = None


@dataclass(frozen=True)
class Syslog:
    """Where the phone sends its log: host, UDP port, least severity."""

    ip: str
    port: int
    level: SyslogLevel | None = None


@dataclass(frozen=True)
class Endpoint:
    """A host and an optional port."""

    ip: str
    port: int | None = None


@dataclass(frozen=True)
class SipSettings:
    """SIP settings common to all lines.

    Certificates are PEM, root first; `local_certificate` and `local_key` are the phone's own.
    """

    proxy: Endpoint | None = None
    registrar: Endpoint | None = None
    backup_proxy: Endpoint | None = None
    backup_registrar: Endpoint | None = None
    outbound_proxy: Endpoint | None = None
    dtmf_mode: DtmfMode | None = None
    srtp_mode: SrtpMode | None = None
    transport: SipTransport | None = None
    subscribe_mwi: bool | None = None
    servers_certificates: Sequence[str] = ()
    local_certificates: Sequence[str] = ()
    local_certificate: str | None = None
    local_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SipLine:
    """One SIP account. Hosts that the line does not state are those of the common settings.

    `auth_username` equals `username` unless stated. `number` is to be shown, not dialled. `voicemail` is the dial
    string of the mailbox.
    """

    proxy: Endpoint | None = None
    registrar: Endpoint | None = None
    backup_proxy: Endpoint | None = None
    backup_registrar: Endpoint | None = None
    outbound_proxy: Endpoint | None = None
    username: str = ""
    auth_username: str = ""
    password: str = field(default="", repr=False)
    display_name: str = ""
    number: str = ""
    dtmf_mode: DtmfMode | None = None
    srtp_mode: SrtpMode | None = None
    voicemail: str | None = None


@dataclass(frozen=True)
class SccpCallManager:
    """One SCCP call manager; phones use TCP port 2000 unless one is stated."""

    ip: str
    port: int | None = None


@dataclass(frozen=True)
class FunctionKey:
    """One programmable key.

    `value` is a number or parking space, and may be empty for `PARK`. `line` counts from 1; `None` is the phone's
    default.
    """

    type: FunctionKeyType | None = None
    value: str = ""
    label: str = ""
    line: int | None = None
