"""The process side of the contract: a plugin on a Unix socket, with health beside it, for one caller only.

The only module that knows gRPC. Several servers may run in one process, one after the other or side by side.
"""

from __future__ import annotations

import hmac
import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from time import monotonic
from typing import Any, Callable, NoReturn
from urllib.parse import quote

import grpc

from provd_plugin.calls import Calls, Refusal
from provd_plugin.contract import HEALTH_SERVICE, MAX_MESSAGE_BYTES, PLUGIN_SERVICE, TOKEN_METADATA, methods
from provd_plugin.environment import Environment
from provd_plugin.gate import Gate
from provd_plugin.plugin import Plugin

_logger = logging.getLogger("provd_plugin")

# provd has 32 calls under way at most; besides these it asks for health, describes and drains.
_WORKERS = 36
# The deadline of Drain in the contract, less what the answer takes.
_DRAIN_SECONDS = 9.5
# What closing takes beside the grace of calls that run.
_CLOSING_SECONDS = 0.5
# The longest path of a socket in the contract.
_LONGEST_SOCKET_PATH = 100

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # The socket is this process's alone.
    ("grpc.so_reuseport", 0),
    # No registry of channels for debuggers.
    ("grpc.enable_channelz", 0),
    # provd pings every 10 s, also while nothing is asked; a server takes that for abuse by default.
    ("grpc.http2.min_ping_interval_without_data_ms", 1000),
    ("grpc.keepalive_permit_without_calls", 1),
)

_SERVING, _NOT_SERVING = 1, 2

_Behaviour = Callable[[Any, grpc.ServicerContext], bytes]


class CannotServe(Exception):
    """The socket cannot be bound."""


class Server:
    """A plugin that answers the provd that gave it this environment, and nobody else."""

    def __init__(self, plugin: Plugin, environment: Environment) -> None:
        self._environment = environment
        self._calls = Calls(plugin, environment.id)
        self._gate = Gate()
        # Held only while looking whether the plugin has been told to finish, and telling it.
        self._telling = threading.Lock()
        self._finishing: Future[None] | None = None
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="call")
        self._server = grpc.server(self._workers, options=_OPTIONS)
        self._server.add_generic_rpc_handlers((_Routes(environment.token, self._behaviours()),))

    def start(self) -> None:
        """Binds the socket and answers from now on. Raises `CannotServe`."""
        socket = str(self._environment.socket)
        if len(os.fsencode(socket)) > _LONGEST_SOCKET_PATH:
            raise CannotServe(f"the path {socket} is too long for a socket: {_LONGEST_SOCKET_PATH} bytes at most")
        try:
            bound = self._server.add_insecure_port(f"unix:{quote(socket)}")
        except RuntimeError:
            bound = 0
        if not bound:
            raise CannotServe(f"cannot bind {socket}: its folder must exist and be writable")
        self._server.start()

    def drain(self, seconds: float) -> bool:
        """Takes no more calls, waits so long for those that run, and lets the plugin finish; whether all ended in time.

        May be called again. Raises `Refusal` if the plugin could not finish.
        """
        end = monotonic() + seconds
        self._gate.close()
        if not self._gate.idle(seconds):
            return False
        with self._telling:
            if self._finishing is None:
                self._finishing = self._workers.submit(self._calls.drain)
        try:
            self._finishing.result(max(0.0, end - monotonic()))
        except FutureTimeout:
            return False
        return True

    def stop(self, grace: float) -> None:
        """Closes the socket, after so many seconds also to calls that still run."""
        self._gate.close()
        self._server.stop(grace).wait(grace + _CLOSING_SECONDS)
        self._workers.shutdown(wait=False)

    def _behaviours(self) -> dict[str, tuple[Any, _Behaviour]]:
        """By the path of each call, the class of its request and what is done."""
        behaviours: dict[str, tuple[Any, _Behaviour]] = {}
        for call in methods(PLUGIN_SERVICE):
            behaviour = self._answer_drain if call.name == "Drain" else self._answering(call.name)
            behaviours[f"/{PLUGIN_SERVICE}/{call.name}"] = (call.request, behaviour)
        for check in methods(HEALTH_SERVICE):
            behaviours[f"/{HEALTH_SERVICE}/{check.name}"] = (check.request, self._answer_health(check.response))
        return behaviours

    def _answering(self, name: str) -> _Behaviour:
        calls, gate = self._calls, self._gate

        def behaviour(asked: Any, context: grpc.ServicerContext) -> bytes:
            if not context.is_active():
                # It was dropped while it waited for a thread; nobody hears the answer.
                return b""
            if not gate.enter():
                _refuse(context, "UNAVAILABLE", "this plugin is draining")
            try:
                return _bytes(name, calls.answer(name, asked))
            except Refusal as refusal:
                _refuse(context, refusal.code, refusal.text)
            finally:
                gate.leave()

        return behaviour

    def _answer_drain(self, asked: Any, context: grpc.ServicerContext) -> bytes:
        try:
            if self.drain(_DRAIN_SECONDS):
                return b""
        except Refusal as refusal:
            _refuse(context, refusal.code, refusal.text)
        _refuse(context, "DEADLINE_EXCEEDED", "calls still run")

    def _answer_health(self, response: Any) -> _Behaviour:
        def behaviour(asked: Any, context: grpc.ServicerContext) -> bytes:
            if asked.service not in ("", PLUGIN_SERVICE):
                _refuse(context, "NOT_FOUND", "there is no such service")
            is_serving = not self._gate.is_closed and self._calls.is_serving()
            status: bytes = response(status=_SERVING if is_serving else _NOT_SERVING).SerializeToString()
            return status

        return behaviour


class _Routes(grpc.GenericRpcHandler):  # type: ignore[type-arg,misc,unused-ignore]
    """Finds what answers a call, and lets nobody in without the token."""

    def __init__(self, token: str, behaviours: dict[str, tuple[Any, _Behaviour]]) -> None:
        self._token = token.encode()
        self._handlers = {
            path: grpc.unary_unary_rpc_method_handler(behaviour, request_deserializer=request.FromString)
            for path, (request, behaviour) in behaviours.items()
        }
        self._refusing = grpc.unary_unary_rpc_method_handler(_refuse_stranger)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        for name, value in handler_call_details.invocation_metadata:
            if name == TOKEN_METADATA and hmac.compare_digest(_as_bytes(value), self._token):
                return self._handlers.get(handler_call_details.method)
        return self._refusing


def _refuse_stranger(asked: bytes, context: grpc.ServicerContext) -> bytes:
    _refuse(context, "UNAUTHENTICATED", "this plugin answers only the provd that started it")


def _refuse(context: grpc.ServicerContext, code: str, text: str) -> NoReturn:
    """Ends a call without an answer, by the name of a gRPC code."""
    context.abort(grpc.StatusCode[code], text)
    raise AssertionError("a call that was aborted goes on")


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _bytes(call: str, response: Any) -> bytes:
    """The response as it is sent. Raises `Refusal` if it is larger than a message may be."""
    size = response.ByteSize()
    if size > MAX_MESSAGE_BYTES:
        raise Refusal(
            "RESOURCE_EXHAUSTED",
            f"the answer of {call} has {size} bytes, and a message at most {MAX_MESSAGE_BYTES}: "
            "serve large files from a folder of the plugin",
        )
    return bytes(response.SerializeToString())
