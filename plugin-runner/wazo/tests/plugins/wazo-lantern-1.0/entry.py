"""A whole family, spread over files that execute each other as families of several versions do."""

from __future__ import annotations

common: dict = {}
execfile_("common.py", common)

MODELS = {"L1": "1.0", "L2": "1.0"}


class LanternPlugin(common["BaseLanternPlugin"]):
    IS_PLUGIN = True

    pg_associator = common["LanternAssociator"](MODELS)
    _COMMON_FILES = [("L1", "model-L1.cfg"), ("L2", "model-L2.cfg")]
