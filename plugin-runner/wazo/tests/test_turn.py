"""Calls, one at a time, and plugins whose calls never end."""

from __future__ import annotations

import threading
from pathlib import Path

import made
import pytest

from provd_plugin import Unavailable
from provd_wazo_host.turn import Turn


def test_who_waits_too_long_is_told_for_what() -> None:
    turn = Turn()
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with turn.taken("Configure", 1):
            taken.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(10)
    with pytest.raises(Unavailable, match="Configure has not ended"), turn.taken("Extract", 0.01):
        pass
    assert turn.seconds_taken()[0] == "Configure"
    done.set()
    thread.join(10)
    assert turn.seconds_taken() == ("", 0.0)
    with turn.taken("Extract", 0.01):
        pass


def test_a_plugin_that_never_comes_back_is_unwell_and_then_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    host = made.host(tmp_path, "", end=ended.append)
    assert host.is_serving()
    for seconds, is_serving, ends in ((9.0, True, []), (11.0, False, []), (61.0, False, [1])):
        monkeypatch.setattr(host._turn, "seconds_taken", lambda seconds=seconds: ("Configure", seconds))
        assert host.is_serving() is is_serving
        assert ended == ends
