"""What becomes of a plugin's answers and errors, wrong ones above all."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from scripted import Scripted

from provd_plugin import (
    Association,
    CannotWork,
    CommonConfiguration,
    Configuration,
    Description,
    DeviceInfo,
    DhcpHint,
    DhcpOption,
    DhcpSubOption,
    Extraction,
    ExtractionCondition,
    ExtractionRule,
    ExtractionRules,
    Feature,
    Forbidden,
    Generated,
    GeneratedFile,
    HttpCall,
    Inline,
    InvalidInput,
    Memory,
    NotFound,
    PluginError,
    RequestFilter,
    RequestKind,
    RequestPart,
    Served,
    SipNotify,
    Support,
    SupportedDevice,
    ToldByPlugin,
    Unavailable,
    Unsupported,
    Warning,
)
from provd_plugin.calls import Calls
from provd_plugin.contract import API_MINOR, message_class
from provd_plugin.testing import PluginBench, Refusal

PHONE = DeviceInfo(mac="00:11:22:33:44:55")
SECRET = "wonder-land"
RAW_CONFIG = {"sip_lines": {"1": {"password": SECRET}}}


def bench(**methods: Any) -> PluginBench:
    return PluginBench(Scripted(**methods), "scripted")


def every_call(asked: PluginBench) -> dict[str, Any]:
    return {
        "describe": asked.describe,
        "extract": lambda: asked.extract_http("/"),
        "associate": lambda: asked.associate(PHONE),
        "configure_common": lambda: asked.configure_common(RAW_CONFIG),
        "configure": lambda: asked.configure(PHONE, RAW_CONFIG),
        "deconfigure": lambda: asked.deconfigure(PHONE),
        "synchronize": lambda: asked.synchronize(PHONE, RAW_CONFIG),
        "serve_file": lambda: asked.serve("/"),
    }


METHODS = list(every_call(bench()))


def test_a_description_arrives_whole() -> None:
    description = Description(
        "scripted",
        "1.0.0",
        "one line",
        features=[Feature("http-methods", True)],
        supported_devices=[SupportedDevice("Acme", "T1")],
        filters=[RequestFilter(RequestKind.DHCP, vendor_class="^Acme")],
        dhcp_hints=[
            DhcpHint(["Acme"], ["Acme "], ["00:08:5d"], [DhcpOption(43, sub_options=[DhcpSubOption(1, boolean=False)])])
        ],
        sensitive_filenames=["x"],
        served_folders=["served"],
        firmware_folder="Acme",
        extraction=ExtractionRules(
            (ExtractionRule(RequestKind.HTTP, (ExtractionCondition(RequestPart.USER_AGENT, "^Acme"),), PHONE),),
            {"T1b": "T1"},
        ),
    )
    found = bench(describe=description).describe()
    (hint,) = found.dhcp_hints
    assert hint.options[0].sub_options == (DhcpSubOption(1, None, False),)
    assert (found.features, found.filters) == (tuple(description.features), tuple(description.filters))
    assert found.extraction == description.extraction
    assert (found.firmware_folder, found.supported_devices) == ("Acme", tuple(description.supported_devices))
    asked = message_class("DescribeRequest")()
    assert Calls(Scripted(), "scripted").answer("Describe", asked).api_minor == API_MINOR == 2


def test_another_identifier_than_that_of_the_folder_cannot_work() -> None:
    with pytest.raises(Refusal, match=r"`other`.*`scripted`") as refused:
        PluginBench(Scripted(), "other").describe()
    assert refused.value.code == "FAILED_PRECONDITION"


def test_facts_are_told_with_what_may_be_remembered() -> None:
    extraction = Extraction(DeviceInfo(vendor="Acme", model=""), True, ["accept"], [12])
    found = bench(extract=extraction).extract_http("/")
    assert found == DeviceInfo(vendor="Acme")
    asked = message_class("ExtractRequest")()
    asked.request.http.path = "/"
    response = Calls(Scripted(extract=extraction), "scripted").answer("Extract", asked)
    assert not response.info.HasField("model")
    assert (response.memory.allowed, list(response.memory.vary_headers)) == (True, ["accept"])
    assert list(response.memory.vary_dhcp_options) == [12]
    assert bench(extract=None).extract_http("/") is None
    assert bench(extract=Extraction(None)).extract_http("/") is None


def test_support_may_be_remembered() -> None:
    assert bench(associate=Association(Support.PROBABLE, True)).associate(PHONE) == Association(Support.PROBABLE, True)
    assert bench(associate=Support.NONE).associate(PHONE) == Association(Support.NONE)


def test_files_are_bytes_or_text() -> None:
    files = [GeneratedFile("a", "é", "text/plain", True), GeneratedFile("b", b"\xff")]
    expected = (GeneratedFile("a", "é".encode(), "text/plain", True), GeneratedFile("b", b"\xff"))
    warnings = [Warning("no such key", "funckeys.12")]
    asked = bench(configure=Configuration(files, "a", warnings), configure_common=files)
    assert asked.configure(PHONE, {}) == Configuration(expected, "a", tuple(warnings))
    assert asked.configure_common({}) == CommonConfiguration(expected)


@pytest.mark.parametrize(
    "answer",
    [
        SipNotify("check-sync", {"X": "1"}),
        SipNotify(),
        ToldByPlugin(),
        HttpCall("POST", "http://192.0.2.1/", "text/plain", b"x", "admin", SECRET),
    ],
)
def test_each_way_to_tell_a_phone_arrives(answer: Any) -> None:
    assert bench(synchronize=answer).synchronize(PHONE, {}) == answer


@pytest.mark.parametrize(
    "answer",
    [Generated("a", Memory.BY_PATH), Served("a/b", "text/plain"), Inline(b"x", "text/plain", True, Memory.BY_DEVICE)],
)
def test_each_answer_to_a_phone_arrives(answer: Any) -> None:
    assert bench(serve_file=answer).serve("/a") == answer


def test_what_a_plugin_leaves_to_the_sdk_is_decent() -> None:
    asked = bench()
    assert asked.extract_http("/") is None
    assert (asked.configure(PHONE, {}).files, asked.configure_common({}).files) == ((), ())
    asked.deconfigure(PHONE)
    with pytest.raises(Refusal, match="cannot be told") as refused:
        asked.synchronize(PHONE, {})
    assert refused.value.code == "UNIMPLEMENTED"
    with pytest.raises(Refusal) as refused:
        asked.serve("/x")
    assert refused.value.code == "NOT_FOUND"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (InvalidInput, "INVALID_ARGUMENT"),
        (CannotWork, "FAILED_PRECONDITION"),
        (NotFound, "NOT_FOUND"),
        (Forbidden, "PERMISSION_DENIED"),
        (Unsupported, "UNIMPLEMENTED"),
        (Unavailable, "UNAVAILABLE"),
        (PluginError, "INTERNAL"),
    ],
)
def test_errors_travel_as_their_codes(method: str, kind: type[PluginError], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        every_call(bench(**{method: kind("why")}))[method]()
    assert (refused.value.code, refused.value.text) == (code, "why")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("error", [ValueError("odd"), SystemExit("odd"), RecursionError("odd"), MemoryError("odd")])
def test_defects_of_each_method_are_internal_and_logged(
    method: str, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(Refusal) as refused:
        every_call(bench(**{method: error}))[method]()
    assert (refused.value.code, refused.value.text) == ("INTERNAL", f"{type(error).__name__}: odd")
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("method", [name for name in METHODS if name != "deconfigure"])
def test_answers_of_the_wrong_type_are_internal_and_name_the_method(method: str) -> None:
    with pytest.raises(Refusal, match=rf"{method}\(\) is to be .*, not a str") as refused:
        every_call(bench(**{method: SECRET}))[method]()
    assert refused.value.code == "INTERNAL"
    assert SECRET not in refused.value.text


@pytest.mark.parametrize(
    ("method", "answer", "told"),
    [
        ("describe", Description(1, "1"), "describe().id is to be a str, not a int"),
        ("describe", Description("x", "1", filters="abc"), "describe().filters is to be a list or tuple, not a str"),
        ("describe", Description("x", "1", filters=[RequestFilter("http")]), "filters[0].kind is to be a RequestKind"),
        ("describe", Description("x", "1", served_folders=[b"x"]), "describe().served_folders[0] is to be a str"),
        ("describe", Description("x", "1", dhcp_hints=[DhcpHint(options=[DhcpOption(-1)])]), "code is to be from 0"),
        ("describe", Description("x", "1", dhcp_hints=[DhcpHint(options=[DhcpOption(True)])]), "an int, not a bool"),
        ("extract", DeviceInfo(mac=b"x"), "extract().info.mac is to be a str, not a bytes"),
        ("extract", Extraction("Acme"), "extract().info is to be a DeviceInfo or None, not a str"),
        ("extract", Extraction(PHONE, True, "accept"), "extract().vary_headers is to be a list or tuple, not a str"),
        ("extract", Extraction(PHONE, 1), "extract().may_be_remembered is to be a bool, not a int"),
        ("extract", DeviceInfo(model="\ud800"), "extract().info.model holds half a character"),
        ("associate", Association(600), "associate().support is to be a Support, not a int"),
        ("configure", Configuration([GeneratedFile("a", None)]), "files[0].content is to be bytes or a str, not None"),
        ("configure", [("a", "b")], "configure().files[0] is to be a GeneratedFile, not a tuple"),
        ("configure_common", [GeneratedFile("a", 5)], "configure_common().files[0].content is to be bytes or a str"),
        ("synchronize", SipNotify("x", {"a": 5}), "headers['a'] is to be a str, not a int"),
        ("synchronize", SipNotify("x", [("a", "b")]), "synchronize().headers is to be a dict, not a list"),
        ("synchronize", HttpCall("GET", "u", password=5), "synchronize().password is to be a str, not a int"),
        ("serve_file", Generated(None), "serve_file().path is to be a str, not None"),
        ("serve_file", Served("a", memory=2), "serve_file().memory is to be a Memory, not a int"),
    ],
)
def test_parts_of_the_wrong_type_are_told_by_their_place(method: str, answer: Any, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        every_call(bench(**{method: answer}))[method]()
    assert refused.value.code == "INTERNAL"
    assert told in refused.value.text


@pytest.mark.parametrize("kind", [ValueError, InvalidInput])
def test_secrets_of_the_raw_config_stay_out_of_errors_and_log(
    kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def configure(device: Any, raw_config: Any) -> Any:
        raise kind(f"cannot render {raw_config.document}")

    with caplog.at_level(1), pytest.raises(Refusal, match="cannot render") as refused:
        bench(configure=configure).configure(PHONE, RAW_CONFIG)
    assert SECRET not in refused.value.text
    assert SECRET not in caplog.text


def test_a_long_text_is_cut_and_a_strange_one_can_be_sent() -> None:
    with pytest.raises(Refusal) as refused:
        bench(associate=InvalidInput("x" * 100_000 + "\ud800")).associate(PHONE)
    assert len(refused.value.text) == 1000
    with pytest.raises(Refusal) as refused:
        bench(associate=InvalidInput("\ud800")).associate(PHONE)
    refused.value.text.encode()


def test_what_a_later_revision_asks_says_nothing_to_a_plugin_of_this_one() -> None:
    calls = Calls(Scripted(extract=AssertionError(), serve_file=AssertionError()), "scripted")
    assert not calls.answer("Extract", message_class("ExtractRequest")()).HasField("info")
    asked = message_class("ServeFileRequest")()
    asked.device.id = "x"
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            calls.answer("ServeFile", asked)
        assert refused.value.code == "NOT_FOUND"
        # A lease asks for no file either.
        asked.request.dhcp.mac = "00:11:22:33:44:55"


@pytest.mark.parametrize("call", ["Configure", "Deconfigure", "Synchronize", "ServeFile"])
def test_a_call_about_no_device_is_an_invalid_argument(call: str) -> None:
    with pytest.raises(Refusal) as refused:
        Calls(Scripted(), "scripted").answer(call, message_class(f"{call}Request")())
    assert refused.value.code == "INVALID_ARGUMENT"
