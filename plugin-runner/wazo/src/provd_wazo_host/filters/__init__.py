"""Which requests a plugin wants to be asked about, found out by asking it.

Plugins of wazo-provd are asked about every request of every phone. What they look at is recorded here once, when they
are loaded, and becomes request filters: whatever a plugin finds facts in, its filters match. Where that cannot be told
they match everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, FrozenSet, List, Optional

from provd_plugin import RequestFilter
from provd_wazo_host.filters.association import accepted_vendors
from provd_wazo_host.filters.extraction import request_filters
from provd_wazo_host.filters.sensitivity import sensitive_filenames

__all__ = ["Derived", "derive"]


@dataclass(frozen=True)
class Derived:
    """What was found out. `vendors`: those whose phones the plugin may support, `None` if that cannot be told;
    `sensitive_filenames`: expressions on base names, `None` likewise.
    """

    filters: List[RequestFilter]
    vendors: Optional[FrozenSet[str]]
    sensitive_filenames: Optional[List[str]]


def derive(plugin: Any) -> Derived:
    """Asks a plugin that was just loaded. Nothing else may run its code meanwhile."""
    return Derived(request_filters(plugin), accepted_vendors(plugin), sensitive_filenames(plugin))
