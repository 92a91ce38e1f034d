"""The example of the README: an invented family, asked on a bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from provd_plugin import DeviceInfo, Environment, Generated, Memory, SipNotify, Support
from provd_plugin.testing import PluginBench, Refusal

PHONE = DeviceInfo(mac="00:11:22:33:44:55", vendor="Lumen", model="L2", version="2.1")
RAW_CONFIG = {
    "locale": "fr_FR",
    "sip_proxy_ip": "192.0.2.2",
    "sip_lines": {"1": {"username": "alice", "password": "wonder-land", "display_name": "Zoë"}},
    "funckeys": {"2": {"type": "blf", "value": "101", "label": "Bob"}},
}


def test_the_readme_shows_the_example_to_the_letter() -> None:
    here = Path(__file__).parent
    readme = (here.parent / "README.md").read_text()
    for name in ("plugin.py", "plugin.toml", "templates/phone.cfg"):
        assert (here / "lumen" / name).read_text() in readme, name


def test_a_phone_is_known_by_its_user_agent_and_by_its_file(lumen: PluginBench) -> None:
    assert lumen.extract_http("/Lumen/x.cfg", user_agent="Lumen L2 2.1 001122334455") == PHONE
    assert lumen.extract_tftp("Lumen/001122334455.cfg") == DeviceInfo(vendor="Lumen", mac="00:11:22:33:44:55")
    assert lumen.extract_http("/", user_agent="Mozilla/5.0") is None
    assert lumen.extract_dhcp("00:11:22:33:44:55", "Lumen") is None


def test_support_goes_by_the_models_that_are_named(lumen: PluginBench) -> None:
    assert lumen.associate(PHONE).support is Support.EXACT
    assert lumen.associate(DeviceInfo(vendor="Lumen", model="L2", version="3.0")).support is Support.COMPLETE
    assert lumen.associate(DeviceInfo(vendor="Lumen", model="L9")).support is Support.PROBABLE
    assert lumen.associate(DeviceInfo(vendor="Other", model="L2")).support is Support.IMPROBABLE
    assert lumen.associate(DeviceInfo()).support is Support.UNKNOWN


def test_a_phone_is_configured_with_its_lines_and_keys(lumen: PluginBench) -> None:
    configuration = lumen.configure(PHONE, RAW_CONFIG)
    (file,) = configuration.files
    assert (file.path, file.sensitive) == ("Lumen/001122334455.cfg", True)
    assert configuration.trigger_path == file.path
    assert isinstance(file.content, bytes)
    assert file.content.decode().splitlines() == [
        "locale = fr_FR",
        "account.1.label = Zoë",
        "account.1.user = alice",
        "account.1.password = wonder-land",
        "account.1.server = 192.0.2.2:5060",
        "key.2 = blf 101 Bob",
    ]


def test_a_phone_without_an_address_is_refused_with_what_to_do(lumen: PluginBench) -> None:
    with pytest.raises(Refusal, match="add `mac`") as refused:
        lumen.configure(DeviceInfo(vendor="Lumen"), {})
    assert refused.value.code == "FAILED_PRECONDITION"


def test_files_are_served_by_name_and_phones_told_to_fetch_them(lumen: PluginBench) -> None:
    expected = Generated("Lumen/001122334455.cfg", Memory.BY_DEVICE)
    assert lumen.serve("/Lumen/001122334455.cfg", PHONE) == expected
    assert lumen.serve_tftp("Lumen/001122334455.cfg", PHONE) == expected
    assert lumen.synchronize(PHONE, RAW_CONFIG) == SipNotify("check-sync;reboot=false")


def test_the_administrators_template_comes_first(lumen: PluginBench, environment: Environment) -> None:
    folder = environment.overrides / "templates"
    folder.mkdir(parents=True)
    (folder / "phone.cfg").write_text("mine\n")
    assert lumen.configure(PHONE, {}).files[0].content == b"mine\n"
    (folder / "phone.cfg").write_text("{{ raw_config.")
    with pytest.raises(Refusal, match="malformed in line 1") as refused:
        lumen.configure(PHONE, {})
    assert refused.value.code == "FAILED_PRECONDITION"
