"""Filters, vendors and sensitive names of the sample plugins, and plugins that cannot be followed."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from plugins import NAMES, loaded
from rust_expressions import all_hold, http, matches
from test_filters_soundness import extractor_of

from provd_plugin import RequestFilter, RequestKind
from provd_wazo_host.extraction import extract
from provd_wazo_host.filters import derive
from provd_wazo_host.filters.extraction import EXTRACTORS, FIELDS, conditions

QUERY = FIELDS | {"query"}


def filters_of(name: str, kind: RequestKind) -> list[dict[str, str]]:
    return conditions(getattr(loaded(name), EXTRACTORS[kind]), kind, QUERY)


def test_a_family_is_asked_about_its_own_phones_alone() -> None:
    agent, path = r"^Lantern L[0-9]/[^\x09-\x0D\x1C- ]+ \([0-9a-f]{12}\)$", r"/[0-9A-F]{12}\.cfg$|[^!-~]|[#%?]"
    assert derive(loaded("wazo-lantern-1.0")).filters == [
        RequestFilter(RequestKind.HTTP, user_agent=agent),
        RequestFilter(RequestKind.HTTP, path=path, user_agent="^$"),
        RequestFilter(RequestKind.TFTP, path=r"^(?:Lantern/model-L1\.cfg|Lantern/model-L2\.cfg)$"),
        RequestFilter(RequestKind.DHCP, vendor_class="^Lantern "),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_without_extractors_is_never_asked(name: str) -> None:
    plugin = loaded(name)
    kinds = {kind for kind, attribute in EXTRACTORS.items() if getattr(plugin, attribute) is not None}
    assert {one.kind for one in derive(plugin).filters} == kinds


@pytest.mark.parametrize(
    "request_",
    [
        http("/x/curious.xml"),
        http("/c2/anything"),
        http("/abdx"),
        http("/boot.c2"),
        http("/deep/00115b0a0b0c.cfg"),
        http("/", " CURIOUS-C1x"),
        http("/", "curioUS 4"),
        http("/", "I am REALLY-CURIOUS"),
        http("/", "Curios/x"),
        http("/", "a/b/17"),
        http("/", "x/deep/c2"),
        http("/", None, "serial=7&%63urious=1"),
    ],
)
def test_every_way_to_look_at_a_request_is_followed(request_: Any) -> None:
    found = filters_of("wazo-curious", RequestKind.HTTP)
    assert {} not in found
    assert extract(loaded("wazo-curious"), request_).info is not None
    assert any(all_hold(one, request_) for one in found)
    assert not any(all_hold(one, http("/other.cfg", "Another", "a=b")) for one in found)


def test_who_reads_the_query_is_asked_about_every_request_unless_filters_know_it() -> None:
    extractor = loaded("wazo-curious").http_dev_info_extractor
    assert conditions(extractor, RequestKind.HTTP, FIELDS - {"query"}) == [{}]
    assert {} not in conditions(extractor, RequestKind.HTTP, QUERY)


def test_vendors_are_those_that_an_associator_compares_with() -> None:
    expected = {
        "wazo-lantern-1.0": {"Lantern"},
        "wazo-former-names": {"Former", "Formerly"},
        "wazo-curious": {"Curious", "Curios"},
        "wazo-tftp-only": set(),
        "wazo-raising": None,
    }
    assert {name: derive(loaded(name)).vendors for name in expected} == expected


def associator_of(body: str) -> Any:
    names: dict[str, Any] = {}
    code = "\n".join(f"    {line}" for line in body.split("\n"))
    exec(f"def associate(dev_info):\n    vendor, model = dev_info['vendor'], dev_info.get('model')\n{code}", names)
    return SimpleNamespace(pg_associator=SimpleNamespace(associate=names["associate"]))


@pytest.mark.parametrize(
    "body",
    [
        "return 300",
        "return 500 if model == 'M' else 100",
        "return 500 if vendor.startswith('X') else 0",
        "return 500 if vendor.lower() == 'x' else 0",
        "return 500 if vendor == model else 0",
        "return 0 if vendor != 'X' and model is not None else 600",
    ],
)
def test_vendors_are_not_known_where_more_than_their_names_counts(body: str) -> None:
    from provd_wazo_host.filters.association import accepted_vendors

    assert accepted_vendors(associator_of(body)) is None


def test_sensitive_names_match_what_the_plugin_calls_sensitive() -> None:
    found = derive(loaded("wazo-curious")).sensitive_filenames
    assert found == [r"\.key$", "^secret"]
    assert derive(loaded("wazo-lantern-1.0")).sensitive_filenames == [r"^[0-9A-F]{12}\.cfg$"]
    assert derive(loaded("wazo-tftp-only")).sensitive_filenames == []
    assert derive(loaded("wazo-raising")).sensitive_filenames is None


UNTRACEABLE = [
    "len(path) > 7",
    "path[0] == 47",
    "path in {b'/a': 1}",
    "list(path) == []",
    "str(path) == 'x'",
    "'%s' % path == 'x'",
    "f'{path}' == 'x'",
    "path > b'/a'",
    "path + b'x' == b'/ax'",
    "path.find(b'x') > 2",
    "hash(path) == 7",
    "b'/abc'.startswith(path)",
    "request.getHeader(b'X-Model')",
    "request.getClientIP() == '192.0.2.1'",
    "request.uri == b'/a'",
    "request.method == b'HEAD'",
    "dict(request.args) == {}",
    "swallowed(path)",
    "real(path)",
]


@pytest.mark.parametrize("test", UNTRACEABLE)
def test_what_cannot_be_followed_is_asked_about_every_request(test: str) -> None:
    extractor = extractor_of(f"""
