"""Requests for files, and where a plugin's services lead them."""

from __future__ import annotations

from pathlib import Path

import made
import pytest

from provd_plugin import Forbidden, Generated, Inline, Memory, NotFound, PluginError
from wazo_provd.servers.http_site import Request

_FILES = """
    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.http_service = HTTPNoListingFileService(self._tftpboot_dir)
        self.tftp_service = TFTPFileService(self._tftpboot_dir)
"""


def test_files_are_named_for_all_devices(tmp_path: Path) -> None:
    host = made.host(tmp_path, _FILES)
    named = Generated("Acme/a b.cfg", Memory.BY_PATH)
    assert host.serve_file(made.device(), made.get("/Acme/a b.cfg")) == named
    assert host.serve_file(made.device(), made.read("/Acme/a b.cfg")) == named


@pytest.mark.parametrize("path", ["/../plugin-info", "/x/../../y", "/a%2fb/../.."])
def test_nothing_above_the_folder_is_named(tmp_path: Path, path: str) -> None:
    host = made.host(tmp_path, _FILES)
    for request in (made.get(path), made.read(path)):
        with pytest.raises((NotFound, Forbidden)):
            host.serve_file(made.device(), request)


def test_folders_are_not_listed(tmp_path: Path) -> None:
    host = made.host(tmp_path, _FILES, {"var/tftpboot/Acme/x": "x"})
    for path in ("/", "/Acme", "/Acme/"):
        with pytest.raises(Forbidden):
            host.serve_file(made.device(), made.get(path))


def test_a_plugin_without_services_has_no_files(tmp_path: Path) -> None:
    host = made.host(tmp_path, "")
    for request in (made.get("/x"), made.read("x")):
        with pytest.raises(NotFound):
            host.serve_file(made.device(), request)


def test_twisteds_own_file_resource_is_followed_without_the_disk(tmp_path: Path) -> None:
    host = made.host(
        tmp_path,
        """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
            from twisted.web.resource import Resource
            from twisted.web.static import File
            self.http_service = Resource()
            self.http_service.putChild(b'acme', File(self._tftpboot_dir))
        """,
    )
    assert host.serve_file(made.device(), made.get("/acme/x/y.cfg")) == Generated("x/y.cfg", Memory.BY_PATH)
    with pytest.raises(NotFound):
        host.serve_file(made.device(), made.get("/acme/../y.cfg"))
    with pytest.raises(NotFound):
        host.serve_file(made.device(), made.get("/other"))


_RESOURCE = """
    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        from twisted.web.resource import Resource
        class Late(Resource):
            isLeaf = True
            def render_GET(self, request):
                import time
                def answered(_):
                    request.write(b'late ' + request.prov_dev['id'].encode())
                    request.finish()
                threads.deferToThread(lambda: None).addCallback(answered)
                return 1
            def render_POST(self, request):
                return b'posted'
        class Status(Resource):
            isLeaf = True
            def render(self, request):
                request.setHeader('Content-Type', 'text/x-acme')
                request.setResponseCode(int(request.args[b'code'][0]))
                return b'body'
        class Post(Resource):
            isLeaf = True
            def render_POST(self, request):
                return b'posted'
        self.http_service = Resource()
        for name, kind in {b'late': Late, b'status': Status, b'post': Post}.items():
            self.http_service.putChild(name, kind())
"""


def test_other_resources_are_rendered(tmp_path: Path) -> None:
    host = made.host(tmp_path, _RESOURCE)
    assert host.serve_file(made.device(), made.get("/late")) == Inline(b"late d1", "text/html")
    assert host.serve_file(made.device(), made.get("/status", query="code=200")) == Inline(b"body", "text/x-acme")
    for code, kind in {404: NotFound, 400: NotFound, 403: Forbidden, 500: PluginError}.items():
        with pytest.raises(kind):
            host.serve_file(made.device(), made.get("/status", query=f"code={code}"))
    with pytest.raises(Forbidden):
        host.serve_file(made.device(), made.get("/post"))
    with pytest.raises(PluginError, match=r"KeyError \(entry\.py line \d+\)|KeyError"):
        host.serve_file(made.device(), made.get("/status"))


def test_paths_are_rewritten_first_and_memory_is_bounded_by_what_was_seen(tmp_path: Path) -> None:
    host = made.host(
        tmp_path,
        """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
            class Files(HTTPNoListingFileService):
                def path_preprocess(self, request):
                    if request.path.startswith(b'/mine'):
                        request.path = b'/' + request.prov_dev['id'].encode()
                    if request.path.startswith(b'/query'):
                        request.path = b'/' + request.args[b'f'][0]
                    request.postpath = request.path.decode().split('/')[1:]
            self.http_service = Files(self._tftpboot_dir)
        """,
    )
    assert host.serve_file(made.device(), made.get("/x")) == Generated("x", Memory.BY_PATH)
    assert host.serve_file(made.device(), made.get("/mine")) == Generated("d1", Memory.BY_DEVICE)
    assert host.serve_file(made.device(), made.get("/query", query="f=y")) == Generated("y", Memory.NEVER)


def test_a_request_says_what_was_looked_at() -> None:
    request = Request(b"GET", b"/a%20b/c", b"mac=1&mac=2", [(b"user-agent", b"x"), (b"host", b"h:80")], "192.0.2.1")
    assert request.postpath == [b"a b", b"c"]
    assert request.looked_at == set()
    assert (request.getHeader("User-Agent"), request.getHeader(b"User-Agent"), request.getHeader(b"X")) == (
        "x",
        b"x",
        None,
    )
    assert request.args == {b"mac": [b"1", b"2"]}
    assert request.getRequestHostname() == b"h"
    assert request.getClientAddress().host == "192.0.2.1"
    assert request.looked_at == {"header:user-agent", "header:x", "query", "header:host", "client"}
