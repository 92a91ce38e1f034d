"""What provd tells a process, and what one learns that was started by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from provd_plugin.environment import Environment, NotStartedByProvd

NAMES = ("SOCKET", "ID", "DIR", "SCRATCH", "TOKEN", "API")
COMPLETE = {f"PROVD_PLUGIN_{name}": f"/{name}" for name in NAMES} | {"PROVD_PLUGIN_API": "1"}


def test_a_complete_environment_is_read_and_the_token_not_shown() -> None:
    environment = Environment.read({**COMPLETE, "PROVD_PLUGIN_OVERRIDES": "/mine", "PROVD_LOG": "debug"})
    assert (environment.folder, environment.overrides) == (Path("/DIR"), Path("/mine"))
    assert (environment.socket, environment.log) == (Path("/SOCKET"), "debug")
    assert "/TOKEN" not in repr(environment)


@pytest.mark.parametrize("missing", NAMES)
def test_what_is_missing_is_named_with_what_this_program_is(missing: str) -> None:
    for variables in ({**COMPLETE, f"PROVD_PLUGIN_{missing}": ""}, {**COMPLETE}):
        if variables[f"PROVD_PLUGIN_{missing}"]:
            del variables[f"PROVD_PLUGIN_{missing}"]
        with pytest.raises(NotStartedByProvd, match="a plugin of the phone provisioning server provd") as told:
            Environment.read(variables)
        assert f"PROVD_PLUGIN_{missing} is not set" in str(told.value)


def test_overrides_may_be_left_out_and_are_then_nowhere() -> None:
    overrides = Environment.read(COMPLETE).overrides
    assert not overrides.exists()
    assert not (overrides / "templates").is_dir()


def test_another_major_version_is_refused() -> None:
    with pytest.raises(NotStartedByProvd, match=r"plugin API 1.*'2'"):
        Environment.read({**COMPLETE, "PROVD_PLUGIN_API": "2"})
