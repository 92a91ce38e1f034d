"""A plugin that knows the server by its former name alone."""

from __future__ import annotations

import os

from provd import plugins, synchronize, tzinform
from provd.devices.config import RawConfigError
from provd.devices.ident import RequestType
from provd.devices.pgasso import BasePgAssociator, DeviceSupport
from provd.plugins import StandardPlugin
from provd.servers.http_site import Request
from provd.util import norm_mac
from twisted.internet import defer


class FormerExtractor:
    def extract(self, request: Request, request_type: RequestType):
        if request_type is not RequestType.HTTP or not request.path.startswith(b"/former/"):
            return defer.succeed({})
        return defer.succeed({"vendor": "Former", "mac": norm_mac(request.path[8:20].decode("ascii"))})


class FormerAssociator(BasePgAssociator):
    def _do_associate(self, vendor, model, version):
        return DeviceSupport.COMPLETE if vendor in ("Former", "Formerly") else DeviceSupport.NONE


class FormerPlugin(StandardPlugin):
    IS_PLUGIN = True

    http_dev_info_extractor = FormerExtractor()
    pg_associator = FormerAssociator()

    def configure(self, device, raw_config):
        if raw_config.get("protocol") == "SCCP":
            raise RawConfigError("no SCCP")
        plugins.add_xivo_phonebook_url(raw_config, "former")
        zone = tzinform.get_timezone_info(raw_config["timezone"])
        path = os.path.join(self._tftpboot_dir, device["mac"].replace(":", "") + ".ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[former]\noffset={zone['utcoffset'].as_seconds}\nbook={raw_config['XX_xivo_phonebook_url']}\n")

    def synchronize(self, device, raw_config):
        return synchronize.standard_sip_synchronize(device, "reboot", ["Content=again"])
