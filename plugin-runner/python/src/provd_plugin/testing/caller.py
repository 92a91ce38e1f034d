"""A plugin behind a socket, called as provd calls it: with a token, and with a deadline on every call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc

from provd_plugin.calls import Refusal
from provd_plugin.contract import HEALTH_SERVICE, MAX_MESSAGE_BYTES, PLUGIN_SERVICE, TOKEN_METADATA, Method, methods
from provd_plugin.testing.asking import Asker

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
    # A plugin that starts is tried again soon.
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 100),
)
_METHODS: dict[str, Method] = {each.name: each for each in methods(PLUGIN_SERVICE) + methods(HEALTH_SERVICE)}
_SERVING = 1


class Caller(Asker):
    """Asks the plugin on a socket. Each call raises `Refusal` where provd would get an error."""

    def __init__(self, socket: Path, token: str, deadline: float = 30.0) -> None:
        """The socket need not be there yet; `deadline` is in seconds, of each call."""
        self.socket = socket
        self.token = token
        self._deadline = deadline
        self.channel = grpc.insecure_channel(f"unix:{socket}", options=_OPTIONS)

    def call(self, name: str, asked: Any) -> Any:
        """The response to a message, over the socket and with the token."""
        return self.call_with(self.token, name, asked)

    def call_with(self, token: str | None, name: str, asked: Any) -> Any:
        """The same with another token, or with none."""
        try:
            return self.start_call(token, name, asked).result()
        except grpc.RpcError as error:
            raise Refusal(error.code().name, error.details() or "") from None

    def start_call(self, token: str | None, name: str, asked: Any) -> Any:
        """Begins a call: a future of gRPC."""
        method = _METHODS[name]
        service = HEALTH_SERVICE if name == "Check" else PLUGIN_SERVICE
        stub = self.channel.unary_unary(
            f"/{service}/{name}",
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        metadata = () if token is None else ((TOKEN_METADATA, token),)
        return stub.future(asked, timeout=self._deadline, metadata=metadata)

    def is_serving(self) -> bool:
        """What the plugin says of its health."""
        return bool(self.call("Check", _METHODS["Check"].request()).status == _SERVING)

    def drain(self) -> None:
        """Lets the plugin finish what runs and take no more."""
        self.call("Drain", _METHODS["Drain"].request())

    def close(self) -> None:
        """Ends the connection."""
        self.channel.close()
