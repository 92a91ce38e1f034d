"""The address of the phonebook a phone searches in, put into its raw config.

Nothing is put there unless both the phonebook's host and the user are known.
"""

from __future__ import annotations

from typing import Any

_PORT = 9498


def add_xivo_phonebook_url(
    raw_config: dict[str, Any], vendor: str, entry_point: str = "input", qs_prefix: str = "", qs_suffix: str = ""
) -> None:
    """Sets `XX_xivo_phonebook_url` to the usual address, whose answers have the vendor's form.

    `qs_prefix` and `qs_suffix` are put into the query before and after the user. All of them may hold the placeholders
    of `add_xivo_phonebook_url_from_format`.
    """
    query = "&".join(part for part in (qs_prefix, "xivo_user_uuid={user_uuid}", qs_suffix) if part)
    path = f"/0.1/directories/{entry_point}/default/{vendor}"
    add_xivo_phonebook_url_from_format(raw_config, "{scheme}://{hostname}:{port}" + path + "?" + query)


def add_xivo_phonebook_url_from_format(raw_config: dict[str, Any], url_format: str) -> None:
    """Sets `XX_xivo_phonebook_url`; placeholders are `scheme`, `hostname`, `port`, `profile` and `user_uuid`."""
    place = phonebook_place(raw_config)
    if place is not None:
        raw_config["XX_xivo_phonebook_url"] = url_format.format(profile="default", **place)


def phonebook_place(raw_config: dict[str, Any]) -> dict[str, Any] | None:
    """`scheme`, `hostname`, `port` and `user_uuid` of a raw config's phonebook; `None` if it has none."""
    hostname = raw_config.get("X_xivo_phonebook_ip")
    user_uuid = raw_config.get("X_xivo_user_uuid")
    if not hostname or not user_uuid:
        return None
    scheme = raw_config.get("X_xivo_phonebook_scheme", "http")
    port = raw_config.get("X_xivo_phonebook_port", _PORT)
    return {"scheme": scheme, "hostname": hostname, "port": port, "user_uuid": user_uuid}
