"""The sample plugins at work, called as provd calls them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from plugins import NAMES, bench, hosted, phone

from provd_plugin import (
    Capabilities,
    Device,
    DeviceInfo,
    Generated,
    Inline,
    Memory,
    SipNotify,
    Support,
    SupportedDevice,
    ToldByPlugin,
)
from provd_plugin.testing import Refusal

MAC = "00:11:5b:0a:0b:0c"
PHONE = phone(mac=MAC, ip="192.0.2.7", vendor="Lantern", model="L1", version="1.0")
RAW_CONFIG: dict[str, Any] = {
    "http_base_url": "http://192.0.2.1:8667",
    "ip": "192.0.2.1",
    "timezone": "Europe/Paris",
    "sip_lines": {"1": {"username": "u1", "password": "s3cret", "proxy_ip": "192.0.2.2", "display_name": "A & B"}},
    "funckeys": {"2": {"type": "blf", "value": "1001", "label": ""}},
    "admin_password": "s3cret",
    "X_xivo_phonebook_ip": "192.0.2.3",
    "X_xivo_user_uuid": "550e8400-e29b-41d4-a716-446655440000",
}
LANTERN_FILE = """# Lantern
transport = 0
offset = 60
line.1 = u1@192.0.2.2
line.1.name = A &amp; B
line.1.secret = s3cret
key.2 = b l f
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_plugin_loads_and_describes_itself(name: str, tmp_path: Path) -> None:
    description = bench(name, tmp_path).describe()
    assert description.id == name
    assert description.description


def test_models_are_those_of_plugin_info_and_vendors_those_of_the_associator(tmp_path: Path) -> None:
    description = bench("wazo-lantern-1.0", tmp_path).describe()
    first = description.supported_devices[0]
    assert first == SupportedDevice(
        "Lantern", "L1", "1.0", Capabilities(lines=2, type="deskphone", protocol="sip", switchboard=False)
    )
    assert {device.vendor for device in description.supported_devices} == {"Lantern"}
    assert description.firmware_folder == "Lantern"
    assert description.sensitive_filenames == (r"^[0-9A-F]{12}\.cfg$",)


def test_a_family_recognizes_its_phones_over_every_protocol(tmp_path: Path) -> None:
    lantern = bench("wazo-lantern-1.0", tmp_path)
    info = DeviceInfo(vendor="Lantern", model="L1", version="1.0", mac=MAC)
    assert lantern.extract_http("/Lantern/x", "Lantern L1/1.0 (00115b0a0b0c)") == info
    assert lantern.extract_http("/Lantern/00115B0A0B0C.cfg") == DeviceInfo(mac=MAC)
    assert lantern.extract_tftp("Lantern/model-L2.cfg") == DeviceInfo(vendor="Lantern", model="L2")
    assert lantern.extract_dhcp(MAC, "Lantern L2") == DeviceInfo(vendor="Lantern", model="L2")
    assert lantern.extract_http("/Lantern/x", "Other L1") is None
    assert lantern.associate(info).support is Support.EXACT
    assert lantern.associate(DeviceInfo(vendor="Other")).support is Support.IMPROBABLE


def test_a_family_generates_the_files_of_a_phone_and_no_others(tmp_path: Path) -> None:
    lantern = bench("wazo-lantern-1.0", tmp_path)
    common = lantern.configure_common(RAW_CONFIG)
    assert [file.path for file in common.files] == ["Lantern/model-L1.cfg", "Lantern/model-L2.cfg"]
    assert common.files[1].content == b"L2 boots from http://192.0.2.1:8667"
    configuration = lantern.configure(PHONE, RAW_CONFIG)
    (file,) = configuration.files
    assert (file.path, file.sensitive) == ("Lantern/00115B0A0B0C.cfg", True)
    assert file.content == LANTERN_FILE.encode()
    assert configuration.trigger_path == "Lantern/00115B0A0B0C.cfg"
    assert lantern.configure(PHONE, RAW_CONFIG) == configuration
    lantern.deconfigure(PHONE)


def test_a_template_of_the_administrator_comes_before_the_plugins_own(tmp_path: Path) -> None:
    templates = tmp_path / "overrides" / "templates"
    lantern = bench("wazo-lantern-1.0", tmp_path)
    templates.mkdir(parents=True)
    (templates / "L1.tpl").write_text("mine: {{ XX_offset }}", encoding="utf-8")
    assert lantern.configure(PHONE, RAW_CONFIG).files[0].content == b"mine: 60"


def test_files_are_named_over_http_and_tftp(tmp_path: Path) -> None:
    lantern = bench("wazo-lantern-1.0", tmp_path)
    expected = Generated("Lantern/ring.wav", Memory.BY_PATH)
    assert lantern.serve("/Lantern/ring.wav", PHONE) == expected
    assert lantern.serve_tftp("Lantern/ring.wav", PHONE) == expected
    assert lantern.serve_tftp("/Lantern/ring.wav", PHONE) == expected


