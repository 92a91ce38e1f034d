"""Addresses that switch a user's service (`dnd`) on and off, put into a raw config.

They lie on the phonebook's server; nothing is put there unless it and the user are known.
"""

from __future__ import annotations

from typing import Any

from wazo_provd.phonebook import phonebook_place


def add_wazo_phoned_user_service_url(raw_config: dict[str, Any], vendor: str, service_name: str) -> None:
    """Sets `XX_wazo_phoned_user_service_<service>_enabled_url` and `…_disabled_url`."""
    place = phonebook_place(raw_config)
    if place is None:
        return
    server = "{scheme}://{hostname}:{port}/0.1/".format(**place)
    service = f"{server}{vendor}/users/{place['user_uuid']}/services/{service_name}"
    for state in ("enable", "disable"):
        raw_config[f"XX_wazo_phoned_user_service_{service_name}_{state}d_url"] = f"{service}/{state}"
