"""Twisted resources that answer HTTP requests.

Files are named, not read: `HTTPNoListingFileService` leads to a path, which the server then opens.
"""

from __future__ import annotations

import os
from typing import Any, Callable

from twisted.internet import defer
from twisted.web.resource import IResource, Resource

#: An HTTP service is a Twisted resource.
IHTTPService = IResource


class BaseHTTPHookService(Resource):
    """Stands before another service."""

    def __init__(self, service: Any) -> None:
        super().__init__()
        self._service = service

    def _next_service(self, path: bytes, request: Any) -> Any:
        if self._service.isLeaf:
            # The segment belongs to the leaf.
            request.postpath.insert(0, request.prepath.pop())
            return self._service
        return self._service.getChildWithDefault(path, request)


class HTTPHookService(BaseHTTPHookService):
    """Looks at requests before another service answers them."""

    def _pre_handle(self, path: bytes, request: Any) -> None:
        """Looks; a subclass says at what."""

    def getChild(self, path: bytes, request: Any) -> Any:
        """Looks, then leaves the answer to the other service."""
        self._pre_handle(path, request)
        return self._next_service(path, request)


class HTTPAsyncHookService(BaseHTTPHookService):
    """As `HTTPHookService`, for who looks at requests in a Deferred."""

    def _pre_handle(self, path: bytes, request: Any) -> Any:
        return defer.succeed(None)

    def getChild(self, path: bytes, request: Any) -> Any:
        """A Deferred of the other service."""
        looked = self._pre_handle(path, request)
        return looked.addCallback(lambda _: self._next_service(path, request))


class HTTPLogService(HTTPHookService):
    """Tells a function about every request."""

    def __init__(self, logger: Callable[[str], Any], service: Any) -> None:
        super().__init__(service)
        self._logger = logger

    def _pre_handle(self, path: bytes, request: Any) -> None:
        self._logger(f"{path!r} ---- {request}")


class HTTPNoListingFileService(Resource):
    """The files below a folder, without lists of them."""

    def __init__(self, path: str | bytes, *ignored: Any, **also_ignored: Any) -> None:
        """Takes, and does without, what Twisted's own file resource takes besides a path."""
        super().__init__()
        self.path = os.path.abspath(os.fsdecode(path))

    def getChild(self, path: bytes, request: Any) -> Any:
        """The resource of an entry, whether or not there is one; `Refused` for a name that is none."""
        name = os.fsdecode(path)
        if name in ("", "."):
            return HTTPNoListingFileService(self.path)
        if name == ".." or "/" in name or "\0" in name:
            return Refused()
        return HTTPNoListingFileService(os.path.join(self.path, name))

    def render(self, request: Any) -> bytes:
        """Sends the file, for whoever renders resources without the server."""
        try:
            with open(self.path, "rb") as file:
                return file.read()
        except OSError:
            request.setResponseCode(404)
            return b""


class Refused(Resource):
    """No file can have this name."""

    isLeaf = True

    def render(self, request: Any) -> bytes:
        """Not found."""
        request.setResponseCode(404)
        return b""
