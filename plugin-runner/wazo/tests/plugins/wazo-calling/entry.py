"""Phones without SIP NOTIFY: the plugin logs in to their own web server, in a thread of its own."""

from __future__ import annotations

import urllib.request
from contextlib import closing

from twisted.internet import defer, threads

from wazo_provd.plugins import StandardPlugin


class CallingPlugin(StandardPlugin):
    IS_PLUGIN = True

    def synchronize(self, device, raw_config):
        if "ip" not in device:
            return defer.fail(Exception("IP address needed for device synchronization"))
        if raw_config.get("X_unsupported"):
            return defer.fail(Exception("operation not supported"))
        return threads.deferToThread(self._reboot, device["ip"], raw_config["admin_password"])

    def _reboot(self, address, password):
        opener = urllib.request.build_opener()
        with closing(opener.open(f"http://{address}/login", b"password=" + password.encode(), timeout=3)) as answer:
            session = answer.read().decode("ascii")
        opener.open(f"http://{address}/reboot?session={session}", timeout=3).close()
