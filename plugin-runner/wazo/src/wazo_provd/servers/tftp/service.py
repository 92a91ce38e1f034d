"""Objects that answer TFTP read requests.

`handle_read_request(request, response)` calls one of `response.accept(file)`, `response.reject(code, message)` and
`response.ignore()`, now or later.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any, Callable, TypedDict

from wazo_provd.servers.tftp.packet import ERR_FNF, RequestPacket


class TFTPRequest(TypedDict):
    """A read request and who sent it, an (address, port) pair."""

    address: Any
    packet: RequestPacket


class AbstractTFTPReadService:
    """Ignores all requests, until a subclass does not."""

    def handle_read_request(self, request: Any, response: Any) -> None:
        """Answers one request."""


class TFTPNullService(AbstractTFTPReadService):
    """Rejects all requests with one error."""

    def __init__(self, errcode: bytes = ERR_FNF, errmsg: Any = "File not found") -> None:
        self.errcode = errcode
        self.errmsg = errmsg

    def handle_read_request(self, request: Any, response: Any) -> None:
        """Rejects."""
        response.reject(self.errcode, self.errmsg)


class TFTPStringService(AbstractTFTPReadService):
    """Answers all requests with one text."""

    def __init__(self, msg: str) -> None:
        self._content = msg.encode()

    def handle_read_request(self, request: Any, response: Any) -> None:
        """Accepts."""
        response.accept(BytesIO(self._content))


class TFTPFileService(AbstractTFTPReadService):
    """Answers with the files below a folder; a leading slash does not count."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)

    def locate(self, filename: bytes) -> str | None:
        """Path of the file that a request names; `None` for one outside the folder or with a name that is not ASCII."""
        try:
            name = filename.decode("ascii").lstrip("/")
        except UnicodeDecodeError:
            return None
        path = os.path.normpath(os.path.join(self.path, name))
        return path if path.startswith(self.path + os.sep) else None

    def handle_read_request(self, request: Any, response: Any) -> None:
        """Accepts with the file, or rejects."""
        path = self.locate(request["packet"]["filename"])
        if path is None:
            response.reject(ERR_FNF, b"Invalid filename")
            return
        accept_path = getattr(response, "accept_path", None)
        # A host that has the files elsewhere is told the path alone.
        if accept_path is not None:
            accept_path(path)
            return
        try:
            response.accept(open(path, "rb"))  # noqa: SIM115 - whoever sends the file closes it
        except OSError:
            response.reject(ERR_FNF, b"File not found")


class TFTPHookService(AbstractTFTPReadService):
    """Looks at requests before another service answers them."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def _pre_handle(self, request: Any) -> None:
        """Looks; a subclass says at what."""

    def handle_read_request(self, request: Any, response: Any) -> None:
        """Looks, then leaves the answer to the other service."""
        self._pre_handle(request)
        self._service.handle_read_request(request, response)


class TFTPLogService(TFTPHookService):
    """Tells a function about every request."""

    def __init__(self, logger: Callable[[str], Any], service: Any) -> None:
        super().__init__(service)
        self._logger = logger

    def _pre_handle(self, request: Any) -> None:
        self._logger(f"TFTP request from {request['address']!r}: {request['packet']['filename']!r}")
