"""Raw configs for tests: the message that provd would send of a document, as far as that can be said without judging
it.
"""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any, Mapping

from provd_plugin.contract import message_class
from provd_plugin.model import DtmfMode, FunctionKeyType, Protocol, SipTransport, SrtpMode, SyslogLevel

_PLAIN = ("http_base_url", "ip", "http_port", "tftp_port", "timezone", "locale")
_ENDPOINTS = ("proxy", "registrar", "backup_proxy", "backup_registrar", "outbound_proxy")
_LINE_TEXTS = ("username", "auth_username", "password", "display_name", "number", "voicemail")
_EXTENSION = "exten_"
# Certificates and keys, by field of the message.
_PEM = {
    "servers_certificates": "sip_servers_root_and_intermediate_certificates",
    "local_certificates": "sip_local_root_and_intermediate_certificates",
    "local_certificate": "sip_local_certificate",
    "local_key": "sip_local_key",
}
# Parameters that have a typed field; what else is stated is an extra, but for `sip_…` and `exten_…`.
_WITH_FIELD = frozenset(
    [
        *_PLAIN,
        *("protocol", "admin_username", "admin_password", "user_username", "user_password"),
        *("dns_enabled", "dns_ip", "ntp_enabled", "ntp_ip", "sip_lines", "sccp_call_managers", "funckeys"),
        *("vlan_enabled", "vlan_id", "vlan_priority", "vlan_pc_port_id"),
        *("syslog_enabled", "syslog_ip", "syslog_port", "syslog_level"),
    ]
)

_Document = Mapping[str, Any]


def raw_config_message(document: _Document) -> Any:
    """A `provd.plugin.v1.RawConfig` with this document, and typed fields made of it.

    Lines take from the common settings what they do not state, as provd has it; the document stays as it is.
    """
    message = message_class("RawConfig")(document_json=json.dumps(document, ensure_ascii=False))
    for name in _PLAIN:
        _state(message, name, document.get(name))
    _state(message, "protocol", _choice(Protocol, document.get("protocol")))
    for account in ("admin", "user"):
        for part in ("username", "password"):
            _state(getattr(message, account), part, document.get(f"{account}_{part}"))
    for server in ("dns", "ntp"):
        if document.get(f"{server}_enabled"):
            _state(message, f"{server}_ip", document.get(f"{server}_ip"))
    _fill_vlan(message, document)
    _fill_syslog(message, document)
    _fill_sip(message.sip, document)
    _fill_entries(message, document)
    for name, value in document.items():
        if name.startswith(_EXTENSION) and value is not None:
            message.extensions[name[len(_EXTENSION) :]] = str(value)
        elif name not in _WITH_FIELD and not name.startswith("sip_"):
            message.extras_json[name] = json.dumps(value)
    return message


def _fill_vlan(message: Any, document: _Document) -> None:
    if document.get("vlan_enabled") and document.get("vlan_id") is not None:
        message.vlan.id = int(document["vlan_id"])
        for part in ("priority", "pc_port_id"):
            _state(message.vlan, part, document.get(f"vlan_{part}"))


def _fill_syslog(message: Any, document: _Document) -> None:
    if document.get("syslog_enabled") and document.get("syslog_ip"):
        message.syslog.ip = document["syslog_ip"]
        message.syslog.port = int(document.get("syslog_port") or 514)
        message.syslog.level = _choice(SyslogLevel, document.get("syslog_level") or "warning")


def _fill_sip(sip: Any, document: _Document) -> None:
    sip.SetInParent()
    _fill_endpoints(sip, {name[len("sip_") :]: value for name, value in document.items() if name.startswith("sip_")})
    _state(sip, "dtmf_mode", _choice(DtmfMode, document.get("sip_dtmf_mode")))
    sip.srtp_mode = _choice(SrtpMode, document.get("sip_srtp_mode") or "disabled")
    sip.transport = _choice(SipTransport, document.get("sip_transport") or "udp")
    _state(sip, "subscribe_mwi", document.get("sip_subscribe_mwi"))
    for field, name in _PEM.items():
        stated = document.get(name)
        if isinstance(stated, list):
            getattr(sip, field).extend(stated)
        else:
            _state(sip, field, stated)


def _fill_entries(message: Any, document: _Document) -> None:
    for number, line in (document.get("sip_lines") or {}).items():
        _fill_line(message.sip_lines[int(number)], _completed(line, document))
    for number, manager in (document.get("sccp_call_managers") or {}).items():
        for part in ("ip", "port"):
            _state(message.sccp_call_managers[int(number)], part, manager.get(part))
    for position, key in (document.get("funckeys") or {}).items():
        entry = message.funckeys[int(position)]
        _state(entry, "type", _choice(FunctionKeyType, key.get("type")))
        for part in ("value", "label", "line"):
            _state(entry, part, key.get(part))


def _completed(line: _Document, document: _Document) -> _Document:
    """A line with what it takes from the common settings."""
    common = {name: document.get(f"sip_{name}") for end in _ENDPOINTS for name in (f"{end}_ip", f"{end}_port")}
    common["dtmf_mode"] = document.get("sip_dtmf_mode")
    common["voicemail"] = document.get("exten_voicemail")
    common["auth_username"] = line.get("username")
    if common["registrar_ip"] is None or line.get("proxy_ip"):
        # Who names a proxy and no registrar registers with the proxy.
        common["registrar_ip"] = line.get("proxy_ip") or common["proxy_ip"]
        common["registrar_port"] = line.get("proxy_port") if line.get("proxy_ip") else common["proxy_port"]
    return {**common, **{name: value for name, value in line.items() if value not in (None, "")}}


def _fill_line(message: Any, line: _Document) -> None:
    message.SetInParent()
    _fill_endpoints(message, line)
    for name in _LINE_TEXTS:
        _state(message, name, line.get(name))
    _state(message, "dtmf_mode", _choice(DtmfMode, line.get("dtmf_mode")))
    _state(message, "srtp_mode", _choice(SrtpMode, line.get("srtp_mode")))


def _fill_endpoints(message: Any, stated: _Document) -> None:
    for end in _ENDPOINTS:
        if stated.get(f"{end}_ip"):
            endpoint = getattr(message, end)
            endpoint.ip = stated[f"{end}_ip"]
            _state(endpoint, "port", stated.get(f"{end}_port"))


def _state(message: Any, field: str, value: Any) -> None:
    """Sets a field of what is stated: numbers may be words, and words numbers, as provd takes them."""
    if value is not None:
        expected = type(getattr(message, field))
        setattr(message, field, value if isinstance(value, bool) else expected(value))


def _choice(kind: type[IntEnum], word: str | None) -> IntEnum | None:
    return kind[word.upper().replace("-", "_")] if word else None
