"""What plugin modules build on: the plugin base classes, templates, firmware packages and phonebook addresses.

Only gathers names under the module that plugins import them from.
"""

from __future__ import annotations

from wazo_provd.base import Plugin, StandardPlugin
from wazo_provd.firmware import FetchfwPluginHelper
from wazo_provd.phonebook import add_xivo_phonebook_url, add_xivo_phonebook_url_from_format
from wazo_provd.phoned_users import add_wazo_phoned_user_service_url
from wazo_provd.templates import TemplatePluginHelper

__all__ = [
    "FetchfwPluginHelper",
    "Plugin",
    "StandardPlugin",
    "TemplatePluginHelper",
    "add_wazo_phoned_user_service_url",
    "add_xivo_phonebook_url",
    "add_xivo_phonebook_url_from_format",
]
