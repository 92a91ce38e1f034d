"""The program around the host: what it needs, and what plugins import."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import made
import pytest

from provd_wazo_host import former_python, loader, requirements


def test_the_former_name_is_the_same_modules() -> None:
    for name in ("plugins", "devices.pgasso", "servers.tftp.service", "tzinform"):
        assert importlib.import_module(f"provd.{name}") is importlib.import_module(f"wazo_provd.{name}")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("provd.nothing")


def test_missing_libraries_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert requirements.missing() == []
    monkeypatch.setitem(requirements._LIBRARIES, "no_such.library", ("python3-none", "none"))
    assert requirements.missing() == ["no_such.library"]
    advice = requirements.advice(["no_such.library", "grpc"])
    assert "apt install python3-none python3-grpcio" in advice
    assert "pip install none grpcio" in advice
    assert "\n" not in advice


def test_a_library_that_is_missing_ends_the_program_with_3() -> None:
    code = "import sys; sys.modules['jinja2'] = None; import provd_wazo_host.__main__ as program; program.main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "lacks: jinja2" in done.stderr


def test_a_program_that_is_started_by_hand_says_what_it_is() -> None:
    command = [sys.executable, "-m", "provd_wazo_host"]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "plugin of the phone provisioning server provd" in done.stderr


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def test_what_newer_versions_of_python_lack_is_there() -> None:
    import configparser
    import io

    former_python.restore()
    parser = configparser.RawConfigParser()
    parser.readfp(io.StringIO("[a]\nb = c\n"))  # type: ignore[attr-defined]
    assert parser.get("a", "b") == "c"


def test_folders_without_a_plugin_are_refused(tmp_path: Path) -> None:
    with pytest.raises(loader.NoPlugin, match="no plugin-info"):
        loader.read_info(tmp_path)
    (tmp_path / "plugin-info").write_text("[]")
    with pytest.raises(loader.NoPlugin, match="no version"):
        loader.read_info(tmp_path)
    with pytest.raises(loader.NoPlugin, match=r"no entry\.py"):
        loader.load(tmp_path, "x", {})
    (tmp_path / "entry.py").write_text("IS_PLUGIN = True")
    with pytest.raises(loader.NoPlugin, match="no plugin class"):
        loader.load(tmp_path, "x", {})


def test_the_comparison_finds_what_differs(tmp_path: Path) -> None:
    body = """
    def configure(self, device, raw_config):
        import datetime
        with open(os.path.join(self._tftpboot_dir, 'd1.cfg'), 'w') as file:
            file.write(f"{raw_config['x']} {datetime.datetime.now():%Y-%m-%d}")
    """
    made.folder(tmp_path / "plugins", body)
    for case, expected in {"same": b"1 2026-01-15", "other": b"2 2026-01-15"}.items():
        answer = tmp_path / "answers" / "acme" / "A1" / case
        (answer / "files").mkdir(parents=True)
        (answer / "files" / "d1.cfg").write_bytes(expected)
        (answer / "device.json").write_text('{"id": "d1"}')
        (answer / "raw_config.json").write_text('{"x": 1}')
        (answer / "expected.json").write_text('{"error": null}')
    command = [sys.executable, "-m", "provd_wazo_host.compare", "--json", "--models"]
    command += ["--plugins", str(tmp_path / "plugins"), "--answers", str(tmp_path / "answers")]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["cases"], found["files"], found["identical"], found["models"]) == (2, 2, 1, 1)
    assert found["differences"] == ["A1/other: d1.cfg differs from byte 0 on"]
