"""The plain values against the descriptors of the contract: nothing is missing, nothing is spelled otherwise."""

from __future__ import annotations

import dataclasses
from enum import IntEnum
from typing import Any

import pytest
from scripted import Scripted

from provd_plugin import RawConfig, model
from provd_plugin.calls import Calls
from provd_plugin.contract import PACKAGE, PLUGIN_SERVICE, POOL, message_class, methods

FILES = ("describe", "device", "plugin", "raw_config", "request")
# Plain values of another name, and what their messages have beside: filled by the SDK, or written by hand.
NAMES = {"DescribeResponse": "Description", "ConfigureResponse": "Configuration"}
NAMES.update({"ConfigureCommonResponse": "CommonConfiguration", "GeneratedReference": "Generated"})
NAMES.update({"ServedReference": "Served", "InlineFile": "Inline", "ExtractResponse": "Extraction"})
NAMES.update({"AssociateResponse": "Association"})
BESIDE = {"Description": {"api_minor"}, "Extraction": {"memory"}}


def _messages() -> list[Any]:
    files = [POOL.FindFileByName(f"provd/plugin/v1/{name}.proto") for name in FILES]
    return [message for file in files for message in file.message_types_by_name.values()]


def _enums() -> list[Any]:
    files = [POOL.FindFileByName(f"provd/plugin/v1/{name}.proto") for name in FILES]
    return [enum for file in files for enum in file.enum_types_by_name.values()]


def test_every_call_of_the_contract_is_answered() -> None:
    names = {method.name for method in methods(PLUGIN_SERVICE)}
    assert names == {*Calls(Scripted(), "scripted").names, "Drain"}


def test_every_message_has_its_plain_value() -> None:
    plain = {NAMES.get(message.name, message.name) for message in _messages()}
    # Requests are the arguments of methods; these responses hold one of several values, or nothing.
    unfolded = {"Header", "ExtractMemory", "SynchronizeResponse", "ServeFileResponse"}
    unfolded |= {"DeconfigureResponse", "DrainResponse"}
    unfolded |= {name for name in plain if name.endswith("Request") and not hasattr(model, name)}
    assert {name for name in plain if not hasattr(model, name)} == unfolded


@pytest.mark.parametrize("message", _messages(), ids=lambda message: message.name)
def test_every_field_has_its_attribute(message: Any) -> None:
    plain = getattr(model, NAMES.get(message.name, message.name), None)
    if plain is RawConfig:
        assert all(isinstance(getattr(RawConfig, field.name), object) for field in message.fields)
    elif plain is not None:
        fields = {field.name for field in dataclasses.fields(plain)}
        assert {field.name for field in message.fields} - BESIDE.get(plain.__name__, set()) <= fields


@pytest.mark.parametrize("enum", _enums(), ids=lambda enum: enum.name)
def test_every_value_of_an_enumeration_is_there(enum: Any) -> None:
    plain: type[IntEnum] = getattr(model, enum.name)
    prefix = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in enum.name)[1:]
    stated = {value.name: value.number for value in enum.values if value.number}
    assert stated == {f"{prefix}_{value.name}": value.value for value in plain}


def test_messages_are_found_with_and_without_their_package() -> None:
    assert message_class("DeviceInfo") is message_class(f"{PACKAGE}.DeviceInfo")
    with pytest.raises(KeyError):
        message_class("NoSuchMessage")
