"""How a phone is told to fetch its files again. provd tells it; only `ToldByPlugin` says that this was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping


@dataclass(frozen=True)
class SipNotify:
    """A SIP NOTIFY (RFC 6665) to the phone's registered contact, or to its address.

    `event` is `check-sync` or `check-sync;reboot=false`. The header `Content` stands for the message body.
    """

    event: str = "check-sync"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpCall:
    """A call of the phone's own web server. What may hold secrets does not show in its `repr`."""

    method: str
    url: str = field(repr=False)
    content_type: str = ""
    body: bytes | str = field(default=b"", repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ToldByPlugin:
    """The plugin has told the phone itself, and waited until it was told.

    It needs the network for that (`[needs]` in plugin.toml), which an administrator grants.
    """
