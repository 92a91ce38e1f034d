"""Addresses as plugins spell them."""

from __future__ import annotations

import pytest

from wazo_provd import util


@pytest.mark.parametrize("text", ["001A2b3c4d5e", "00:1a:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "0:1a:2b:3c:4d:5e"])
def test_every_spelling_of_a_mac_address_is_read(text: str) -> None:
    assert util.norm_mac(text) == "00:1a:2b:3c:4d:5e"
    assert util.format_mac(text, separator="", uppercase=True) == "001A2B3C4D5E"


@pytest.mark.parametrize(
    "text", ["", "001a2b3c4d5", "00:1a:2b:3c:4d", "00:1a-2b:3c:4d:5e", "001a2b3c4d5e\n", "0a1b2c3d4"]
)
def test_what_is_no_mac_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid MAC"):
        util.norm_mac(text)


def test_a_uuid_is_in_lower_case() -> None:
    normed = "550e8400-e29b-41d4-a716-446655440000"
    assert util.norm_uuid(normed.upper()) == normed
    assert not util.is_normed_uuid(normed.upper())
    with pytest.raises(ValueError, match="invalid uuid"):
        util.norm_uuid("550e8400")


def test_an_address_is_four_numbers() -> None:
    assert util.is_normed_ip("192.0.2.1")
    assert not any(util.is_normed_ip(text) for text in ("192.0.2", "192.0.2.256", "192.0.2.x", "192.0.2.-1"))
    assert util.norm_ip("192.0.513") == "192.0.2.1"
