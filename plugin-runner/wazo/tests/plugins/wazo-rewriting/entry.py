"""A service that changes paths before files are looked for, and one resource that is no file."""

from __future__ import annotations

from twisted.web.resource import NoResource, Resource

from wazo_provd.plugins import StandardPlugin
from wazo_provd.servers.http import HTTPNoListingFileService


class Clock(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"Content-Type", b"text/x-clock")
        return b"noon for " + request.prov_dev["mac"].encode()

    def render_POST(self, request):
        request.setResponseCode(403)
        return b"no"


class RewritingService(HTTPNoListingFileService):
    def path_preprocess(self, request):
        # /42/1/phone.xml and /41/2/phone.xml are both phone.xml.
        if len(request.postpath) == 3 and request.postpath[0].isdigit():
            request.postpath = request.postpath[2:]
            request.path = b"/" + request.postpath[0]

    def getChild(self, path, request):
        if path == b"clock":
            return Clock()
        if path == b"secret":
            return NoResource("never")
        return super().getChild(path, request)


class RewritingPlugin(StandardPlugin):
    IS_PLUGIN = True

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.http_service = RewritingService(self._tftpboot_dir)
