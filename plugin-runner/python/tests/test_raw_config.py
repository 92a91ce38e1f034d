"""Raw configs: the typed fields and the document of one message."""

from __future__ import annotations

import pytest

from provd_plugin import (
    Credentials,
    DtmfMode,
    Endpoint,
    FunctionKey,
    FunctionKeyType,
    InvalidInput,
    Protocol,
    RawConfig,
    SccpCallManager,
    SipLine,
    SipTransport,
    SrtpMode,
    Syslog,
    SyslogLevel,
    Vlan,
)
from provd_plugin.contract import message_class

DOCUMENT = {
    "ip": "192.0.2.1",
    "http_base_url": "http://192.0.2.1:8667",
    "http_port": 8667,
    "tftp_port": "69",
    "protocol": "SIP",
    "locale": "fr_FR",
    "timezone": "Europe/Paris",
    "admin_username": "admin",
    "admin_password": "admin-secret",
    "dns_enabled": False,
    "dns_ip": "192.0.2.53",
    "ntp_enabled": True,
    "ntp_ip": "192.0.2.123",
    "vlan_enabled": True,
    "vlan_id": 0,
    "vlan_priority": 5,
    "syslog_enabled": True,
    "syslog_ip": "192.0.2.14",
    "sip_proxy_ip": "192.0.2.2",
    "sip_proxy_port": 5061,
    "sip_dtmf_mode": "RTP-out-of-band",
    "sip_transport": "tls",
    "sip_subscribe_mwi": False,
    "sip_servers_root_and_intermediate_certificates": ["PEM"],
    "sip_lines": {
        "10": {"username": "bob", "password": "line-secret", "proxy_ip": "192.0.2.9", "voicemail": "*99"},
        "2": {"username": "alice", "auth_username": "al", "dtmf_mode": "SIP-INFO"},
    },
    "sccp_call_managers": {"1": {"ip": "192.0.2.3"}},
    "funckeys": {"3": {"type": "park", "label": "P", "line": 2}, "1": {"type": "blf", "value": "101"}},
    "exten_dnd": "*25",
    "exten_voicemail": "*98",
    "X_mine": [1],
}


@pytest.fixture
def raw_config() -> RawConfig:
    return RawConfig.from_document(DOCUMENT)


def test_typed_fields_say_what_the_document_says(raw_config: RawConfig) -> None:
    assert (raw_config.ip, raw_config.http_base_url) == ("192.0.2.1", "http://192.0.2.1:8667")
    assert (raw_config.http_port, raw_config.tftp_port) == (8667, 69)
    assert (raw_config.locale, raw_config.timezone) == ("fr_FR", "Europe/Paris")
    assert raw_config.protocol is Protocol.SIP
    assert raw_config.admin == Credentials("admin", "admin-secret")
    assert (raw_config.user, raw_config.dns_ip, raw_config.ntp_ip) == (None, None, "192.0.2.123")
    assert raw_config.vlan == Vlan(0, 5, None)
    assert raw_config.syslog == Syslog("192.0.2.14", 514, SyslogLevel.WARNING)
    assert raw_config.sccp_call_managers == {1: SccpCallManager("192.0.2.3")}
    assert raw_config.extensions == {"dnd": "*25", "voicemail": "*98"}
    assert raw_config.extras_json == {"X_mine": "[1]"}
    assert raw_config.document == DOCUMENT


def test_the_common_settings_of_sip_are_read(raw_config: RawConfig) -> None:
    sip = raw_config.sip
    assert (sip.proxy, sip.transport) == (Endpoint("192.0.2.2", 5061), SipTransport.TLS)
    assert (sip.dtmf_mode, sip.srtp_mode) == (DtmfMode.RTP_OUT_OF_BAND, SrtpMode.DISABLED)
    assert (sip.subscribe_mwi, sip.servers_certificates) == (False, ("PEM",))


def test_lines_and_keys_come_in_the_order_of_their_numbers(raw_config: RawConfig) -> None:
    assert list(raw_config.sip_lines) == [2, 10]
    assert raw_config.funckeys == {
        1: FunctionKey(FunctionKeyType.BLF, "101"),
        3: FunctionKey(FunctionKeyType.PARK, "", "P", 2),
    }
    assert list(raw_config.funckeys) == [1, 3]


def test_lines_take_from_the_common_settings_what_they_do_not_state(raw_config: RawConfig) -> None:
    common = Endpoint("192.0.2.2", 5061)
    assert raw_config.sip_lines[2] == SipLine(
        proxy=common,
        registrar=common,
        username="alice",
        auth_username="al",
        dtmf_mode=DtmfMode.SIP_INFO,
        voicemail="*98",
    )
    own = raw_config.sip_lines[10]
    assert (own.registrar, own.auth_username, own.voicemail) == (Endpoint("192.0.2.9"), "bob", "*99")


def test_nothing_stated_is_nothing_known() -> None:
    empty = RawConfig(message_class("RawConfig")())
    assert (empty.document, empty.sip_lines, empty.funckeys, empty.extensions) == ({}, {}, {}, {})
    assert (empty.protocol, empty.admin, empty.vlan, empty.syslog, empty.ntp_ip) == (None,) * 5
    assert empty.sip.transport is None


def test_a_choice_of_a_later_revision_is_as_good_as_none() -> None:
    message = message_class("RawConfig")(protocol=77)
    message.funckeys[1].type = 99
    raw_config = RawConfig(message)
    assert raw_config.protocol is None
    assert raw_config.funckeys[1].type is None


def test_no_secret_shows(raw_config: RawConfig) -> None:
    shown = f"{raw_config!r} {raw_config.admin!r} {raw_config.sip_lines!r} {raw_config.sip!r}"
    assert "secret" not in shown


def test_a_plugin_may_change_the_document_it_got(raw_config: RawConfig) -> None:
    raw_config.document["sip_lines"].clear()
    assert raw_config.document == DOCUMENT


def test_a_document_that_is_none_is_refused_without_its_content() -> None:
    raw_config = RawConfig(message_class("RawConfig")(document_json='{"password": "line-secret", '))
    with pytest.raises(InvalidInput, match=r"raw_config\.document_json is not JSON") as refused:
        _ = raw_config.document
    assert "line-secret" not in str(refused.value)
