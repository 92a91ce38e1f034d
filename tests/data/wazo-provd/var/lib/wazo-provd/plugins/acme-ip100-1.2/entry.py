"""An invented family of phones, written for the tests: it shows everything that its kind of plugin leaves on a disk."""

from __future__ import annotations

import os
import re

from twisted.internet import defer
from wazo_provd import synchronize
from wazo_provd.devices.config import RawConfigError
from wazo_provd.devices.ident import RequestType
from wazo_provd.devices.pgasso import BasePgAssociator, DeviceSupport
from wazo_provd.plugins import FetchfwPluginHelper, StandardPlugin, TemplatePluginHelper
from wazo_provd.servers.http import HTTPNoListingFileService
from wazo_provd.util import format_mac, norm_mac

VERSION = "1.2"
MODELS = ("IP100", "IP200")
USER_AGENT = re.compile(r"^Acme (?P<model>IP\d+) (?P<version>[\d.]+) (?P<mac>[0-9a-f]{12})$")


class AcmeExtractor:
    def extract(self, request, request_type):
        if request_type is not RequestType.HTTP:
            return defer.succeed(None)
        said = request.getHeader(b"User-Agent")
        match = USER_AGENT.match(said.decode("ascii", "replace")) if said else None
        if match is None:
            return defer.succeed(None)
        facts = {"vendor": "Acme", "model": match["model"], "version": match["version"], "mac": norm_mac(match["mac"])}
        return defer.succeed(facts)


class AcmeAssociator(BasePgAssociator):
    def _do_associate(self, vendor, model, version):
        if vendor != "Acme":
            return DeviceSupport.NONE
        if model not in MODELS:
            return DeviceSupport.UNKNOWN
        return DeviceSupport.EXACT if version == VERSION else DeviceSupport.COMPLETE


class AcmePlugin(StandardPlugin):
    IS_PLUGIN = True

    pg_associator = AcmeAssociator()
    http_dev_info_extractor = AcmeExtractor()

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self._templates = TemplatePluginHelper(plugin_dir)
        downloaders = FetchfwPluginHelper.new_downloaders(gen_cfg.get("proxies"))
        self.services = FetchfwPluginHelper(plugin_dir, downloaders).services()
        self.http_service = HTTPNoListingFileService(self._tftpboot_dir)

    def configure_common(self, raw_config):
        for model in MODELS:
            template = self._templates.get_template(f"common/{model}.cfg.tpl")
            self._templates.dump(template, raw_config, os.path.join(self._tftpboot_dir, f"{model.lower()}.cfg"))

    def configure(self, device, raw_config):
        if "mac" not in device:
            raise RawConfigError("a MAC address is needed")
        name = self._file_of(device)
        template = self._templates.get_dev_template(name, device)
        self._templates.dump(template, raw_config, os.path.join(self._tftpboot_dir, name))

    def deconfigure(self, device):
        if "mac" in device:
            path = os.path.join(self._tftpboot_dir, self._file_of(device))
            if os.path.exists(path):
                os.remove(path)

    def synchronize(self, device, raw_config):
        return synchronize.standard_sip_synchronize(device)

    def get_remote_state_trigger_filename(self, device):
        return self._file_of(device) if "mac" in device else None

    def is_sensitive_filename(self, filename):
        return re.fullmatch(r"[0-9A-F]{12}\.cfg", filename) is not None

    @staticmethod
    def _file_of(device):
        return format_mac(device["mac"], separator="", uppercase=True) + ".cfg"
