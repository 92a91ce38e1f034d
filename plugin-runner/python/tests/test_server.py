"""A plugin on a real socket, in this process."""

from __future__ import annotations

import dataclasses
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest
from scripted import Held, Scripted

from provd_plugin import DeviceInfo, Environment, GeneratedFile, InvalidInput, Plugin, Server, Support
from provd_plugin.contract import MAX_MESSAGE_BYTES, PLUGIN_SERVICE, message_class, methods
from provd_plugin.server import CannotServe
from provd_plugin.testing import Caller, Refusal

PHONE = DeviceInfo(mac="00:11:22:33:44:55")
CALLS = methods(PLUGIN_SERVICE)


@contextmanager
def served(plugin: Plugin, environment: Environment) -> Iterator[Caller]:
    server = Server(plugin, dataclasses.replace(environment, id="scripted"))
    server.start()
    caller = Caller(environment.socket, environment.token)
    try:
        yield caller
    finally:
        caller.close()
        server.stop(0)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
@pytest.mark.parametrize("token", [None, "", "the right toke", "the right token ", "another"])
def test_who_has_not_the_token_is_refused_by_every_call(call: Any, token: str | None, environment: Environment) -> None:
    with served(Scripted(), environment) as caller:
        with pytest.raises(Refusal) as refused:
            caller.call_with(token, call.name, call.request())
        assert refused.value.code == "UNAUTHENTICATED"
        # Not even Drain did anything.
        assert caller.is_serving()


def test_health_needs_the_token_as_well(environment: Environment) -> None:
    with served(Scripted(), environment) as caller:
        with pytest.raises(Refusal) as refused:
            caller.call_with(None, "Check", message_class("grpc.health.v1.HealthCheckRequest")())
        assert refused.value.code == "UNAUTHENTICATED"


def test_health_is_what_the_plugin_says(environment: Environment) -> None:
    health = message_class("grpc.health.v1.HealthCheckRequest")
    with served(Scripted(), environment) as caller:
        assert caller.is_serving()
        assert caller.call("Check", health(service=PLUGIN_SERVICE)).status == 1
        with pytest.raises(Refusal) as refused:
            caller.call("Check", health(service="another"))
        assert refused.value.code == "NOT_FOUND"
    for unwell in (False, ValueError("odd"), "yes"):
        with served(Scripted(is_serving=unwell), environment) as caller:
            assert not caller.is_serving()


def test_answers_and_errors_pass_the_socket(environment: Environment) -> None:
    plugin = Scripted(associate=Support.EXACT, configure=InvalidInput("no line: é"))
    with served(plugin, environment) as caller:
        assert caller.describe().id == "scripted"
        assert caller.associate(PHONE).support is Support.EXACT
        with pytest.raises(Refusal) as refused:
            caller.configure(PHONE, {})
        assert (refused.value.code, refused.value.text) == ("INVALID_ARGUMENT", "no line: é")


def test_32_calls_run_at_once_and_health_is_answered_meanwhile(environment: Environment) -> None:
    held = Held(Support.EXACT)
    with served(Scripted(associate=held), environment) as caller, ThreadPoolExecutor(32) as pool:
        running = [pool.submit(caller.associate, PHONE) for _ in range(32)]
        held.await_calls(32)
        assert caller.is_serving()
        assert caller.describe().id == "scripted"
        held.release()
        assert {each.result(30).support for each in running} == {Support.EXACT}


def test_draining_waits_for_what_runs_and_takes_no_more(environment: Environment) -> None:
    held, finished = Held(Support.EXACT), Held()
    finished.release()
    with served(Scripted(associate=held, drain=finished), environment) as caller, ThreadPoolExecutor(2) as pool:
        running = pool.submit(caller.associate, PHONE)
        held.await_calls(1)
        draining = pool.submit(caller.drain)
        while caller.is_serving():
            assert not draining.done()
        with pytest.raises(Refusal, match="draining") as refused:
            caller.associate(PHONE)
        assert refused.value.code == "UNAVAILABLE"
        assert not finished.asked.acquire(blocking=False)
        held.release()
        draining.result(30)
        assert running.result(30).support is Support.EXACT
        caller.drain()
        # However often it is asked, the plugin finishes once.
        finished.await_calls(1)
        assert not finished.asked.acquire(blocking=False)


