"""What a plugin answers, as messages. Extract, Associate and ServeFile are written by hand, for phones wait for them;
the others by `writing`. Each raises `InvalidAnswer` for what the contract does not have there.
"""

from __future__ import annotations

from typing import Any

from provd_plugin.contract import API_MINOR, message_class
from provd_plugin.conversion.writing import choice, content, flag, number, several, text, write, written, wrong
from provd_plugin.model import (
    Association,
    CommonConfiguration,
    Configuration,
    DeviceInfo,
    Extraction,
    Generated,
    HttpCall,
    Inline,
    Memory,
    Served,
    SipNotify,
    Support,
    ToldByPlugin,
)

_AssociateResponse = message_class("AssociateResponse")
_ExtractResponse = message_class("ExtractResponse")
_ServeFileResponse = message_class("ServeFileResponse")
_SynchronizeResponse = message_class("SynchronizeResponse")

_FACTS = ("ip", "mac", "sn", "uuid", "vendor", "model", "version")


def described(answer: Any) -> Any:
    """The response of Describe, with the revision that this SDK knows."""
    message = written(answer, "DescribeResponse", "describe()")
    message.api_minor = API_MINOR
    return message


def extracted(answer: Any) -> Any:
    """The response of Extract; facts that are empty texts are left out, as the contract demands."""
    response = _ExtractResponse()
    if answer is None:
        return response
    if isinstance(answer, DeviceInfo):
        _write_facts(answer, response.info)
        return response
    if not isinstance(answer, Extraction):
        raise wrong("extract()", "an Extraction, a DeviceInfo or None", answer)
    if answer.info is not None:
        _write_facts(answer.info, response.info)
    if flag(answer.may_be_remembered, "extract().may_be_remembered"):
        _write_memory(answer, response.memory)
    return response


def associated(answer: Any) -> Any:
    """The response of Associate."""
    if isinstance(answer, Association):
        support = choice(Support, answer.support, "associate().support")
        remembered = flag(answer.may_be_remembered, "associate().may_be_remembered")
        return _AssociateResponse(support=support, may_be_remembered=remembered)
    if not isinstance(answer, Support):
        raise wrong("associate()", "an Association or a Support", answer)
    return _AssociateResponse(support=int(answer))


def configured_common(answer: Any) -> Any:
    """The response of ConfigureCommon."""
    if isinstance(answer, list):
        answer = CommonConfiguration(answer)
    return written(answer, "ConfigureCommonResponse", "configure_common()")


def configured(answer: Any) -> Any:
    """The response of Configure."""
    if isinstance(answer, list):
        answer = Configuration(answer)
    return written(answer, "ConfigureResponse", "configure()")


def synchronized(answer: Any) -> Any:
    """The response of Synchronize."""
    response = _SynchronizeResponse()
    if isinstance(answer, SipNotify):
        write(answer, response.sip_notify, "synchronize()")
        response.sip_notify.SetInParent()
    elif isinstance(answer, HttpCall):
        write(answer, response.http_call, "synchronize()")
        response.http_call.SetInParent()
    elif isinstance(answer, ToldByPlugin):
        response.told_by_plugin.SetInParent()
    else:
        raise wrong("synchronize()", "a SipNotify, an HttpCall or ToldByPlugin()", answer)
    return response


def served(answer: Any) -> Any:
    """The response of ServeFile."""
    response = _ServeFileResponse()
    if isinstance(answer, Generated):
        response.generated.path = text(answer.path, "serve_file().path")
    elif isinstance(answer, Served):
        response.served.path = text(answer.path, "serve_file().path")
        response.served.media_type = text(answer.media_type, "serve_file().media_type")
    elif isinstance(answer, Inline):
        inline = response.inline
        inline.content = content(answer.content, "serve_file().content")
        inline.media_type = text(answer.media_type, "serve_file().media_type")
        inline.sensitive = flag(answer.sensitive, "serve_file().sensitive")
    else:
        raise wrong("serve_file()", "Generated, Served or Inline", answer)
    response.memory = choice(Memory, answer.memory, "serve_file().memory")
    return response


def _write_facts(info: Any, message: Any) -> None:
    if not isinstance(info, DeviceInfo):
        raise wrong("extract().info", "a DeviceInfo or None", info)
    message.SetInParent()
    for fact in _FACTS:
        stated = getattr(info, fact)
        if stated is not None and stated != "":
            setattr(message, fact, text(stated, f"extract().info.{fact}"))


def _write_memory(answer: Extraction, memory: Any) -> None:
    memory.allowed = True
    for at, header in enumerate(several(answer.vary_headers, "extract().vary_headers")):
        memory.vary_headers.append(text(header, f"extract().vary_headers[{at}]"))
    for at, code in enumerate(several(answer.vary_dhcp_options, "extract().vary_dhcp_options")):
        memory.vary_dhcp_options.append(number(code, f"extract().vary_dhcp_options[{at}]"))
