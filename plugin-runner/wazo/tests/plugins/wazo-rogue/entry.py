"""A plugin that misbehaves on command: the raw config's `X_rogue` says how.

raise: an exception. block: never comes back. spin: never comes back and uses a processor. leak: keeps 64 MiB more with every
call. exit: ends the process. kill: ends it as a fault would. partial: writes half of its files, and raises. flood: logs 20 MB.
Anything else: a file that says so.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import threading

from twisted.internet import defer

from wazo_provd.devices.pgasso import BasePgAssociator, DeviceSupport
from wazo_provd.plugins import StandardPlugin
from wazo_provd.servers.http import HTTPNoListingFileService
from wazo_provd.util import norm_mac

logger = logging.getLogger("plugin.wazo-rogue")


class RogueExtractor:
    # Rogue R1 00:11:5b:0a:0b:0c
    _USER_AGENT = re.compile(r"^Rogue (R1) ([\da-f:]{17})$")

    def extract(self, request, request_type):
        match = self._USER_AGENT.match((request.getHeader(b"User-Agent") or b"").decode("ascii"))
        if match is None:
            return defer.succeed(None)
        model, mac = match.groups()
        return defer.succeed({"vendor": "Rogue", "model": model, "version": "1", "mac": norm_mac(mac)})


class RogueAssociator(BasePgAssociator):
    def _do_associate(self, vendor, model, version):
        return DeviceSupport.EXACT if vendor == "Rogue" else DeviceSupport.IMPROBABLE


class RoguePlugin(StandardPlugin):
    IS_PLUGIN = True

    http_dev_info_extractor = RogueExtractor()
    pg_associator = RogueAssociator()

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.http_service = HTTPNoListingFileService(self._tftpboot_dir)
        self._kept = []

    def configure(self, device, raw_config):
        how = raw_config.get("X_rogue", "behaves")
        name = device["mac"].replace(":", "") + ".cfg"
        if how != "exit":
            self._write(name, f"{how}\n")
        getattr(self, f"_{how}", lambda: None)()
        if how == "partial":
            raise RuntimeError("half of it is done")
        self._write("more-" + name, "all\n")

    def synchronize(self, device, raw_config):
        getattr(self, f"_{raw_config.get('X_rogue', 'behaves')}", lambda: None)()
        return defer.succeed(None)

    def get_remote_state_trigger_filename(self, device):
        return device["mac"].replace(":", "") + ".cfg"

    def _write(self, name, content):
        with open(os.path.join(self._tftpboot_dir, name), "w", encoding="utf-8") as file:
            file.write(content)

    def _raise(self):
        raise RuntimeError("on command")

    def _block(self):
        threading.Event().wait()

    def _spin(self):
        while True:
            pass

    def _leak(self):
        self._kept.append(bytearray(os.urandom(1024) * 65536))

    def _exit(self):
        os._exit(7)

    def _kill(self):
        os.kill(os.getpid(), signal.SIGSEGV)
        # Another thread may be the one that gets it.
        self._block()

    def _flood(self):
        for _ in range(20_000):
            logger.error("x" * 1000)
