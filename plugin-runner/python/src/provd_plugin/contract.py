"""The messages of the contract, made from `contract.binpb`: the descriptors of `provd.plugin.v1` and `grpc.health.v1`.

They live in a pool of their own, so that a program may have other copies of the same messages, generated or from a
library. There are no generated modules, so any protobuf from 3.20 on will do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

#: Minor revision of `provd.plugin.v1` that this SDK knows.
API_MINOR = 2
#: The most bytes a message may have, both ways.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
#: Name of the metadata that carries the token.
TOKEN_METADATA = "provd-token"
#: The package of the contract.
PACKAGE = "provd.plugin.v1"
#: Full names of the two services of a plugin process.
PLUGIN_SERVICE = f"{PACKAGE}.Plugin"
HEALTH_SERVICE = "grpc.health.v1.Health"

_DESCRIPTORS = Path(__file__).with_name("contract.binpb")


class Method(NamedTuple):
    """One call of a service: its name, and the classes of the message that asks and of the one that answers."""

    name: str
    request: Any
    response: Any


def _filled_pool() -> Any:
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(_DESCRIPTORS.read_bytes())
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


POOL = _filled_pool()

# How a class is made of a descriptor was named otherwise before protobuf 4.22.
_factory: Any = message_factory
_class_of = getattr(_factory, "GetMessageClass", None) or _factory.MessageFactory(POOL).GetPrototype


def message_class(name: str) -> Any:
    """The class of a message, `DeviceInfo`, or with its package, `grpc.health.v1.HealthCheckRequest`.

    Raises `KeyError` if there is no such message.
    """
    full_name = name if "." in name else f"{PACKAGE}.{name}"
    return _class_of(POOL.FindMessageTypeByName(full_name))


def methods(service: str) -> list[Method]:
    """The calls of a service, in the order of the contract."""
    found = POOL.FindServiceByName(service).methods
    return [Method(each.name, _class_of(each.input_type), _class_of(each.output_type)) for each in found]