def test_a_notify_is_named(tmp_path: Path) -> None:
    lantern, former = bench("wazo-lantern-1.0", tmp_path / "a"), bench("wazo-former-names", tmp_path / "b")
    assert lantern.synchronize(PHONE, RAW_CONFIG) == SipNotify("check-sync;reboot=false", {})
    assert former.synchronize(PHONE, RAW_CONFIG) == SipNotify("reboot", {"Content": "again"})
    with pytest.raises(Refusal) as refused:
        lantern.synchronize(phone(mac=MAC), RAW_CONFIG)
    assert refused.value.code == "FAILED_PRECONDITION"


def test_a_phone_without_what_its_files_need_is_refused_with_the_plugins_words(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="MAC address needed") as refused:
        bench("wazo-lantern-1.0", tmp_path).configure(phone(), RAW_CONFIG)
    assert refused.value.code == "FAILED_PRECONDITION"


def test_the_former_name_of_the_server_is_the_same_server(tmp_path: Path) -> None:
    former = bench("wazo-former-names", tmp_path)
    assert former.extract_http("/former/00115b0a0b0c") == DeviceInfo(vendor="Former", mac=MAC)
    assert former.associate(DeviceInfo(vendor="Formerly")).support is Support.COMPLETE
    (file,) = former.configure(PHONE, RAW_CONFIG).files
    content = file.content if isinstance(file.content, bytes) else file.content.encode()
    assert content.startswith(b"[former]\noffset=3600\nbook=http://192.0.2.3:9498/0.1/directories/")
    with pytest.raises(Refusal, match="no SCCP"):
        former.configure(PHONE, {**RAW_CONFIG, "protocol": "SCCP"})


def test_paths_are_rewritten_before_a_file_is_looked_for(tmp_path: Path) -> None:
    rewriting = bench("wazo-rewriting", tmp_path)
    for path in ("/phone.xml", "/42/1/phone.xml", "/41/2/phone.xml"):
        assert rewriting.serve(path, PHONE) == Generated("phone.xml", Memory.BY_PATH)


def test_a_resource_that_is_no_file_is_rendered_for_the_phone(tmp_path: Path) -> None:
    rewriting = bench("wazo-rewriting", tmp_path)
    answer = rewriting.serve("/clock", PHONE)
    assert isinstance(answer, Inline)
    assert (answer.content, answer.media_type) == (f"noon for {MAC}".encode(), "text/x-clock")
    with pytest.raises(Refusal) as refused:
        rewriting.serve("/secret", PHONE)
    assert refused.value.code == "NOT_FOUND"


def test_a_tftp_service_may_refuse(tmp_path: Path) -> None:
    adapters = bench("wazo-tftp-only", tmp_path)
    assert adapters.extract_tftp("ADAPT00115b0a0b0c.CFG") == DeviceInfo(vendor="Adapt", model="A1", mac=MAC)
    assert adapters.serve_tftp("adapt00115b0a0b0c.cfg", PHONE) == Generated("adapt00115b0a0b0c.cfg", Memory.BY_PATH)
    for path in ("a.upgrade", "../plugin-info"):
        with pytest.raises(Refusal) as refused:
            adapters.serve_tftp(path, PHONE)
        assert refused.value.code == "NOT_FOUND"
    with pytest.raises(Refusal):
        adapters.serve("/adapt00115b0a0b0c.cfg", PHONE)


class PhonePage(BaseHTTPRequestHandler):
    """The web server of a phone: a login, and a reboot for whoever has logged in."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["content-length"])).decode(), b"session7")

    def do_GET(self) -> None:
        self._answer("", b"")

    def _answer(self, body: str, content: bytes) -> None:
        self.asked.append(f"{self.command} {self.path} {body}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def phone_page() -> Iterator[str]:
    """Address and port of a phone's web server."""
    server = HTTPServer(("127.0.0.1", 0), PhonePage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    PhonePage.asked.clear()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_plugin_may_tell_the_phone_itself(tmp_path: Path, phone_page: str) -> None:
    calling = bench("wazo-calling", tmp_path)
    document = json.dumps({"id": "d1", "mac": MAC, "ip": phone_page})
    device = Device(id="d1", info=DeviceInfo(mac=MAC), document_json=document)
    assert calling.synchronize(device, RAW_CONFIG) == ToldByPlugin()
    assert PhonePage.asked == ["POST /login password=s3cret", "GET /reboot?session=session7 "]


@pytest.mark.parametrize(
    ("device", "more", "code"),
    [
        (phone(mac=MAC), {}, "FAILED_PRECONDITION"),
        (phone(mac=MAC, ip="192.0.2.7"), {"X_unsupported": True}, "UNIMPLEMENTED"),
    ],
)
def test_a_plugin_that_cannot_tell_says_whether_it_ever_could(
    device: Device, more: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refused:
        bench("wazo-calling", tmp_path).synchronize(device, {**RAW_CONFIG, **more})
    assert refused.value.code == code


def test_parameters_of_the_administrator_reach_the_plugin(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    (overrides / "parameters.json").write_text(json.dumps({"username": "ann", "password": "pw", "colour": "red"}))
    plugin = hosted("wazo-parameters", tmp_path).plugin
    assert plugin.services["configure"].get("username") == "ann"
    account = plugin.downloaders["auth"].passwords.find_user_password("portal", "http://portal.example.org/x")
    assert account == ("ann", "pw")
