"""What a phone asked for, or a DHCP server told about it, as provd understood it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Sequence

# The DHCP option that names the kind of client (RFC 2132).
_VENDOR_CLASS = 60


@dataclass(frozen=True)
class HttpRequest:
    """A GET or HEAD, or another method for plugins with the feature `http-methods`.

    `path` is decoded, begins with `/` and has single slashes; `query` is still percent-encoded. `headers` are pairs of
    a lower-case name and a value, in the order received.
    """

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in whatever case; `None` if there is none."""
        name = name.lower()
        return next((value for known, value in self.headers if known == name), None)

    @property
    def user_agent(self) -> str:
        """What the phone says it is; empty if it does not say."""
        return self.header("user-agent") or ""


@dataclass(frozen=True)
class TftpRequest:
    """A read request (RFC 1350). `filename` is exactly as sent: with or without a leading slash, backslashes kept."""

    filename: str


@dataclass(frozen=True)
class DhcpRequest:
    """A lease, told by the DHCP server: `mac` in lower case with colons, and the raw bytes of `options` by code."""

    mac: str
    options: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def vendor_class(self) -> str | None:
        """Option 60 read as Latin-1, without NUL bytes at its end; `None` if the client did not send it."""
        value = self.options.get(_VENDOR_CLASS)
        return None if value is None else value.rstrip(b"\0").decode("latin-1")


@dataclass(frozen=True)
class Request:
    """One request from this address. Exactly one of `http`, `tftp` and `dhcp` is set."""

    ip: str
    http: HttpRequest | None = None
    tftp: TftpRequest | None = None
    dhcp: DhcpRequest | None = None

    @property
    def path(self) -> str:
        """What is asked for, without slashes before it: the HTTP path or the TFTP file name; empty for a lease."""
        if self.http is not None:
            return self.http.path.lstrip("/")
        return "" if self.tftp is None else self.tftp.filename.lstrip("/")
