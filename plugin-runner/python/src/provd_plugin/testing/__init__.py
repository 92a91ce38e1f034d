"""Testing a plugin: in this process through the very conversions that provd's calls pass, or as the process that provd
starts.

    bench = PluginBench(Acme())
    assert bench.extract_http("/acme.cfg", user_agent="Acme T1 1.0").vendor == "Acme"

Nothing here is needed where a plugin is served, so nothing else imports it.
"""

from __future__ import annotations

from provd_plugin.calls import Refusal
from provd_plugin.testing.bench import PluginBench, bench_environment
from provd_plugin.testing.caller import Caller
from provd_plugin.testing.child import PluginProcess

__all__ = ["Caller", "PluginBench", "PluginProcess", "Refusal", "bench_environment"]
