"""Whatever an extractor finds facts in, its filters match: shown with extractors and requests made up at random."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, Callable

import pytest
from rust_expressions import all_hold, http

from provd_plugin import DhcpRequest, Request, RequestKind, TftpRequest
from provd_wazo_host.extraction import extract
from provd_wazo_host.filters.extraction import EXTRACTORS, conditions

PROGRAMS = 150
REQUESTS = 60

#: Where extractors get a value from, and whether it is bytes.
SOURCES: dict[RequestKind, list[tuple[str, bool]]] = {
    RequestKind.HTTP: [
        ("request.path", True),
        ("request.getHeader(b'User-Agent') or b''", True),
        ("request.getHeader('User-Agent') or ''", False),
    ],
    RequestKind.TFTP: [("request['packet']['filename']", True)],
    RequestKind.DHCP: [("request['options'].get(60, '')", False)],
}
LETTERS = "aaAbB1/-. "
ODD = "\n\0%éÿK_?"
#: Single items of expressions.
SETS = ["[ab]", "[^a]", "[^/-]", "[A-Z1]", r"[^\s]", r"[\W1]", r"[^\x00-\x7f]"]
CLASSES = [".", r"\.", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"\b", r"\n"]
ATOMS = [*"aabB1/- é\0", *SETS, *CLASSES, "(?<=a)", "(?<!b)"]
STEPS = [
    "v = v[{0}:]",
    "v = v[:{0}]",
    "v = v[:-{0}]",
    "v = v[-{0}:]",
    "v = v[1:{0}]",
    "v = v.lower()",
    "v = v.upper()",
    "v = v.swapcase()",
    "v = v.strip()",
    "v = v.lstrip(L('/'))",
    "v = v.rstrip(L('ab'))",
    "v = v.replace(L('a'), L('b'))",
    "v = v.replace(L('/'), L('-'))",
    "v = v.replace(L('ab'), L(''))",
    "v = os.path.basename(v)",
    "v = basename(v)",
    "v = v.partition(L('/'))[{1}]",
    "v = v.rpartition(L('-'))[{1}]",
    "v = v.split(L('-'))[0]",
    "v = v.split(L('/'))[-1]",
    "v = v.split()[{0}]",
    "v = v.decode('ascii') if isinstance(v, bytes) else v.encode('ascii')",
    "v = v.decode('utf-8', 'replace') if isinstance(v, bytes) else v",
    "v = v.decode('latin-1') if hasattr(v, 'decode') else v.encode()",
    "v = '-'.join(v.split('-')[1:]) if type(v) is str else v",
    "v = v if v else L('a')",
]
TESTS = [
    "P(v).match(v)",
    "P(v).search(v)",
    "P(v).fullmatch(v)",
    "P(v).search(v, 1)",
    "re.match(P(v).pattern, v, P(v).flags)",
    "v == L({2!r})",
    "L({2!r}) != v",
    "v in (L({2!r}), L('a'))",
    "v in SET",
    "v in TABLE",
    "TABLE.get(v)",
    "v in {{'a', 'B', 'ab'}}",
    "v.startswith(L({2!r}))",
    "v.startswith((L({2!r}), L('b')))",
    "v.endswith(L({2!r}))",
    "L({2!r}) in v",
    "L('a') in v.split(L('/'))",
    "v.isdigit()",
    "v.isupper()",
    "not v",
    "v",
]
PROGRAM = """
import os.path
import re
from os.path import basename

SET = {{b'a', 'a', 'ab', b'ab', 'b1', 'A', b''}}
TABLE = {{'a': 1, b'a': 1, 'ab': 2, 'B': 1, '/a': 1, b'/a': 2}}
TEXT = re.compile({pattern!r}, {flags})
BYTES = re.compile({pattern!r}.encode('latin-1'), {flags} & ~re.UNICODE)

def P(value):
    return TEXT if isinstance(value, str) else BYTES

class Extractor:
    def extract(self, request, request_type):
        v = {source}
        L = (lambda text: text.encode('latin-1')) if isinstance(v, bytes) else (lambda text: text)
        {steps}
        L = (lambda text: text.encode('latin-1')) if isinstance(v, bytes) else (lambda text: text)
        return {{'vendor': 'X'}} if {test} else None
