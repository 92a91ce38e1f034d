"""The time as plugins read it."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import made
import pytest

from provd_wazo_host.clock import Clock

_WRITES_TIME = """
    def configure(self, device, raw_config):
        import datetime, time
        raw_config['changed'] = True
        told = [time.time(), datetime.datetime.now(), datetime.datetime.utcnow(), time.strftime('%H%M%S')]
        with open(os.path.join(self._tftpboot_dir, 'd1.cfg'), 'w') as file:
            file.write(str(told))
"""


def test_equal_input_gives_equal_bytes_also_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    plugin = made.folder(tmp_path, _WRITES_TIME)

    def content(host: made.WazoPlugin, **facts: str) -> bytes | str:
        now[0] += 60
        return host.configure(made.device(**facts), made.raw_config(x=1)).files[0].content

    host = made.WazoPlugin(made.environment(tmp_path, plugin))
    first = content(host)
    assert content(host) == first
    # Facts that no file is made of.
    assert content(host, configured="true") == first
    assert content(made.WazoPlugin(made.environment(tmp_path, plugin))) == first
    changed = content(host, version="2")
    assert changed != first
    assert content(host, version="2") == changed
    now[0] += 366 * 86400
    next_year = content(host, version="2")
    assert next_year != changed
    changed = next_year
    host.deconfigure(made.device())
    assert content(host, version="2") != changed


def test_plugins_that_read_no_time_leave_nothing(tmp_path: Path) -> None:
    host = made.host(tmp_path, "def configure(self, device, raw_config):\n    pass")
    host.configure(made.device(), made.raw_config())
    assert not (tmp_path / "scratch" / "moments").exists()


def test_a_stopped_clock_tells_one_time_in_every_way() -> None:
    clock = Clock(1_768_478_400.0)
    told, dates = clock.modules["time"], clock.modules["datetime"]
    noon = datetime.datetime(2026, 1, 15, 12, tzinfo=datetime.timezone.utc)
    assert dates.datetime.now(datetime.timezone.utc) == noon
    assert dates.datetime.utcnow() == noon.replace(tzinfo=None)
    assert isinstance(dates.datetime.now(), dates.datetime)
    assert dates.datetime.now() == dates.datetime.today() == noon.astimezone().replace(tzinfo=None)
    assert dates.date.today() == noon.astimezone().date()
    assert told.time() == told.mktime(told.localtime()) == 1_768_478_400
    assert told.strftime("%Y", told.gmtime()) == told.strftime("%Y") == "2026"
    assert told.gmtime(0).tm_year == 1970
    with clock.stopped(0):
        assert told.time() == 1_768_478_400


def test_a_clock_goes_on_when_nothing_is_configured() -> None:
    clock = Clock()
    with clock.stopped(5):
        assert clock.modules["time"].time() == 5
    assert abs(clock.modules["time"].time() - time.time()) < 60
