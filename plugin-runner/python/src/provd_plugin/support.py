"""How well a list of supported devices fits a phone, for plugins whose answer is no more than that."""

from __future__ import annotations

from typing import Iterable

from provd_plugin.model import DeviceInfo, Support, SupportedDevice

_ANY = "*"


def support_by_models(supported: Iterable[SupportedDevice], info: DeviceInfo) -> Support:
    """The best support that any of these devices gives to a phone with these facts.

    Without a vendor nothing can be told. Vendors and models are compared to the letter, as plugins spell them.
    """
    if info.vendor is None:
        return Support.UNKNOWN
    of_vendor = [device for device in supported if device.vendor in (info.vendor, _ANY)]
    if not of_vendor:
        return Support.IMPROBABLE
    versions = {device.version for device in of_vendor if info.model is not None and device.model == info.model}
    if not versions:
        return Support.PROBABLE
    return Support.EXACT if info.version in versions else Support.COMPLETE