def test_a_plugin_that_cannot_finish_says_so(environment: Environment) -> None:
    with served(Scripted(drain=ValueError("odd")), environment) as caller:
        with pytest.raises(Refusal, match="ValueError: odd") as refused:
            caller.drain()
        assert refused.value.code == "INTERNAL"


def test_a_plugin_that_never_finishes_is_not_waited_for(environment: Environment) -> None:
    held = Held()
    server = Server(Scripted(drain=held), environment)
    assert not server.drain(0.05)
    held.release()
    assert server.drain(30)
    server.stop(0)


def test_messages_may_have_8_mib_and_no_more(environment: Environment) -> None:
    def configure(device: Any, raw_config: Any) -> list[GeneratedFile]:
        return [GeneratedFile("a", b"x" * int(raw_config.locale))]

    largest = MAX_MESSAGE_BYTES - 1024
    asked = message_class("ConfigureRequest")()
    asked.device.id = "x"
    with served(Scripted(configure=configure), environment) as caller:
        assert len(caller.configure(PHONE, {"locale": str(largest)}).files[0].content) == largest
        with pytest.raises(Refusal, match="the answer of Configure has") as refused:
            caller.configure(PHONE, {"locale": str(MAX_MESSAGE_BYTES)})
        assert refused.value.code == "RESOURCE_EXHAUSTED"
        asked.raw_config.locale = "1"
        asked.raw_config.timezone = "x" * largest
        assert len(caller.call("Configure", asked).files) == 1
        asked.raw_config.timezone = "x" * MAX_MESSAGE_BYTES
        with pytest.raises(Refusal) as refused:
            caller.call("Configure", asked)
        assert refused.value.code == "RESOURCE_EXHAUSTED"


def test_dropped_calls_leave_the_plugin_well(environment: Environment) -> None:
    held = Held(Support.EXACT)
    with served(Scripted(associate=held), environment) as caller:
        asked = message_class("AssociateRequest")()
        running = [caller.start_call(caller.token, "Associate", asked) for _ in range(32)]
        held.await_calls(32)
        # These wait for a thread, and are dropped before they have one.
        waiting = [caller.start_call(caller.token, "Associate", asked) for _ in range(32)]
        for call in running + waiting:
            call.cancel()
        held.release()
        assert caller.associate(PHONE).support is Support.EXACT


def test_several_servers_live_in_one_process(environment: Environment) -> None:
    other = dataclasses.replace(environment, socket=environment.socket.with_name("other"), token="another token")
    first = served(Scripted(associate=Support.EXACT), environment)
    second = served(Scripted(associate=Support.NONE), other)
    with first as one, second as two:
        assert one.associate(PHONE).support is Support.EXACT
        assert two.associate(PHONE).support is Support.NONE
        with pytest.raises(Refusal):
            one.call_with(two.token, "Describe", message_class("DescribeRequest")())


def test_a_socket_that_a_killed_process_left_is_no_hindrance(environment: Environment) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(environment.socket))
    assert environment.socket.is_socket()
    with served(Scripted(), environment) as caller:
        assert caller.is_serving()


@pytest.mark.parametrize("name", ["a b", "50%", "é", "#?"])
def test_sockets_may_lie_in_strange_folders(name: str, environment: Environment, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    server = Server(Scripted(), dataclasses.replace(environment, socket=tmp_path / name / "s"))
    server.start()
    assert (tmp_path / name / "s").is_socket()
    server.stop(0)


@pytest.mark.parametrize("path", ["no-such-folder/socket", "x" * 101])
def test_a_socket_that_cannot_be_bound_is_an_error(path: str, environment: Environment, tmp_path: Path) -> None:
    server = Server(Scripted(), dataclasses.replace(environment, socket=tmp_path / path))
    with pytest.raises(CannotServe):
        server.start()
    server.stop(0)
