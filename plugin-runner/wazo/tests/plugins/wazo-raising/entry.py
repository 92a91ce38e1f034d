"""A plugin that raises in every method it has, with a secret in the text where there is one."""

from __future__ import annotations

from wazo_provd.plugins import StandardPlugin


class Raising:
    def extract(self, request, request_type):
        raise ValueError(f"extract of {request}")

    def associate(self, dev_info):
        raise LookupError("associate")

    def handle_read_request(self, request, response):
        raise RuntimeError("tftp")

    isLeaf = True

    def render(self, request):
        raise RuntimeError("http")


class RaisingPlugin(StandardPlugin):
    IS_PLUGIN = True

    http_dev_info_extractor = tftp_dev_info_extractor = dhcp_dev_info_extractor = Raising()
    pg_associator = http_service = tftp_service = Raising()

    def configure_common(self, raw_config):
        raise OSError("common")

    def configure(self, device, raw_config):
        if raw_config.get("X_how") == "key":
            return raw_config["sip_lines"]["7"]
        raise ValueError("bad password: " + raw_config["admin_password"])

    def deconfigure(self, device):
        raise OSError("deconfigure")

    def synchronize(self, device, raw_config):
        raise ValueError("bad password: " + raw_config["admin_password"])

    def get_remote_state_trigger_filename(self, device):
        raise KeyError("trigger")

    def is_sensitive_filename(self, filename):
        raise TypeError("sensitive")

    def close(self):
        raise RuntimeError("close")
