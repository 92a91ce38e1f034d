"""Answers to requests for files, from the services of a plugin.

Where a service leads to a file beneath `var/tftpboot`, the file is named, and the server sends it, generated or not.
Any other answer is made here, and sent as it is. An answer may be remembered by what the service looked at to find it.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Union

from provd_plugin import (
    Device,
    Forbidden,
    Generated,
    HttpRequest,
    Inline,
    Memory,
    NotFound,
    PluginError,
    Request,
    Unavailable,
)
from provd_wazo_host import reactor
from provd_wazo_host.extraction import Observed, http_request, read_request
from wazo_provd.servers import http_site
from wazo_provd.servers.http import HTTPNoListingFileService
from wazo_provd.servers.tftp.packet import ERR_ACCESS

Answer = Union[Generated, Inline]

#: Seconds until a service must have answered; the call has 2.
_PATIENCE = 1.5
#: Most bytes that are sent as they are; the server takes no larger message.
_MOST_BYTES = 8_000_000


class Services:
    """The HTTP and TFTP services of a plugin, of which the files are beneath one folder."""

    def __init__(self, plugin: Any, tftpboot: str) -> None:
        self._plugin = plugin
        self._tftpboot = os.path.abspath(tftpboot)

    def answer(self, device: Device, request: Request) -> Answer:
        """The answer to a request of a device; raises `NotFound`, `Forbidden`, or what the service raises."""
        if request.http is not None:
            return self._over_http(device, request.http, request.ip)
        if request.tftp is not None:
            return self._over_tftp(device, request.tftp.filename, request.ip)
        raise NotFound("only files are served")

    def _over_http(self, device: Device, http: HttpRequest, ip: str) -> Answer:
        service = self._plugin.http_service
        if service is None:
            raise NotFound("this plugin serves nothing over HTTP")
        request = http_request(http, ip, device.document)
        if hasattr(service, "path_preprocess"):
            service.path_preprocess(request)
        found = _find(service, request)
        path = found if isinstance(found, str) else _path_of(found)
        if path is not None:
            return self._file(path, memory(request.looked_at))
        return _rendered(found, request)

    def _over_tftp(self, device: Device, filename: str, ip: str) -> Answer:
        service = self._plugin.tftp_service
        if service is None:
            raise NotFound("this plugin serves nothing over TFTP")
        request = Observed({**read_request(filename, ip), "prov_dev": device.document})
        response = _Response()
        service.handle_read_request(request, response)
        accepted = response.wait()
        if isinstance(accepted, str):
            # What the phone asked for is the packet.
            parts = {"packet": http_site.PATH, "prov_dev": http_site.DEVICE}
            looked_at = {parts.get(key, key) for key in request.looked_at}
            return self._file(accepted, memory(looked_at))
        return Inline(accepted)

    def _file(self, path: str, memory: Memory) -> Answer:
        if os.path.isdir(path):
            raise Forbidden("folders are not listed")
        if path.startswith(self._tftpboot + os.sep):
            return Generated(os.path.relpath(path, self._tftpboot).replace(os.sep, "/"), memory)
        try:
            with open(path, "rb") as file:
                return Inline(_bounded(file.read(_MOST_BYTES + 1)))
        except OSError:
            raise NotFound("there is no such file") from None


def memory(looked_at: set[Any]) -> Memory:
    """For whom an answer may be remembered that depends on these parts of its request."""
    if looked_at <= {http_site.PATH}:
        return Memory.BY_PATH
    return Memory.BY_DEVICE if looked_at <= {http_site.PATH, http_site.DEVICE} else Memory.NEVER


def _find(resource: Any, request: http_site.Request) -> Any:
    """The resource at the end of a request's path; a path in place of one that only a disk would tell."""
    while request.postpath and not resource.isLeaf:
        if _is_twisted_file(resource):
            return _below(resource.path, request.postpath)
        segment = request.postpath.pop(0)
        request.prepath.append(segment)
        resource = reactor.outcome(resource.getChildWithDefault(segment, request), _PATIENCE)
    return resource


def _is_twisted_file(resource: Any) -> bool:
    # Twisted's own looks on the disk for what is generated, and so not there. Importing it takes 5 MB.
    static = sys.modules.get("twisted.web.static")
    if static is None or not isinstance(resource, static.File):
        return False
    return type(resource).getChild is static.File.getChild and not resource.children


def _below(folder: Any, segments: list[Any]) -> str:
    names = [os.fsdecode(segment) for segment in segments]
    if any(name == ".." or "/" in name or "\0" in name for name in names):
        raise NotFound("there is no such file")
    return os.path.join(os.fsdecode(folder), *(name for name in names if name not in ("", ".")))


def _path_of(resource: Any) -> str | None:
    if isinstance(resource, HTTPNoListingFileService) and type(resource).render is HTTPNoListingFileService.render:
        return resource.path
    return os.fsdecode(resource.path) if _is_twisted_file(resource) else None


def _rendered(resource: Any, request: http_site.Request) -> Inline:
    from twisted.web.error import UnsupportedMethod
    from twisted.web.server import NOT_DONE_YET

    finished = request.notifyFinish()
    try:
        body = resource.render(request)
    except UnsupportedMethod:
        raise Forbidden("the resource is not for such requests") from None
    if body == NOT_DONE_YET:
        reactor.outcome(finished, _PATIENCE)
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    _check_status(request.code)
    media_type = request.response_headers.get(b"content-type", b"text/html").decode("latin-1")
    return Inline(_bounded(b"".join([*request.body, body])), media_type)


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    if status in (401, 403, 405):
        raise Forbidden(f"the plugin answers with {status}")
    if status >= 500:
        raise PluginError(f"the plugin answers with {status}")
    raise NotFound(f"the plugin answers with {status}")


def _bounded(content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        raise PluginError("the plugin answers with more than 8 MB in one piece")
    return content


class _Response:
    """What a TFTP service is given to answer with."""

    def __init__(self) -> None:
        self._answered = threading.Event()
        self._answer: str | bytes | PluginError = NotFound("the plugin ignores the request")

    def accept(self, file: Any) -> None:
        """Sends a file."""
        with file:
            self._settle(_bounded(file.read(_MOST_BYTES + 1)))

    def accept_path(self, path: str) -> None:
        """Names a file, which need not be there."""
        self._settle(path)

    def reject(self, errcode: bytes, errmsg: Any) -> None:
        """Sends an error."""
        self._settle(Forbidden("the plugin refuses it") if errcode == ERR_ACCESS else NotFound("there is no such file"))

    def ignore(self) -> None:
        """Sends nothing."""
        self._settle(self._answer)

    def wait(self) -> str | bytes:
        """A path, or bytes; raises if the request was refused, and `Unavailable` if it was not answered in time."""
        if not self._answered.is_set():
            reactor.run_reactor()
        if not self._answered.wait(_PATIENCE):
            raise Unavailable("the plugin has not answered in time")
        if isinstance(self._answer, PluginError):
            raise self._answer
        return self._answer

    def _settle(self, answer: str | bytes | PluginError) -> None:
        self._answer = answer
        self._answered.set()
