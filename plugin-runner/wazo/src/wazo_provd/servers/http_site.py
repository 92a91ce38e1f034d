"""The HTTP request that extractors and resources are given: as much of Twisted's as plugins can rely on, without a
connection.

Keeps account of which parts were looked at, so that a host knows what an answer depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote_to_bytes

#: Parts of a request, as `Request.looked_at` names them; a header is `header:` and its name in lower case.
PATH, QUERY, METHOD, CLIENT, DEVICE, ALL_HEADERS = "path", "query", "method", "client", "device", "headers"


_Part = TypeVar("_Part")


class Request:
    """One request. All that came from the phone is bytes: `path` as it was sent, without the query."""

    def __init__(
        self,
        method: bytes,
        path: bytes,
        query: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        client: str = "",
        device: dict[str, Any] | None = None,
    ) -> None:
        """Header names are in lower case; `device` is the one that asks, if it is known."""
        #: Parts that were looked at.
        self.looked_at: set[str] = set()
        self._method, self._path, self._query = method, path, query
        self._headers, self._client, self._device = list(headers), client, device
        self.prepath: list[bytes] = []
        self.postpath: list[Any] = [unquote_to_bytes(segment) for segment in path[1:].split(b"/")]
        self.clientproto = b"HTTP/1.1"
        self.content = BytesIO()
        self.num_http_proxies = 0
        self.site = self.channel = None
        self.code = 200
        self.response_headers: dict[bytes, bytes] = {}
        self.body: list[bytes] = []
        self.finished = 0
        self._on_finish: list[Any] = []

    # What the phone sent

    @property
    def method(self) -> bytes:
        """`GET`, `HEAD`, …"""
        return self._see(METHOD, self._method)

    @property
    def path(self) -> bytes:
        """The path, percent-encoded. May be set."""
        return self._see(PATH, self._path)

    @path.setter
    def path(self, value: bytes) -> None:
        self._path = value

    @property
    def uri(self) -> bytes:
        """Path and query. May be set."""
        query = self._see(QUERY, self._query)
        return self.path + b"?" + query if query else self.path

    @uri.setter
    def uri(self, value: bytes) -> None:
        self._path, _, self._query = value.partition(b"?")

    @property
    def args(self) -> dict[bytes, list[bytes]]:
        """Values by name of the query."""
        return parse_qs(self._see(QUERY, self._query), keep_blank_values=True)

    @property
    def prov_dev(self) -> dict[str, Any] | None:
        """The device that asks."""
        return self._see(DEVICE, self._device)

    def getHeader(self, key: Any) -> Any:
        """The last value of a header, of the type of its name; `None` if there is none."""
        name = key.lower() if isinstance(key, bytes) else key.lower().encode("ascii")
        self.looked_at.add("header:" + name.decode("latin-1"))
        values = [value for header, value in self._headers if header == name]
        if not values:
            return None
        return values[-1] if isinstance(key, bytes) else values[-1].decode("utf-8", "surrogateescape")

    def getAllHeaders(self) -> dict[bytes, bytes]:
        """The last value of every header by its name."""
        return dict(self._see(ALL_HEADERS, self._headers))

    @property
    def requestHeaders(self) -> Any:
        """All headers in Twisted's own form."""
        from twisted.web.http_headers import Headers

        headers = Headers()
        for name, value in self._see(ALL_HEADERS, self._headers):
            headers.addRawHeader(name, value)
        return headers

    def getCookie(self, key: bytes) -> bytes | None:
        """The value of a cookie."""
        cookies = (self.getHeader(b"cookie") or b"").split(b";")
        pairs = (cookie.strip().partition(b"=") for cookie in cookies)
        return next((value for name, _, value in pairs if name == key), None)

    def getClientIP(self) -> str:
        """Address of the phone."""
        return self._see(CLIENT, self._client)

    def getClientAddress(self) -> Any:
        """Address of the phone as Twisted's object; its port is not known."""
        from twisted.internet.address import IPv4Address, IPv6Address

        kind = IPv6Address if ":" in self._client else IPv4Address
        return kind("TCP", self.getClientIP(), 0)

    def getRequestHostname(self) -> bytes:
        """The host the phone asked for, without a port."""
        return (self.getHeader(b"host") or b"").split(b":")[0]

    def isSecure(self) -> bool:
        """Whether the request came to this process encrypted, which none does."""
        return False

    # What it is answered

    @property
    def responseHeaders(self) -> Any:
        """Headers of the answer in Twisted's own form; only to read."""
        from twisted.web.http_headers import Headers

        return Headers({name: [value] for name, value in self.response_headers.items()})

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Sets the status."""
        self.code = int(code)

    def setHeader(self, name: Any, value: Any) -> None:
        """Sets a header."""
        self.response_headers[_bytes(name).lower()] = _bytes(value)

    def setLastModified(self, when: float) -> None:
        """Does nothing, as answers are not compared by time; `None` says that the phone has no newer one."""

    def setETag(self, etag: bytes) -> None:
        """Sets the ETag header; `None` says that the phone has another one."""
        self.setHeader(b"etag", etag)

    def redirect(self, url: bytes) -> None:
        """Answers with another address."""
        self.setResponseCode(302)
        self.setHeader(b"location", url)

    def write(self, data: bytes) -> None:
        """Adds to the body."""
        if not isinstance(data, bytes):
            raise TypeError("the body of an answer is bytes")
        self.body.append(data)

    def finish(self) -> None:
        """Says that the answer is complete."""
        self.finished = 1
        for deferred in self._on_finish:
            deferred.callback(None)
        self._on_finish.clear()

    def notifyFinish(self) -> Any:
        """A Deferred that fires when the answer is complete."""
        from twisted.internet import defer

        deferred = defer.Deferred()
        self._on_finish.append(deferred)
        return deferred

    def prePathURL(self) -> bytes:
        """Address of the part of the path that led to the resource."""
        host = self.getHeader(b"host") or b""
        return b"http://" + host + b"/" + b"/".join(self.prepath)

    def __repr__(self) -> str:
        return f"<Request {self._method!r} {self._path!r}>"

    def _see(self, part: str, value: _Part) -> _Part:
        self.looked_at.add(part)
        return value


def _bytes(value: Any) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else bytes(value)
