"""Extractors that look at requests in every way that request filters can be derived from."""

from __future__ import annotations

import os.path
import re
from os.path import basename
from re import IGNORECASE, fullmatch

from twisted.internet import defer

from wazo_provd.devices.pgasso import BasePgAssociator, DeviceSupport
from wazo_provd.plugins import StandardPlugin
from wazo_provd.util import norm_mac

FILES = {"curious.cfg": "C1", "curious.xml": "C2"}
FOLDERS = {b"c1", b"c2"}
PREFIXES = (b"abc", b"abd")


def found(**facts):
    return defer.succeed({"vendor": "Curious", **facts})


class CuriousHTTPExtractor:
    def __init__(self):
        self._tests = [self._by_name, self._by_folder, self._by_start, self._by_agent, self._by_pieces, self._by_query]

    def extract(self, request, request_type):
        for test in self._tests:
            answer = test(request)
            if answer is not None:
                return answer
        return defer.succeed(None)

    def _by_name(self, request):
        name = basename(request.path.decode("ascii"))
        return found(model=FILES[name]) if name in FILES else None

    def _by_folder(self, request):
        head, slash, _ = request.path[1:].partition(b"/")
        return found() if slash and head in FOLDERS else None

    def _by_start(self, request):
        if request.path[1:4] in PREFIXES or request.path.endswith((b".c1", b".c2")):
            return found()
        try:
            return found(mac=norm_mac(os.path.basename(request.path.decode("ascii"))[:12]))
        except ValueError:
            return None

    def _by_agent(self, request):
        agent = request.getHeader("user-agent")
        if not agent:
            return None
        text = agent.strip().lower()
        if text.replace("-", " ").startswith("curious c1") or fullmatch(r"curio\w+ \d", agent, IGNORECASE):
            return found(version="1")
        return found(version="2") if "really-curious" in text else None

    def _by_pieces(self, request):
        agent = request.getHeader(b"User-Agent") or b""
        pieces = agent.decode("utf-8", "replace").split("/")
        if pieces[0] in {"Curio", "Curios"} or pieces[-1].isdigit():
            return found()
        rest = "/".join(pieces[1:])
        return found() if re.search(r"^deep/(c1|c2)\b", rest) else None

    def _by_query(self, request):
        serial = request.args.get(b"serial", [None])[0]
        return found(sn=serial.decode("ascii")) if serial and b"curious" in request.args else None


class CuriousTFTPExtractor:
    def extract(self, request, request_type):
        name = request["packet"]["filename"]
        try:
            text = name.decode("ascii")
        except UnicodeDecodeError:
            return found() if name.startswith(b"\xff\xfe") else defer.succeed(None)
        head, _, tail = text.rpartition("\\")
        if head == "curious" and tail.upper() == "BOOT.BIN":
            return found()
        return found() if text and text[0] == "~" else defer.succeed(None)


class CuriousDHCPExtractor:
    _CLASS = re.compile(r"^Cur\u00efous[ _](?P<model>C\d)(?(model)!|\?)$")

    def extract(self, request, request_type):
        vendor_class = request["options"].get(60)
        if vendor_class is None:
            return defer.succeed(None)
        if vendor_class == "" or vendor_class.isspace():
            return found(model="nameless")
        match = self._CLASS.match(vendor_class)
        return found(model=match.group("model")) if match else defer.succeed(None)


class CuriousAssociator(BasePgAssociator):
    def _do_associate(self, vendor, model, version):
        if vendor == model == "Curious":
            return DeviceSupport.EXACT
        return DeviceSupport.COMPLETE if vendor in {"Curious", "Curios"} else DeviceSupport.IMPROBABLE


class CuriousPlugin(StandardPlugin):
    IS_PLUGIN = True

    http_dev_info_extractor = CuriousHTTPExtractor()
    tftp_dev_info_extractor = CuriousTFTPExtractor()
    dhcp_dev_info_extractor = CuriousDHCPExtractor()
    pg_associator = CuriousAssociator()

    def is_sensitive_filename(self, filename):
        return filename.endswith(".key") or filename.split(".")[0] == "secret"
