"""What a plugin answers about a phone: who it is, how well it is supported, and the files it is to have."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Sequence

from provd_plugin.model.device import DeviceInfo


@dataclass(frozen=True)
class Extraction:
    """Facts found in a request; `info` is `None` if it says nothing to this plugin.

    With `may_be_remembered`, provd gives this answer again to equal requests. What it depends on besides path and
    User-Agent, or DHCP option 60, must then be named: `vary_headers` in lower case, `vary_dhcp_options` by code.
    """

    info: DeviceInfo | None
    may_be_remembered: bool = False
    vary_headers: Sequence[str] = ()
    vary_dhcp_options: Sequence[int] = ()


class Support(IntEnum):
    """How well a plugin supports a phone. `PROBABLE` and above may be assigned automatically."""

    #: Cannot work.
    NONE = 1
    #: Another vendor's phone.
    IMPROBABLE = 100
    #: Cannot tell, for want of facts.
    UNKNOWN = 200
    #: The right vendor, a model that is not known.
    PROBABLE = 300
    #: The right model, known to work in part.
    INCOMPLETE = 400
    #: The right model in another firmware version.
    COMPLETE = 500
    #: The right model in this very firmware version.
    EXACT = 600


@dataclass(frozen=True)
class Association:
    """How well a phone is supported, and whether that holds for all of equal vendor, model and version."""

    support: Support
    may_be_remembered: bool = False


@dataclass(frozen=True)
class GeneratedFile:
    """A file for provd to store and serve.

    `path` is relative, `Acme/001122334455.cfg`: no leading slash, no `..`, at most 255 bytes. Text is stored as UTF-8.
    Without a `media_type` provd goes by the file name. Fetches of a `sensitive` file are reported to the security log.
    """

    path: str
    content: bytes | str = field(repr=False)
    media_type: str = ""
    sensitive: bool = False


@dataclass(frozen=True)
class Warning:
    """What an operator should read about something that worked all the same.

    `parameter` is where in the raw config, `funckeys.12`; empty if nowhere in particular.
    """

    message: str
    parameter: str = ""


@dataclass(frozen=True)
class CommonConfiguration:
    """The files shared by all devices of a plugin. They replace all that were there before."""

    files: Sequence[GeneratedFile]
    warnings: Sequence[Warning] = ()


@dataclass(frozen=True)
class Configuration:
    """The files of one device. They replace all that it had before.

    `trigger_path` is the file whose fetch proves that the phone is up to date; empty if none does.
    """

    files: Sequence[GeneratedFile]
    trigger_path: str = ""
    warnings: Sequence[Warning] = ()
