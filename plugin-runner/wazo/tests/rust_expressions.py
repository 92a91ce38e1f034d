"""Expressions of the Rust `regex` crate, as far as request filters use them, evaluated by Python's `re`."""

from __future__ import annotations

import re
from functools import cache
from typing import Mapping

from provd_plugin import HttpRequest, Request


def matches(expression: str, text: str) -> bool:
    """Whether the expression matches somewhere in the text."""
    return _compiled(expression).search(text) is not None


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    spelled = expression.replace(r"(?-u:\b)", r"\b").replace(r"\x{10FFFF}", "\U0010ffff")
    # The end of the text alone, not before a newline at the end.
    spelled = re.sub(r"\\.|\$", lambda found: r"\Z" if found[0] == "$" else found[0], spelled)
    return re.compile(spelled, re.ASCII)


def all_hold(conditions: Mapping[str, str], request: Request) -> bool:
    """Whether a request meets conditions by field, as the server tests them."""
    subjects = _subjects(request)
    return all(matches(expression, subjects[field]) for field, expression in conditions.items())


def _subjects(request: Request) -> dict[str, str]:
    if request.http is not None:
        agent = next((value for name, value in request.http.headers if name == "user-agent"), "")
        return {"path": request.http.path, "query": request.http.query, "user_agent": agent}
    if request.tftp is not None:
        return {"path": request.tftp.filename}
    assert request.dhcp is not None
    return {"vendor_class": request.dhcp.vendor_class or ""}


def http(path: str, user_agent: str | None = None, query: str = "") -> Request:
    """A GET."""
    headers = () if user_agent is None else (("user-agent", user_agent),)
    return Request("192.0.2.9", http=HttpRequest("GET", path, query, headers))
