"""Templates out of folders, the administrator's first."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from provd_plugin import CannotWork, Templates


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    overrides, own = tmp_path / "overrides", tmp_path / "own"
    own.mkdir()
    (own / "base.cfg").write_text("own {{ name }}\n{% if name %}\nyes\n{% endif %}\n")
    (own / "child.cfg").write_text("{% include 'base.cfg' %}")
    return overrides, own


def test_the_first_folder_that_has_it_wins(folders: tuple[Path, Path]) -> None:
    overrides, _ = folders
    templates = Templates(*folders)
    assert templates.render("child.cfg", name="x") == "own x\nyes\n"
    overrides.mkdir()
    (overrides / "base.cfg").write_text("mine\n")
    assert templates.render("child.cfg", name="x") == "mine\n"


def test_the_first_template_that_is_there_is_rendered(folders: tuple[Path, Path]) -> None:
    templates = Templates(*folders)
    assert templates.render_first(["T9.cfg", "base.cfg"], name="") == "own \n"


def test_what_cannot_be_rendered_is_an_error(folders: tuple[Path, Path]) -> None:
    templates = Templates(*folders)
    with pytest.raises(CannotWork, match=r"no template T9\.cfg or T8\.cfg"):
        templates.render_first(["T9.cfg", "T8.cfg"])
    (folders[1] / "bad.cfg").write_text("\n{{ name")
    with pytest.raises(CannotWork, match=r"bad\.cfg is malformed in line 2"):
        templates.render("bad.cfg")
    with pytest.raises(UndefinedError):
        templates.render("base.cfg")