"""


class Author:
    """Writes expressions and extractors at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, longest: int = 7) -> str:
        letters = LETTERS if self.random.random() < 0.7 else LETTERS + ODD
        return "".join(self.random.choice(letters) for _ in range(self.random.randrange(longest)))

    def pattern(self, depth: int = 0) -> str:
        items = [self.item(depth) for _ in range(self.random.randrange(1, 4))]
        return ("^" if self.random.random() < 0.3 else "") + "".join(items) + self.random.choice(["", "", "$", r"\Z"])

    def item(self, depth: int) -> str:
        if depth < 2 and self.random.random() < 0.35:
            inside = self.pattern(depth + 1)
            shape = self.random.choice(
                ["({})", "(?:{}|{})", "(?={})", "(?!{})", "(?i:{})", "(?P<n{}>a)", "(a)?(?({})b|c)"]
            )
            if shape.startswith(("(?P", "(a)?")):
                return f"(?:{inside})" + self.random.choice(["", "?", "*"])
            return shape.format(inside, self.pattern(depth + 1)) + self.random.choice(["", "", "?", "{0,2}"])
        atom = self.random.choice(ATOMS)
        if atom == r"\b" or atom.startswith("(?"):
            return atom
        return atom + self.random.choice(["", "", "", "+", "*", "?", "{2}", "{1,3}", "*?", "+?"])

    def program(self, kind: RequestKind) -> str:
        source, _ = self.random.choice(SOURCES[kind])
        steps = self.random.choices(STEPS, k=self.random.randrange(4))
        arguments = (self.random.randrange(1, 4), self.random.randrange(0, 3, 2), self.text(4))
        return PROGRAM.format(
            pattern=self.pattern(),
            flags=self.random.choice([0, 0, 2, 8, 16, 10, 256]),
            source=source,
            steps="\n        ".join(step.format(*arguments) for step in steps) or "pass",
            test=self.random.choice(TESTS).format(*arguments),
        )

    def request(self, kind: RequestKind) -> Request:
        if kind is RequestKind.TFTP:
            return Request("192.0.2.9", tftp=TftpRequest(self.text()))
        if kind is RequestKind.DHCP:
            return Request("192.0.2.9", dhcp=DhcpRequest("00:11:22:33:44:55", self.options()))
        path = "/" + self.text().replace("//", "/").lstrip("/")
        agent = self.text().replace("\n", "").replace("\0", "").strip()
        return http(path, self.random.choice([agent, agent, agent, "", None]))

    def options(self) -> dict[int, bytes]:
        value = self.text().encode("latin-1", "replace") + self.random.choice([b"", b"", b"\0"])
        return {60: value} if self.random.random() < 0.9 else {}


def extractor_of(program: str) -> Any:
    """The extractor of a program; its code belongs to no module, as that of a plugin."""
    names: dict[str, Any] = {}
    exec(compile(program, "extraction.py", "exec"), names)
    return names["Extractor"]()


def misses(
    author: Author, kind: RequestKind, holds: Callable[[dict[str, str], Request], bool]
) -> tuple[list[tuple[str, Request]], bool]:
    """Requests with facts that the filters of one program do not match, and whether its filters say anything."""
    program = author.program(kind)
    extractor = extractor_of(program)
    found = conditions(extractor, kind)
    plugin = SimpleNamespace(**dict.fromkeys(EXTRACTORS.values()))
    setattr(plugin, EXTRACTORS[kind], extractor)
    missed = []
    for _ in range(REQUESTS):
        request = author.request(kind)
        if extract(plugin, request).info and not any(holds(one, request) for one in found):
            missed.append((program, request))
    return missed, {} not in found


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", RequestKind)
def test_filters_match_whatever_facts_are_found_in(kind: RequestKind) -> None:
    derived = 0
    for seed in range(PROGRAMS):
        missed, says_something = misses(Author(seed), kind, all_hold)
        assert not missed, f"seed {seed}: {missed[0][1]}\n{missed[0][0]}"
        derived += says_something
    # Few of these made-up extractors are too odd to be followed.
    assert derived > PROGRAMS / 2
