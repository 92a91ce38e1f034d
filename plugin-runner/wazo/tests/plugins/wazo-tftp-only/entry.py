"""Phones that ask over TFTP and for whatever file, of which one kind is refused."""

from __future__ import annotations

import re

from twisted.internet import defer

from wazo_provd.plugins import StandardPlugin
from wazo_provd.servers.tftp.packet import ERR_UNDEF
from wazo_provd.servers.tftp.service import TFTPFileService, TFTPNullService


class AdaptExtractor:
    _NAME = re.compile(rb"^/?adapt([0-9a-f]{12})\.cfg$", re.IGNORECASE)

    def extract(self, request, request_type):
        match = self._NAME.match(request["packet"]["filename"])
        if match is None:
            return defer.succeed(None)
        return defer.succeed({"vendor": "Adapt", "model": "A1", "mac": match.group(1).decode("ascii")})


class AdaptService:
    def __init__(self, folder):
        self._files = TFTPFileService(folder)
        self._nothing = TFTPNullService(errcode=ERR_UNDEF, errmsg=b"not today")

    def handle_read_request(self, request, response):
        is_upgrade = request["packet"]["filename"].endswith(b".upgrade")
        (self._nothing if is_upgrade else self._files).handle_read_request(request, response)


class AdaptPlugin(StandardPlugin):
    IS_PLUGIN = True

    tftp_dev_info_extractor = AdaptExtractor()

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.tftp_service = AdaptService(self._tftpboot_dir)