import os.path

def swallowed(path):
    try:
        return int(path) > 0
    except Exception:
        return False

def real(path):
    try:
        return os.path.splitext(path)[1] == b'.cfg'
    except BaseException:
        return False

class Extractor:
    def extract(self, request, request_type):
        path = request.path
        return {{'vendor': 'X'}} if {test} else None
""")
    assert conditions(extractor, RequestKind.HTTP) == [{}]


def test_an_extractor_that_does_not_come_to_an_end_is_asked_about_every_request() -> None:
    extractor = extractor_of("""
class Extractor:
    def extract(self, request, request_type):
        while True:
            pass
""")
    assert conditions(extractor, RequestKind.HTTP) == [{}]


def test_nothing_of_a_probe_is_left_in_the_plugin() -> None:
    plugin = loaded("wazo-curious")
    extractor = plugin.http_dev_info_extractor
    namespace = extractor.extract.__func__.__globals__
    before = dict(namespace), dict(vars(type(extractor))), dict(vars(extractor)), codes(type(extractor))
    derive(plugin)
    assert (dict(namespace), dict(vars(type(extractor))), dict(vars(extractor)), codes(type(extractor))) == before
    assert namespace["re"] is re
    assert "type" not in namespace


def codes(kind: type) -> list[int]:
    return [id(value.__code__) for value in vars(kind).values() if hasattr(value, "__code__")]


def test_values_may_be_logged() -> None:
    extractor = extractor_of("""
import logging

class Extractor:
    def extract(self, request, request_type):
        logging.getLogger('plugin').error('asked for %s by %r', request.path, request)
        return {'vendor': 'X'} if request.path == b'/x' else None
""")
    assert conditions(extractor, RequestKind.HTTP) == [{"path": "^/x$"}]


def test_an_exception_for_some_requests_is_no_facts_for_these() -> None:
    extractor = extractor_of("""
class Extractor:
    MODELS = {'/a.cfg': 'A'}

    def extract(self, request, request_type):
        return {'vendor': 'X', 'model': self.MODELS[request.path.decode('ascii')]}
""")
    found = conditions(extractor, RequestKind.HTTP)
    assert len(found) == 1
    assert matches(found[0]["path"], "/a.cfg")
    assert not matches(found[0]["path"], "/b.cfg")
