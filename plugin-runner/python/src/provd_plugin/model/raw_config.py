"""The parameters of one phone, merged by provd from its config and all of that config's ancestors, with defaults
applied.

A raw config holds the message it came in and reads each part of it when it is asked for: plugins that render from the
document pay nothing for the typed parameters.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Mapping

from provd_plugin.model.json_object import json_object
from provd_plugin.model.reading import optional, read, read_each, read_enum
from provd_plugin.model.settings import (
    Credentials,
    FunctionKey,
    Protocol,
    SccpCallManager,
    SipLine,
    SipSettings,
    Syslog,
    Vlan,
)


class RawConfig:
    """A merged raw config: the exact document, and typed fields for what every plugin meets.

    What the typed fields hold was judged by provd; the document is as its authors wrote it. Its `repr` shows nothing of
    either.
    """

    def __init__(self, message: Any) -> None:
        """A view of a `provd.plugin.v1.RawConfig` message. In tests, see `from_document`."""
        self._message = message

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RawConfig:
        """A raw config made of a document as provd makes it, for tests: the typed fields are filled from the document.

        Values are taken as they are; provd would have judged them, and applied defaults.
        """
        from provd_plugin.testing.raw_config import raw_config_message

        return cls(raw_config_message(document))

    def __repr__(self) -> str:
        return "RawConfig(…)"

    @property
    def message(self) -> Any:
        """The message this is a view of."""
        return self._message

    @property
    def document_json(self) -> str:
        """The document as JSON text, to the letter. Holds secrets."""
        return self._message.document_json  # type: ignore[no-any-return]

    @property
    def document(self) -> dict[str, Any]:
        """The document; a new dictionary each time, so a plugin may change what it got.

        Raises `InvalidInput` if it is no JSON object.
        """
        return json_object(self.document_json, "raw_config.document_json")

    @property
    def http_base_url(self) -> str:
        """Advertised base URL, `http://192.0.2.1:8667`, without a trailing slash."""
        return self._message.http_base_url  # type: ignore[no-any-return]

    @property
    def ip(self) -> str:
        """Host of the provisioning server."""
        return self._message.ip  # type: ignore[no-any-return]

    @property
    def http_port(self) -> int:
        """HTTP port of the provisioning server."""
        return self._message.http_port  # type: ignore[no-any-return]

    @property
    def tftp_port(self) -> int:
        """TFTP port of the provisioning server."""
        return self._message.tftp_port  # type: ignore[no-any-return]

    @property
    def protocol(self) -> Protocol | None:
        """Signalling protocol, if stated."""
        return read_enum(Protocol, self._message.protocol)

    @property
    def timezone(self) -> str:
        """Time zone by its zoneinfo name, `Europe/Paris`; empty if none."""
        return self._message.timezone  # type: ignore[no-any-return]

    @property
    def locale(self) -> str:
        """Locale `xx_YY`; empty if none."""
        return self._message.locale  # type: ignore[no-any-return]

    @cached_property
    def admin(self) -> Credentials | None:
        """Administrator's account on the phone."""
        return read(Credentials, self._message, "admin")

    @cached_property
    def user(self) -> Credentials | None:
        """User's account on the phone."""
        return read(Credentials, self._message, "user")

    @property
    def dns_ip(self) -> str | None:
        """Name server; `None` when disabled."""
        return optional(str, self._message, "dns_ip")

    @property
    def ntp_ip(self) -> str | None:
        """Time server; `None` when disabled."""
        return optional(str, self._message, "ntp_ip")

    @cached_property
    def vlan(self) -> Vlan | None:
        """Virtual LAN; `None` when disabled."""
        return read(Vlan, self._message, "vlan")

    @cached_property
    def syslog(self) -> Syslog | None:
        """Remote logging; `None` when disabled."""
        return read(Syslog, self._message, "syslog")

    @cached_property
    def sip(self) -> SipSettings:
        """SIP settings common to all lines."""
        return read(SipSettings, self._message, "sip") or SipSettings()

    @cached_property
    def sip_lines(self) -> dict[int, SipLine]:
        """SIP lines by line number, from 1, in order."""
        return read_each(SipLine, self._message.sip_lines)

    @cached_property
    def sccp_call_managers(self) -> dict[int, SccpCallManager]:
        """SCCP call managers by priority, from 1, in order."""
        return read_each(SccpCallManager, self._message.sccp_call_managers)

    @cached_property
    def funckeys(self) -> dict[int, FunctionKey]:
        """Function keys by position, from 1, in order."""
        return read_each(FunctionKey, self._message.funckeys)

    @cached_property
    def extensions(self) -> dict[str, str]:
        """Dial strings by service, in alphabetical order.

        Services are `dnd`, `fwd_unconditional`, `fwd_no_answer`, `fwd_busy`, `fwd_disable_all`, `park`, `pickup_group`,
        `pickup_call` and `voicemail`.
        """
        return dict(sorted(self._message.extensions.items()))

    @cached_property
    def extras_json(self) -> dict[str, str]:
        """Every other parameter as JSON text by its name, in alphabetical order: `X_` parameters and what provd does
        not know.
        """
        return dict(sorted(self._message.extras_json.items()))
