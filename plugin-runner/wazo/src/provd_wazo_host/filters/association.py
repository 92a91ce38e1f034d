"""Vendors whose phones a plugin may support, from what its associator compares."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet

from provd_wazo_host.filters.answers import Untraceable
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.parts import Part
from provd_wazo_host.filters.probe import Probe, Run, Test, explore
from provd_wazo_host.filters.subjects import Subject
from provd_wazo_host.filters.substitution import stand_ins_around
from provd_wazo_host.filters.tracked import Tracked
from wazo_provd.devices.pgasso import DeviceSupport

_VENDOR = Subject("the vendor")
_MORE = ("model", "version", "mac", "ip", "sn", "uuid")
_FACTS: Dict[str, Subject] = {"vendor": _VENDOR, **{name: Subject(f"the {name}") for name in _MORE}}


def accepted_vendors(plugin: Any) -> FrozenSet[str] | None:
    """Vendors of which some phone may get a score that counts; `None` if that cannot be told."""
    associator = getattr(plugin, "pg_associator", None)
    if associator is None:
        return frozenset()

    def associate(probe: Probe) -> int:
        return int(associator.associate(Facts(probe)))

    try:
        with stand_ins_around(associator.associate):
            runs = explore(associate)
    except Untraceable:
        return None
    found = [_of_run(run) for run in runs]
    return None if None in found else frozenset(vendor for vendors in found for vendor in vendors or ())


def _of_run(run: Run) -> list[str] | None:
    """Vendors that would have made a difference to one run; `None` if another thing would have, or none was needed."""
    if (run.outcome or 0) >= DeviceSupport.PROBABLE:
        return None
    vendors: list[str] = []
    for test in run.tests:
        if not test.equals or Test(_VENDOR, test.expression, test.equals) not in run.tests:
            return None
        vendors.extend(test.equals)
    return vendors


class Facts(Part):
    """What is known of a phone: its vendor, and perhaps the rest."""

    def __init__(self, probe: Probe) -> None:
        super().__init__(probe, "the facts", self._fact)

    def _fact(self, name: Any) -> Any:
        subject = _FACTS.get(name)
        if subject is None:
            return self.ABSENT
        if subject is not _VENDOR and self._probe.choose(subject, 2):
            return self.ABSENT
        return Tracked(self._probe, subject, str, Form(is_text=True))

    def __bool__(self) -> bool:
        return True
