"""What the tests of the SDK share: the SDK itself, found beside them, and the example plugin as a bench and as a
process.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Iterator

import pytest

SOURCE = Path(__file__).parent.parent / "src"
LUMEN = Path(__file__).parent / "lumen"

sys.path.insert(0, str(SOURCE))
# The processes that tests start find it there.
os.environ["PYTHONPATH"] = str(SOURCE)

from provd_plugin import Environment  # noqa: E402
from provd_plugin.testing import PluginBench, PluginProcess, bench_environment  # noqa: E402


@pytest.fixture(scope="session")
def lumen_module() -> ModuleType:
    """The example plugin as a module."""
    spec = importlib.util.spec_from_file_location("lumen", LUMEN / "plugin.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """What provd would tell the example plugin."""
    return bench_environment("lumen-2.1", LUMEN, tmp_path)


@pytest.fixture
def lumen(lumen_module: ModuleType, environment: Environment) -> PluginBench:
    """The example plugin on a bench."""
    return PluginBench(lumen_module.Lumen(environment))


@pytest.fixture
def running() -> Iterator[PluginProcess]:
    """The example plugin as a process, ready."""
    with PluginProcess([sys.executable, "plugin.py"], LUMEN, "lumen-2.1") as process:
        yield process
