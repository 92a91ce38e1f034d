"""What all versions of the family share."""

from __future__ import annotations

import logging
import os

try:
    from wazo_provd import synchronize, tzinform
    from wazo_provd.devices.config import RawConfigError
    from wazo_provd.devices.pgasso import BasePgAssociator, DeviceSupport
    from wazo_provd.plugins import FetchfwPluginHelper, StandardPlugin, TemplatePluginHelper
    from wazo_provd.servers.http import HTTPNoListingFileService
    from wazo_provd.servers.tftp.service import TFTPFileService
    from wazo_provd.util import format_mac
except ImportError:
    from provd import synchronize, tzinform
    from provd.devices.config import RawConfigError
    from provd.devices.pgasso import BasePgAssociator, DeviceSupport
    from provd.plugins import FetchfwPluginHelper, StandardPlugin, TemplatePluginHelper
    from provd.servers.http import HTTPNoListingFileService
    from provd.servers.tftp.service import TFTPFileService
    from provd.util import format_mac

logger = logging.getLogger("plugin.wazo-lantern")
extraction: dict = {}
execfile_("extraction.py", extraction)


class LanternAssociator(BasePgAssociator):
    def __init__(self, models):
        super().__init__()
        self._models = models

    def _do_associate(self, vendor, model, version):
        if vendor != "Lantern":
            return DeviceSupport.IMPROBABLE
        if model not in self._models:
            return DeviceSupport.PROBABLE
        return DeviceSupport.EXACT if version == self._models[model] else DeviceSupport.COMPLETE


class BaseLanternPlugin(StandardPlugin):
    _COMMON_FILES: list = []
    _TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2"}

    http_dev_info_extractor = extraction["LanternHTTPExtractor"]()
    tftp_dev_info_extractor = extraction["LanternTFTPExtractor"]()
    dhcp_dev_info_extractor = extraction["LanternDHCPExtractor"]()

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self._tftpboot_dir = os.path.join(self._tftpboot_dir, "Lantern")
        self._tpl_helper = TemplatePluginHelper(plugin_dir)
        # A filter of the plugin's own, beside those of Jinja.
        self._tpl_helper._env.filters["spaced"] = lambda text: " ".join(text)
        downloaders = FetchfwPluginHelper.new_downloaders(gen_cfg.get("proxies"))
        helper = FetchfwPluginHelper(plugin_dir, downloaders)
        helper.root_dir = self._tftpboot_dir
        self.services = helper.services()
        self.http_service = HTTPNoListingFileService(os.path.dirname(self._tftpboot_dir))
        self.tftp_service = TFTPFileService(os.path.dirname(self._tftpboot_dir))

    def configure_common(self, raw_config):
        for model, name in self._COMMON_FILES:
            template = self._tpl_helper.get_template("model.tpl")
            path = os.path.join(self._tftpboot_dir, name)
            self._tpl_helper.dump(template, {**raw_config, "XX_model": model}, path, "UTF-8")

    def configure(self, device, raw_config):
        if "mac" not in device:
            raise RawConfigError("MAC address needed for device configuration")
        name = self._name(device)
        raw_config["XX_transport"] = self._TRANSPORTS[raw_config.get("sip_transport", "udp")]
        raw_config["XX_offset"] = self._offset(raw_config.get("timezone"))
        template = self._tpl_helper.get_dev_template(name, device)
        self._tpl_helper.dump(template, raw_config, os.path.join(self._tftpboot_dir, name), "UTF-8")

    def deconfigure(self, device):
        os.remove(os.path.join(self._tftpboot_dir, self._name(device)))

    def synchronize(self, device, raw_config):
        return synchronize.standard_sip_synchronize(device, event="check-sync;reboot=false")

    def get_remote_state_trigger_filename(self, device):
        return self._name(device) if "mac" in device else None

    def is_sensitive_filename(self, filename):
        return bool(extraction["SENSITIVE"].match(filename))

    def _name(self, device):
        return format_mac(device["mac"], separator="", uppercase=True) + ".cfg"

    def _offset(self, name):
        try:
            return tzinform.get_timezone_info(name)["utcoffset"].as_minutes if name else 0
        except tzinform.TimezoneNotFoundError as error:
            logger.warning("unknown time zone: %s", error)
            return 0
