"""Requests of a probe: of the shape that extractors are given, with tracked values for what phones differ in."""

from __future__ import annotations

from typing import Any, NoReturn

from provd_plugin import RequestKind
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.parts import Part, known
from provd_wazo_host.filters.probe import Probe
from provd_wazo_host.filters.subjects import FILENAME, PATH, QUERY, USER_AGENT, VENDOR_CLASS, Subject
from provd_wazo_host.filters.tracked import Tracked
from wazo_provd.devices.ident import RequestType

#: Option 60, the vendor class identifier.
_VENDOR_CLASS = 60
_EMPTY = "^$"
_NAMES_OF_USER_AGENT = (b"User-Agent", b"user-agent", b"USER-AGENT", "User-Agent", "user-agent", "USER-AGENT")


def request_of(kind: RequestKind, probe: Probe) -> tuple[Any, RequestType]:
    """A request of one kind and what extractors are told of its kind."""
    if kind is RequestKind.HTTP:
        return HttpRequest(probe), RequestType.HTTP
    if kind is RequestKind.TFTP:
        packet = known(probe, "the packet", {"filename": _perhaps_empty(probe, FILENAME, bytes)})
        return known(probe, "the request", {"packet": packet}), RequestType.TFTP
    return known(probe, "the request", {"options": _options(probe)}), RequestType.DHCP


def _perhaps_empty(probe: Probe, subject: Subject, kind: type) -> Any:
    if probe.choose((subject, "empty"), 2) == 0:
        return Tracked(probe, subject, kind, Form(is_text=subject is VENDOR_CLASS))
    probe.require(subject, _EMPTY)
    return kind()


def _perhaps(probe: Probe, subject: Subject, kind: type, absent: Any) -> Any:
    """What may be absent or empty; the server takes both for empty."""
    if probe.choose((subject, "absent"), 2) == 0:
        return _perhaps_empty(probe, subject, kind)
    probe.require(subject, _EMPTY)
    return absent


def _options(probe: Probe) -> Part:
    """DHCP options, of which only the vendor class is known."""

    def value_of(code: Any) -> Any:
        if type(code) is not int or code != _VENDOR_CLASS:
            raise probe.lose("a DHCP option that filters do not know")
        return _perhaps(probe, VENDOR_CLASS, str, Part.ABSENT)

    return Part(probe, "the options", value_of)


class HttpRequest:
    """As much of Twisted's request as filters know: the path, the User-Agent and which arguments there are."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self.path = Tracked(probe, PATH, bytes, Form())
        self.args = Arguments(probe, "the arguments", self._argument)

    def getHeader(self, name: Any) -> Any:
        """The User-Agent, in the kind that its name is given in."""
        if name not in _NAMES_OF_USER_AGENT:
            raise self._probe.lose("a header that filters do not know")
        return _perhaps(self._probe, USER_AGENT, bytes if isinstance(name, bytes) else str, None)

    def _argument(self, name: Any) -> Any:
        if type(name) is bytes:
            self._probe.deny(QUERY, lambda: _named(name))
        return Part.ABSENT

    def __repr__(self) -> str:
        return self._probe.shown("the request")

    def __getattr__(self, name: str) -> NoReturn:
        raise self._probe.lose(f"the request's {name}")


class Arguments(Part):
    """Arguments of the query by name. It is denied that they are there, or that there are any."""

    def __bool__(self) -> bool:
        self._probe.deny(QUERY, lambda: "(?s:.)")
        return False


def _named(name: bytes) -> str:
    """An expression for queries with an argument of this name, each character perhaps percent-encoded."""
    spelled = "".join(f"(?:{_spelled(code)}|%(?i:{code:02x}))" for code in name)
    return f"(?:^|[&;]){spelled}(?:[=&;]|$)"


def _spelled(code: int) -> str:
    return r"\+" if code == ord(" ") else f"\\x{code:02X}" if code < 0x80 else r"[^\x00-\x7F]"
