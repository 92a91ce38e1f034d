"""Plugins that fail: each failure is answered as the contract says, and no secret is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from plugins import bench, hosted, phone

from provd_plugin import DeviceInfo, Support
from provd_plugin.testing import PluginBench, Refusal

MAC = "00:11:5b:0a:0b:0c"
PHONE = phone(mac=MAC, ip="192.0.2.7", vendor="Rogue", model="R1", version="1")
SECRET = "s3cret"
RAW_CONFIG: dict[str, Any] = {"admin_password": SECRET, "sip_lines": {"1": {"password": SECRET}}}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda plugin: plugin.configure(PHONE, RAW_CONFIG), "FAILED_PRECONDITION"),
        (lambda plugin: plugin.configure(PHONE, {**RAW_CONFIG, "X_how": "key"}), "FAILED_PRECONDITION"),
        (lambda plugin: plugin.configure_common(RAW_CONFIG), "FAILED_PRECONDITION"),
        (lambda plugin: plugin.synchronize(PHONE, RAW_CONFIG), "FAILED_PRECONDITION"),
        (lambda plugin: plugin.serve("/x", PHONE), "INTERNAL"),
        (lambda plugin: plugin.serve_tftp("x", PHONE), "INTERNAL"),
    ],
)
def test_an_exception_is_told_by_its_type_and_place_without_its_values(
    call: Callable[[PluginBench], Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refused:
        call(bench("wazo-raising", tmp_path))
    assert refused.value.code == code
    assert "entry.py line " in refused.value.text
    assert SECRET not in refused.value.text


def test_the_key_that_a_raw_config_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="KeyError: '7'"):
        bench("wazo-raising", tmp_path).configure(PHONE, {**RAW_CONFIG, "X_how": "key"})


def test_an_exception_where_facts_are_looked_for_is_no_facts(tmp_path: Path) -> None:
    raising = bench("wazo-raising", tmp_path)
    assert raising.extract_http("/x", "Any") is None
    assert raising.extract_tftp("x") is None
    assert raising.extract_dhcp(MAC, "Any") is None
    assert raising.associate(DeviceInfo(vendor="Any")).support is Support.NONE
    raising.deconfigure(PHONE)


def test_files_written_before_an_exception_are_not_kept(tmp_path: Path) -> None:
    rogue = bench("wazo-rogue", tmp_path)
    with pytest.raises(Refusal, match="half of it is done"):
        rogue.configure(PHONE, {"X_rogue": "partial"})
    files = rogue.configure(PHONE, {}).files
    assert [(file.path, file.content) for file in files] == [
        ("00115b0a0b0c.cfg", b"behaves\n"),
        ("more-00115b0a0b0c.cfg", b"all\n"),
    ]
    assert not list((tmp_path / "scratch").rglob("*.cfg"))


def test_an_exception_on_command_leaves_the_plugin_at_work(tmp_path: Path) -> None:
    rogue = bench("wazo-rogue", tmp_path)
    for _ in range(3):
        with pytest.raises(Refusal, match="on command"):
            rogue.configure(PHONE, {"X_rogue": "raise"})
    assert rogue.extract_http("/x", f"Rogue R1 {MAC}") == DeviceInfo(vendor="Rogue", model="R1", version="1", mac=MAC)


def test_a_plugin_that_raises_while_it_is_closed_is_closed(tmp_path: Path) -> None:
    plugin = hosted("wazo-raising", tmp_path)
    with pytest.raises(RuntimeError):
        plugin.drain()
    assert not list((tmp_path / "scratch" / "copies").iterdir())
