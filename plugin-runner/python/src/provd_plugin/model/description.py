"""What a plugin says of itself before it is asked anything else. It depends on no request, and is the same for the life
of a process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Mapping, Sequence

from provd_plugin.model.device import DeviceInfo


class RequestKind(IntEnum):
    """The listener a request came through."""

    HTTP = 1
    TFTP = 2
    DHCP = 3


@dataclass(frozen=True)
class Feature:
    """A named optional behaviour, `http-methods`, and whether the plugin cannot work without it."""

    name: str
    required: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What a model can do; `None` is unknown.

    `protocol` is `sip` or `sccp`; `type` is deskphone, dect, wifidect, conference, pager, ata, softphone, doorphone,
    generic or gateway; `multicell` marks a DECT base that shares its handsets with others.
    """

    lines: int | None = None
    function_keys: int | None = None
    expansion_modules: int | None = None
    high_availability: bool | None = None
    switchboard: bool | None = None
    multicell: bool | None = None
    protocol: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class SupportedDevice:
    """One model in one firmware; the version `*` stands for any."""

    vendor: str
    model: str
    version: str = "*"
    capabilities: Capabilities | None = None


@dataclass(frozen=True)
class RequestFilter:
    """A cheap test that provd makes for itself; only when one matches is the plugin asked to extract.

    Conditions are regular expressions of the Rust `regex` crate: unanchored, without look-around and back-references.
    All that are not empty must match: `path` on the HTTP path or the TFTP file name, `user_agent` on that header,
    `vendor_class` on DHCP option 60, `query` on the HTTP query without `?`, still percent-encoded.
    """

    kind: RequestKind
    path: str = ""
    user_agent: str = ""
    vendor_class: str = ""
    query: str = ""


class RequestPart(IntEnum):
    """What a condition is tested on. `PATH` is also the file name of TFTP, `VENDOR_CLASS` is DHCP option 60."""

    PATH = 1
    QUERY = 2
    USER_AGENT = 3
    HEADER = 4
    VENDOR_CLASS = 5
    DHCP_OPTION = 6


@dataclass(frozen=True)
class ExtractionCondition:
    """A regular expression, as those of `RequestFilter`, on one part of a request. A request without it does not match.

    `header` is the name in lower case, for `HEADER` only; `dhcp_option` the code, for `DHCP_OPTION` only.
    """

    part: RequestPart
    pattern: str
    header: str = ""
    dhcp_option: int = 0


@dataclass(frozen=True)
class ExtractionRule:
    """What is read out of requests for which all `conditions` match.

    Groups named like a fact state it, `facts` come before them. With `ask` more follows, and the plugin is asked.
    """

    kind: RequestKind
    conditions: Sequence[ExtractionCondition]
    facts: DeviceInfo | None = None
    ask: bool = False


@dataclass(frozen=True)
class ExtractionRules:
    """What `extract` would answer, as data: provd then reads it by itself, and a phone waits for no plugin.

    Of each fact the first rule that states it wins. `model_aliases` are other spellings of a model, with the one that
    counts.
    """

    rules: Sequence[ExtractionRule]
    model_aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DhcpSubOption:
    """One sub-option of an encapsulated option: either `text` or `boolean`."""

    code: int
    text: str | None = None
    boolean: bool | None = None


@dataclass(frozen=True)
class DhcpOption:
    """One DHCP option to hand out, by code; option 43 has `sub_options` in place of `text`.

    In text, `{http}` stands for the HTTP base URL of the server, `{tftp}` for its TFTP address.
    """

    code: int
    text: str = ""
    sub_options: Sequence[DhcpSubOption] = ()


@dataclass(frozen=True)
class DhcpHint:
    """What a DHCP server should hand out, and to whom.

    Clients are told by their vendor class (option 60), exactly or by its beginning; `mac_prefixes`, `00:08:5d`, are
    tested only for clients without one of these.
    """

    vendor_classes: Sequence[str] = ()
    vendor_class_prefixes: Sequence[str] = ()
    mac_prefixes: Sequence[str] = ()
    options: Sequence[DhcpOption] = ()


@dataclass(frozen=True)
class Description:
    """All that provd needs to know about a plugin that does not depend on a request.

    `id` is that of plugin.toml (`Environment.id`), and so is `version`, which is the plugin's own and not the
    firmware's. Without `filters` the plugin is never asked to extract. `sensitive_filenames` are regular expressions on
    base names. `served_folders` are relative to the plugin's folder. `firmware_folder` is where its firmware lies, as
    phones name it. `extraction` is what `extract` need not be asked for.
    """

    id: str
    version: str
    description: str = ""
    features: Sequence[Feature] = ()
    supported_devices: Sequence[SupportedDevice] = ()
    filters: Sequence[RequestFilter] = ()
    dhcp_hints: Sequence[DhcpHint] = ()
    sensitive_filenames: Sequence[str] = ()
    served_folders: Sequence[str] = ()
    firmware_folder: str = ""
    extraction: ExtractionRules | None = None
