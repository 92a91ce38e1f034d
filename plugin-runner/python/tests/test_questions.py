"""What provd asks, as a plugin sees it."""

from __future__ import annotations

import pytest

from provd_plugin import Device, DeviceInfo, DhcpRequest, HttpRequest, InvalidInput, Request, TftpRequest
from provd_plugin.contract import message_class
from provd_plugin.conversion import questions
from provd_plugin.testing.asking import write_device, write_request

HTTP = HttpRequest("GET", "/a b/c.cfg", "x=1", (("user-agent", "Acme"), ("accept", "*/*"), ("accept", "text/plain")))


@pytest.mark.parametrize(
    "request_",
    [
        Request("192.0.2.1", http=HTTP),
        Request("2001:db8::1", tftp=TftpRequest("\\boot\\x.cfg")),
        Request("192.0.2.1", dhcp=DhcpRequest("00:11:22:33:44:55", {60: b"Acme\0", 12: b"\xff"})),
    ],
    ids=["http", "tftp", "dhcp"],
)
def test_requests_arrive_as_they_were_sent(request_: Request) -> None:
    asked = message_class("ExtractRequest")()
    write_request(request_, asked.request)
    assert questions.request(asked) == request_


def test_a_request_without_a_kind_is_none() -> None:
    assert questions.request(message_class("ExtractRequest")()) is None


def test_headers_are_found_in_any_case() -> None:
    assert HTTP.header("Accept") == "*/*"
    assert HTTP.header("host") is None
    assert HTTP.user_agent == "Acme"
    assert HttpRequest("GET", "/").user_agent == ""


def test_what_is_asked_for_has_no_slash_before_it() -> None:
    assert Request("192.0.2.1", http=HTTP).path == "a b/c.cfg"
    assert Request("192.0.2.1", tftp=TftpRequest("/x")).path == "x"
    assert Request("192.0.2.1", dhcp=DhcpRequest("00:11:22:33:44:55")).path == ""


def test_a_vendor_class_is_latin_1_without_nul_bytes() -> None:
    assert DhcpRequest("", {60: b"Acm\xe9 T1\0\0"}).vendor_class == "Acmé T1"
    assert DhcpRequest("").vendor_class is None


def test_devices_arrive_as_they_were_sent() -> None:
    info = DeviceInfo("192.0.2.1", "00:11:22:33:44:55", "sn", "uuid", "Acme", "T1", "1.0")
    device = Device("id", info, "config", '{"switchboard": true}', "alice", '{"X_note": "n"}')
    asked = message_class("ServeFileRequest")()
    write_device(device, asked.device)
    assert questions.device(asked) == device
    assert (device.options, device.document) == ({"switchboard": True}, {"X_note": "n"})


def test_an_empty_fact_is_an_absent_one() -> None:
    assert questions.device_info(message_class("DeviceInfo")(vendor="", model="T1")) == DeviceInfo(model="T1")


def test_a_call_without_a_device_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no device"):
        questions.device(message_class("ConfigureRequest")())


@pytest.mark.parametrize("text", ["[1]", "{", '"secret-word"', '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"])
def test_what_is_no_object_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"device\.options_json") as refused:
        _ = Device("id", options_json=text).options
    assert "secret-word" not in str(refused.value)


def test_each_caller_gets_a_document_of_its_own() -> None:
    device = Device("id", document_json='{"a": [1]}')
    device.document["a"].append(2)
    assert device.document == {"a": [1]}
    assert Device("id", options_json="").options == {}
