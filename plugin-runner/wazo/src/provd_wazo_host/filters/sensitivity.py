"""Names of sensitive files, from what `is_sensitive_filename` looks at."""

from __future__ import annotations

from typing import Any

from provd_wazo_host.filters.answers import Untraceable
from provd_wazo_host.filters.forms import Form
from provd_wazo_host.filters.probe import Probe, explore
from provd_wazo_host.filters.subjects import BASE_NAME
from provd_wazo_host.filters.substitution import stand_ins_around
from provd_wazo_host.filters.tracked import Tracked


def sensitive_filenames(plugin: Any) -> list[str] | None:
    """Expressions on base names of which one matches whatever the plugin calls sensitive; `None` if that cannot be
    told.
    """

    def ask(probe: Probe) -> bool:
        return bool(plugin.is_sensitive_filename(Tracked(probe, BASE_NAME, str, Form(is_text=True))))

    try:
        with stand_ins_around(plugin.is_sensitive_filename):
            runs = explore(ask)
    except Untraceable:
        return None
    found = [test.expression for run in runs for test in run.tests]
    if any(run.outcome for run in runs) or None in found:
        return None
    return sorted({text for text in found if text is not None})
