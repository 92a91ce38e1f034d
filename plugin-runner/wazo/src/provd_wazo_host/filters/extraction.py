"""Request filters from what extractors look at."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Dict, FrozenSet

from provd_plugin import RequestFilter, RequestKind
from provd_wazo_host.filters.answers import Untraceable
from provd_wazo_host.filters.probe import Probe, Run, Test, explore
from provd_wazo_host.filters.requests import request_of
from provd_wazo_host.filters.substitution import stand_ins_around

#: The attribute of a plugin with its extractor, by kind of request.
EXTRACTORS = {
    RequestKind.HTTP: "http_dev_info_extractor",
    RequestKind.TFTP: "tftp_dev_info_extractor",
    RequestKind.DHCP: "dhcp_dev_info_extractor",
}
#: Parts of a request that filters have conditions on.
FIELDS = frozenset(field.name for field in fields(RequestFilter)) - {"kind"}

#: Expressions by field.
Conditions = Dict[str, str]


def request_filters(plugin: Any) -> list[RequestFilter]:
    """Filters of all kinds that the plugin has an extractor for."""
    filters: list[RequestFilter] = []
    for kind, name in EXTRACTORS.items():
        extractor = getattr(plugin, name, None)
        if extractor is not None:
            filters.extend(RequestFilter(kind, **found) for found in conditions(extractor, kind))
    return filters


def conditions(extractor: Any, kind: RequestKind, known_fields: FrozenSet[str] = FIELDS) -> list[Conditions]:
    """Conditions of which one holds for every request that the extractor finds facts in.

    They are on the fields that are known; one without any stands for every request.
    """

    def extract(probe: Probe) -> Any:
        return settled(probe, extractor.extract(*request_of(kind, probe)))

    try:
        with stand_ins_around(extractor.extract):
            runs = explore(extract)
    except Untraceable:
        return [{}]
    return _without_narrower([found for run in runs for found in _of_run(run, known_fields)])


def settled(probe: Probe, answer: Any) -> Any:
    """What a Deferred holds, or the answer itself."""
    if not hasattr(answer, "addBoth"):
        return answer
    outcomes: list[Any] = []
    answer.addBoth(outcomes.append)
    if not outcomes or hasattr(outcomes[0], "getTraceback"):
        raise probe.lose("an answer that is not there at once")
    return outcomes[0]


def _of_run(run: Run, known_fields: FrozenSet[str]) -> list[Conditions]:
    """Conditions for the requests of one run in which there may be facts."""
    common = {subject.field: text for subject, text in run.conditions.items() if subject.field in known_fields}
    if run.outcome:
        return [common]
    return [{**common, **_of_test(test, known_fields)} for test in run.tests]


def _of_test(test: Test, known_fields: FrozenSet[str]) -> Conditions:
    if test.expression is None or test.subject.field not in known_fields:
        return {}
    return {test.subject.field: test.expression}


def _without_narrower(found: list[Conditions]) -> list[Conditions]:
    """Leaves out conditions that only hold where another's hold too."""
    kept: list[Conditions] = []
    for one in sorted(found, key=len):
        if not any(other.items() <= one.items() for other in kept):
            kept.append(one)
    return kept
