"""Facts about a phone out of its request, and what exactly they depend on.

Every part of a request that the plugin looks at is recorded, so an answer may be remembered for all requests that are
equal in these parts. An exception in the plugin is no facts, as in the server it was written for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from provd_plugin import DeviceInfo, DhcpRequest, Extraction, HttpRequest, Request
from provd_wazo_host import reactor
from wazo_provd.devices.ident import RequestType
from wazo_provd.servers import http_site
from wazo_provd.servers.tftp.packet import OP_RRQ
from wazo_provd.util import norm_mac

logger = logging.getLogger(__name__)

NOTHING = Extraction(None)
#: Seconds that an extractor may take to fire its Deferred; the call has 2.
_PATIENCE = 1.5
_FACTS = ("ip", "mac", "sn", "uuid", "vendor", "model", "version")
_VENDOR_CLASS = 60
#: What an answer is remembered for by itself.
_REMEMBERED = {http_site.PATH, http_site.QUERY, "header:user-agent"}
#: Characters that stand in a path as they are; the others are percent-encoded, as a phone must have sent them.
_PLAIN = "/:@!$&'()*+,;=~-._[]\"<>\\^`{|}"


def extract(plugin: Any, request: Request) -> Extraction:
    """What the plugin's extractor for this kind of request finds."""
    if request.http is not None:
        return _of_http(plugin.http_dev_info_extractor, request.http, request.ip)
    if request.tftp is not None:
        return _of_tftp(plugin.tftp_dev_info_extractor, request.tftp.filename, request.ip)
    if request.dhcp is not None:
        return _of_dhcp(plugin.dhcp_dev_info_extractor, request.dhcp, request.ip)
    return NOTHING


def http_request(request: HttpRequest, ip: str, device: dict[str, Any] | None = None) -> http_site.Request:
    """A request in the form that plugins know."""
    headers = [(name.encode("latin-1", "replace"), value.encode()) for name, value in request.headers]
    path = quote(request.path, safe=_PLAIN).encode()
    return http_site.Request(request.method.encode(), path, request.query.encode(), headers, ip, device)


def read_request(filename: str, ip: str) -> dict[str, Any]:
    """A TFTP read request in the form that plugins know."""
    packet = {
        "opcode": OP_RRQ,
        "filename": filename.encode("utf-8", "surrogateescape"),
        "mode": b"octet",
        "options": {},
    }
    return {"address": (ip, 0), "packet": packet}


def _of_http(extractor: Any, http: HttpRequest, ip: str) -> Extraction:
    if extractor is None:
        return NOTHING
    request = http_request(http, ip)
    facts, is_certain = _asked(extractor, request, RequestType.HTTP)
    seen = request.looked_at - _REMEMBERED
    headers = sorted(part.partition(":")[2] for part in seen if part.startswith("header:"))
    is_bounded = all(part.startswith("header:") for part in seen)
    return Extraction(facts, is_certain and is_bounded, vary_headers=headers if is_bounded else ())


def _of_tftp(extractor: Any, filename: str, ip: str) -> Extraction:
    if extractor is None:
        return NOTHING
    request = Observed(read_request(filename, ip))
    facts, is_certain = _asked(extractor, request, RequestType.TFTP)
    return Extraction(facts, is_certain and request.looked_at <= {"packet"})


def _of_dhcp(extractor: Any, dhcp: DhcpRequest, ip: str) -> Extraction:
    if extractor is None:
        return NOTHING
    options = Observed(lease_options(dhcp))
    request = Observed({"ip": ip, "mac": dhcp.mac, "options": options})
    facts, is_certain = _asked(extractor, request, RequestType.DHCP)
    is_bounded = request.looked_at <= {"options"} and all(isinstance(code, int) for code in options.looked_at)
    vary = sorted(options.looked_at - {_VENDOR_CLASS}) if is_bounded else ()
    return Extraction(facts, is_certain and is_bounded, vary_dhcp_options=vary)


def lease_options(dhcp: DhcpRequest) -> dict[int, str]:
    """Options as plugins know them: text with one character per octet, the vendor class without NUL at its end."""
    options = {code: value.decode("latin-1") for code, value in dhcp.options.items()}
    if dhcp.vendor_class is not None:
        options[_VENDOR_CLASS] = dhcp.vendor_class
    return options


def _asked(extractor: Any, request: Any, kind: RequestType) -> tuple[DeviceInfo | None, bool]:
    """The facts, and whether equal requests have them too."""
    try:
        return facts_of(reactor.outcome(extractor.extract(request, kind), _PATIENCE)), True
    except Exception as error:
        logger.debug("no facts: %s", type(error).__name__)
        return None, False


def facts_of(found: Any) -> DeviceInfo | None:
    """The facts in what an extractor gave; `None` if it gave none."""
    if not isinstance(found, dict):
        return None
    facts = {name: found[name] for name in _FACTS if isinstance(found.get(name), str) and found[name]}
    if "mac" in facts:
        try:
            facts["mac"] = norm_mac(facts["mac"])
        except ValueError:
            logger.debug("what the plugin takes for a MAC address is none")
            del facts["mac"]
    return DeviceInfo(**facts) if facts else None


class Observed(dict):  # type: ignore[type-arg]
    """A dictionary that records the keys it was asked for; whoever asks for all of them leaves `ALL` there."""

    ALL = "*"

    def __init__(self, values: dict[Any, Any]) -> None:
        super().__init__(values)
        self.looked_at: set[Any] = set()

    def __getitem__(self, key: Any) -> Any:
        self.looked_at.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.looked_at.add(key)
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """As in a dictionary."""
        self.looked_at.add(key)
        return super().get(key, default)

    def __iter__(self) -> Iterator[Any]:
        self.looked_at.add(self.ALL)
        return super().__iter__()

    def __len__(self) -> int:
        self.looked_at.add(self.ALL)
        return super().__len__()

    def keys(self) -> Any:
        """As in a dictionary."""
        self.looked_at.add(self.ALL)
        return super().keys()

    def values(self) -> Any:
        """As in a dictionary."""
        self.looked_at.add(self.ALL)
        return super().values()

    def items(self) -> Any:
        """As in a dictionary."""
        self.looked_at.add(self.ALL)
        return super().items()

    def copy(self) -> dict[Any, Any]:
        """As in a dictionary."""
        self.looked_at.add(self.ALL)
        return super().copy()
