"""Files that plugins write, and what is left of them."""

from __future__ import annotations

import logging
from pathlib import Path

import made
import pytest

from provd_plugin import CannotWork, Unavailable
from provd_wazo_host import working_copy

_WRITES = """
    def configure_common(self, raw_config):
        self.put('common.cfg', 'for all')
    def configure(self, device, raw_config):
        os.makedirs(os.path.join(self._tftpboot_dir, 'sub/deep'))
        self.put(f"sub/deep/{device['id']}.cfg", raw_config['text'])
        self.put('static.txt', 'written over')
        os.rename(os.path.join(self._tftpboot_dir, 'moved.txt'), os.path.join(self._tftpboot_dir, 'new.txt'))
    def put(self, name, text):
        with open(os.path.join(self._tftpboot_dir, name), 'w') as file:
            file.write(text)
    def is_sensitive_filename(self, name):
        return name.startswith('d')
    def get_remote_state_trigger_filename(self, device):
        return f"{device['id']}.cfg"
"""
_STATIC = {"var/tftpboot/static.txt": "static", "var/tftpboot/moved.txt": "moved", "var/tftpboot/dir/x": "x"}


def _tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_all_that_is_written_is_returned_and_nothing_stays(tmp_path: Path) -> None:
    host = made.host(tmp_path, _WRITES, _STATIC)
    tftpboot = next((tmp_path / "scratch" / "copies").iterdir()) / "plugin" / "var" / "tftpboot"
    before = _tree(tftpboot)
    for text in ("one", "two"):
        configuration = host.configure(made.device(), made.raw_config(text=text))
        files = {file.path: (file.content, file.sensitive) for file in configuration.files}
        assert files == {
            "new.txt": (b"moved", False),
            "static.txt": (b"written over", False),
            "sub/deep/d1.cfg": (text.encode(), True),
        }
        assert configuration.trigger_path == "sub/deep/d1.cfg"
        assert _tree(tftpboot) == before == {"static.txt": "static", "moved.txt": "moved", "dir/x": "x"}
        assert not (tftpboot / "sub").exists()


def test_common_files_and_those_of_devices_are_apart(tmp_path: Path) -> None:
    host = made.host(tmp_path, _WRITES, _STATIC)
    assert [file.path for file in host.configure_common(made.raw_config()).files] == ["common.cfg"]
    written = host.configure(made.device(), made.raw_config(text="x")).files
    assert "common.cfg" not in [file.path for file in written]


def test_a_failure_leaves_nothing_and_tells_no_value(tmp_path: Path) -> None:
    host = made.host(
        tmp_path,
        """
        def configure(self, device, raw_config):
            open(os.path.join(self._tftpboot_dir, 'half.cfg'), 'w').write('half')
            if raw_config['how'] == 'literal':
                raise Exception('MAC address needed')
            if raw_config['how'] == 'config':
                raise RawConfigError('only over HTTP')
            int(raw_config['password'])
        def configure_common(self, raw_config):
            pass
        """,
    )
    told = {}
    for how, parameters in {"value": {"password": "s3cret"}, "literal": {}, "config": {}, "key": {}}.items():
        with pytest.raises(CannotWork) as raised:
            host.configure(made.device(), made.raw_config(how=how, **parameters))
        told[how] = str(raised.value)
    assert told["value"].startswith("ValueError (entry.py line ")
    assert told["literal"].startswith("Exception: MAC address needed (entry.py line ")
    assert told["config"] == "only over HTTP"
    assert told["key"].startswith("KeyError: 'password' (entry.py line ")
    assert host.configure_common(made.raw_config()).files == []


@pytest.mark.parametrize("raised", ["MemoryError()", "OSError(28, 'No space left')"])
def test_what_the_machine_lacks_is_no_fault_of_the_input(tmp_path: Path, raised: str) -> None:
    host = made.host(tmp_path, f"def configure(self, device, raw_config):\n    raise {raised}")
    with pytest.raises(Unavailable):
        host.configure(made.device(), made.raw_config())


def test_common_files_before_a_failure_are_kept_with_a_warning(tmp_path: Path) -> None:
    host = made.host(
        tmp_path,
        """
        def configure_common(self, raw_config):
            if raw_config['how'] == 'late':
                open(os.path.join(self._tftpboot_dir, 'one.cfg'), 'w').write('1')
            TemplatePluginHelper(self._plugin_dir).get_template('two.tpl')
        """,
        {"templates/one.tpl": ""},
    )
    configuration = host.configure_common(made.raw_config(how="late"))
    assert [file.path for file in configuration.files] == ["one.cfg"]
    assert "TemplateNotFound: two.tpl" in configuration.warnings[0].message
    with pytest.raises(CannotWork, match=r"TemplateNotFound: two\.tpl"):
        host.configure_common(made.raw_config(how="early"))


_TEMPLATES = """
    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self._templates = TemplatePluginHelper(plugin_dir)
    def configure(self, device, raw_config):
        template = self._templates.get_dev_template('d1.cfg', device)
        self._templates.dump(template, raw_config, os.path.join(self._tftpboot_dir, 'd1.cfg'), 'ascii', 'replace')
"""


def test_an_administrators_template_takes_effect_at_once(tmp_path: Path) -> None:
    host = made.host(tmp_path, _TEMPLATES, {"templates/base.tpl": "base {{ x }}é\n", "templates/A1.tpl": "A1"})

    def content(**facts: str) -> bytes | str:
        return host.configure(made.device(**facts), made.raw_config(x=1)).files[0].content

    assert (content(), content(model="A1")) == (b"base 1?", b"A1")
    own = tmp_path / "overrides" / "templates"
    own.mkdir(parents=True)
    (own / "base.tpl").write_text("mine")
    assert content() == b"mine"
    (own / "d1.cfg.tpl").write_text("of this file")
    assert content(model="A1") == b"of this file"
    (own / "d1.cfg.tpl").unlink()
    (own / "base.tpl").unlink()
    assert content() == b"base 1?"


def test_every_process_has_a_copy_and_those_of_dead_ones_go(tmp_path: Path) -> None:
    plugin = made.folder(tmp_path, "", _STATIC)
    copies = tmp_path / "scratch" / "copies"
    first, second = (working_copy.WorkingCopy(plugin, tmp_path / "o", tmp_path / "scratch") for _ in range(2))
    assert first.folder != second.folder
    abandoned = copies / "1-abandoned"
    abandoned.mkdir()
    (abandoned / ".lock").touch()
    third = working_copy.WorkingCopy(plugin, tmp_path / "o", tmp_path / "scratch")
    assert not abandoned.exists()
    for copy in (first, second, third):
        assert (copy.folder / "entry.py").is_file()
        copy.remove()
    assert list(copies.iterdir()) == []


def test_the_plugins_folder_is_never_changed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    plugin = made.folder(tmp_path, _WRITES, _STATIC)
    before = _tree(plugin)
    host = made.WazoPlugin(made.environment(tmp_path, plugin))
    host.configure(made.device(), made.raw_config(text="x"))
    host.drain()
    after = {path: text for path, text in _tree(plugin).items() if "__pycache__" not in path}
    assert after == before
    assert not list((tmp_path / "scratch" / "copies").iterdir())
