"""Facts about phones out of their requests."""

from __future__ import annotations

import re

from twisted.internet import defer

from wazo_provd.util import norm_mac

SENSITIVE = re.compile(r"^[0-9A-F]{12}\.cfg$")


class LanternHTTPExtractor:
    # Lantern L1/1.0.3 (00115b0a0b0c)
    _USER_AGENT = re.compile(r"^Lantern (L\d)/(\S+) \(([\da-f]{12})\)$")
    _PATH = re.compile(r"/([\dA-F]{12})\.cfg$")

    def extract(self, request, request_type):
        return defer.succeed(self._facts(request))

    def _facts(self, request):
        user_agent = request.getHeader(b"User-Agent")
        if user_agent:
            match = self._USER_AGENT.match(user_agent.decode("ascii"))
            if match:
                model, version, mac = match.groups()
                return {"vendor": "Lantern", "model": model, "version": version, "mac": norm_mac(mac)}
            return None
        match = self._PATH.search(request.path.decode("ascii"))
        return {"mac": norm_mac(match.group(1))} if match else None


class LanternTFTPExtractor:
    _MODELS = {b"Lantern/model-L1.cfg": "L1", b"Lantern/model-L2.cfg": "L2"}

    def extract(self, request, request_type):
        model = self._MODELS.get(request["packet"]["filename"])
        return defer.succeed({"vendor": "Lantern", "model": model} if model else None)


class LanternDHCPExtractor:
    def extract(self, request, request_type):
        options = request["options"]
        if 60 in options and options[60].startswith("Lantern "):
            return defer.succeed({"vendor": "Lantern", "model": options[60].split(" ")[1]})
        return defer.succeed(None)
