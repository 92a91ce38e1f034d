"""The life of a plugin process: how it begins, and every way it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import LUMEN

from provd_plugin import DeviceInfo, Support
from provd_plugin.testing import PluginProcess, Refusal

TESTS = Path(__file__).parent
PHONE = DeviceInfo(mac="00:11:22:33:44:55", vendor="Lumen", model="L4", version="2.1")


def process(program: str, **variables: str) -> PluginProcess:
    """A process of the plugin that this text is the end of."""
    beginning = "import sys, threading, provd_plugin as sdk; from scripted import Scripted\n"
    variables["PYTHONPATH"] = os.pathsep.join([os.environ["PYTHONPATH"], str(TESTS)])
    return PluginProcess([sys.executable, "-c", beginning + program], TESTS, "scripted", variables)


def test_started_by_hand_it_says_what_it_is() -> None:
    stripped = {"PYTHONPATH": os.environ["PYTHONPATH"]}
    ended = subprocess.run(
        [sys.executable, LUMEN / "plugin.py"], env=stripped, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 2
    assert "a plugin of the phone provisioning server provd" in ended.stderr
    assert "provd plugin run" in ended.stderr


def test_the_example_does_its_work_as_a_process(running: PluginProcess) -> None:
    assert running.describe().id == "lumen-2.1"
    assert running.associate(PHONE).support is Support.EXACT
    file = running.configure(PHONE, {"locale": "fr_FR"}).files[0]
    assert (file.path, file.content) == ("Lumen/001122334455.cfg", b"locale = fr_FR\n")


def test_it_ends_when_provd_is_gone(running: PluginProcess) -> None:
    running.close_stdin()
    assert running.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(running: PluginProcess, number: signal.Signals) -> None:
    running.process.send_signal(number)
    assert running.wait() == 0
    assert not running.socket.exists()


def test_it_ends_after_it_was_drained(running: PluginProcess) -> None:
    running.drain()
    running.process.terminate()
    assert running.wait() == 0


# Associate waits for a signal of the test.
HOLDING = """
import signal
free = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: free.set())
def associate(info):
    print("asked", flush=True)
    free.wait(50)
    return sdk.Support.EXACT
sdk.serve(Scripted(associate=associate, drain=lambda: print("finished", flush=True)))
"""


def test_a_call_that_runs_is_finished_when_it_is_drained() -> None:
    with process(HOLDING) as plugin, ThreadPoolExecutor(2) as pool:
        running = pool.submit(plugin.associate, DeviceInfo())
        plugin.await_line("asked")
        draining = pool.submit(plugin.drain)
        while plugin.is_serving():
            assert not draining.done()
        plugin.process.send_signal(signal.SIGUSR1)
        assert running.result(30).support is Support.EXACT
        draining.result(30)
        assert "finished" in plugin.log


def test_a_call_that_runs_is_finished_when_it_is_told_to_end() -> None:
    with process(HOLDING) as plugin, ThreadPoolExecutor(1) as pool:
        running = pool.submit(plugin.associate, DeviceInfo())
        plugin.await_line("asked")
        plugin.process.terminate()
        plugin.await_line("provd asks this plugin to end")
        plugin.process.send_signal(signal.SIGUSR1)
        assert running.result(30).support is Support.EXACT
        assert plugin.wait() == 0


def test_a_call_that_never_ends_does_not_hold_up_the_end() -> None:
    with process(HOLDING) as plugin, ThreadPoolExecutor(1) as pool:
        running = pool.submit(plugin.associate, DeviceInfo())
        plugin.await_line("asked")
        plugin.process.terminate()
        # provd would kill it after 5 s.
        assert plugin.process.wait(5) == 0
        with pytest.raises(Refusal):
            running.result(30)


def test_provd_is_gone_while_a_call_runs() -> None:
    with process(HOLDING) as plugin, ThreadPoolExecutor(1) as pool:
        running = pool.submit(plugin.associate, DeviceInfo())
        plugin.await_line("asked")
        plugin.close_stdin()
        assert plugin.wait() == 0
        with pytest.raises(Refusal):
            running.result(30)


# What it prints goes into a pipe that nobody reads any more.
DEAF = """
import os
reading, writing = os.pipe()
os.dup2(writing, 1), os.dup2(writing, 2)
os.close(reading), os.close(writing)
print("held back until the end")
sdk.serve(Scripted())
"""


def test_it_ends_though_nobody_reads_what_it_prints() -> None:
    with process(DEAF) as plugin:
        plugin.close_stdin()
        assert plugin.wait() == 0


def test_the_plugin_finishes_before_the_end() -> None:
    with process(HOLDING) as plugin:
        plugin.process.terminate()
        assert plugin.wait() == 0
        assert "finished" in plugin.log


def test_a_plugin_that_cannot_work_where_it_is_says_so_to_provd() -> None:
    program = "def make(environment): raise sdk.CannotWork('templates are missing')\nsdk.serve(make)"
    with process(program) as plugin:
        with pytest.raises(Refusal, match="templates are missing") as refused:
            plugin.describe()
        assert refused.value.code == "FAILED_PRECONDITION"


def test_a_plugin_that_cannot_begin_ends_with_the_reason() -> None:
    with pytest.raises(RuntimeError, match=r"ended with 1.*ZeroDivisionError"), process("sdk.serve(lambda _: 1 / 0)"):
        pass


def test_a_socket_that_cannot_be_bound_ends_the_process() -> None:
    variables = {"PROVD_PLUGIN_SOCKET": "/nowhere/at/all"}
    with (
        pytest.raises(RuntimeError, match=r"ended with 1.*cannot bind /nowhere/at/all"),
        process("sdk.serve(Scripted())", **variables),
    ):
        pass


def test_the_log_is_json_without_the_token(running: PluginProcess) -> None:
    running.process.terminate()
    running.wait()
    assert '{"level": "info", "message": "serving lumen-2.1", "target": "provd_plugin"}' in running.log
    assert not [line for line in running.log if running.token in line]
