"""What a plugin is asked, and what it answers: plain frozen values, one for each message of the contract.

Field names are those of the .proto files; a field that is absent there is `None` here. Nothing here knows messages,
sockets or processes, so plugins and their tests can use all of it without any of those.
"""

from __future__ import annotations

from provd_plugin.model.answers import (
    Association,
    CommonConfiguration,
    Configuration,
    Extraction,
    GeneratedFile,
    Support,
    Warning,
)
from provd_plugin.model.description import (
    Capabilities,
    Description,
    DhcpHint,
    DhcpOption,
    DhcpSubOption,
    ExtractionCondition,
    ExtractionRule,
    ExtractionRules,
    Feature,
    RequestFilter,
    RequestKind,
    RequestPart,
    SupportedDevice,
)
from provd_plugin.model.device import Device, DeviceInfo
from provd_plugin.model.raw_config import RawConfig
from provd_plugin.model.request import DhcpRequest, HttpRequest, Request, TftpRequest
from provd_plugin.model.serving import Generated, Inline, Memory, Served
from provd_plugin.model.settings import (
    Credentials,
    DtmfMode,
    Endpoint,
    FunctionKey,
    FunctionKeyType,
    Protocol,
    SccpCallManager,
    SipLine,
    SipSettings,
    SipTransport,
    SrtpMode,
    Syslog,
    SyslogLevel,
    Vlan,
)
from provd_plugin.model.synchronization import HttpCall, SipNotify, ToldByPlugin

__all__ = [
    "Association",
    "Capabilities",
    "CommonConfiguration",
    "Configuration",
    "Credentials",
    "Description",
    "Device",
    "DeviceInfo",
    "DhcpHint",
    "DhcpOption",
    "DhcpRequest",
    "DhcpSubOption",
    "DtmfMode",
    "Endpoint",
    "Extraction",
    "ExtractionCondition",
    "ExtractionRule",
    "ExtractionRules",
    "Feature",
    "FunctionKey",
    "FunctionKeyType",
    "Generated",
    "GeneratedFile",
    "HttpCall",
    "HttpRequest",
    "Inline",
    "Memory",
    "Protocol",
    "RawConfig",
    "Request",
    "RequestFilter",
    "RequestKind",
    "RequestPart",
    "SccpCallManager",
    "Served",
    "SipLine",
    "SipNotify",
    "SipSettings",
    "SipTransport",
    "SrtpMode",
    "Support",
    "SupportedDevice",
    "Syslog",
    "SyslogLevel",
    "TftpRequest",
    "ToldByPlugin",
    "Vlan",
    "Warning",
]
