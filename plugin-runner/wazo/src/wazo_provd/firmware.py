"""Firmware packages, as far as a plugin takes part: where its packages are extracted to, and its download accounts.

The server reads `pkgs/*.db` and installs packages itself; asking this service to do so is refused.
"""

from __future__ import annotations

import os
from typing import Any, NoReturn
from urllib.request import HTTPPasswordMgrWithDefaultRealm


class Downloader:
    """A way to download, named in a package's definition; the server downloads."""

    def __init__(self) -> None:
        self.passwords = HTTPPasswordMgrWithDefaultRealm()

    def add_password(self, realm: str | None, uri: str, user: str | None, passwd: str | None) -> None:
        """Names the account for addresses below `uri`; without user and password there is none."""
        self.passwords.add_password(realm, uri, user or "", passwd or "")


class FetchfwPluginHelper:
    """The `install` service of a plugin."""

    PKG_DIR = "pkgs"
    CACHE_DIR = os.path.join("var", "cache")
    INSTALLED_DIR = os.path.join("var", "installed")
    TFTPBOOT_DIR = os.path.join("var", "tftpboot")

    def __init__(self, plugin_dir: str, downloaders: dict[str, Downloader] | None = None, filter_builder: Any = None):
        #: Folder that packages are extracted to; a plugin may choose one below it.
        self.root_dir = os.path.join(plugin_dir, self.TFTPBOOT_DIR)
        self.downloaders = self.new_downloaders() if downloaders is None else downloaders

    @classmethod
    def new_downloaders(cls, proxies: dict[str, str] | None = None) -> dict[str, Downloader]:
        """The ways to download by name: `default`, and `auth` with accounts."""
        return {"default": Downloader(), "auth": Downloader()}

    def services(self) -> dict[str, Any]:
        """The service under its name, to be assigned to `Plugin.services`."""
        return {"install": self}

    def install(self, pkg_id: str) -> NoReturn:
        """Refused: see the head of this file."""
        raise NotImplementedError("firmware is installed by the server: provd firmware install")

    def uninstall(self, pkg_id: str) -> NoReturn:
        """Refused: see the head of this file."""
        raise NotImplementedError("firmware is removed by the server: provd firmware remove")
