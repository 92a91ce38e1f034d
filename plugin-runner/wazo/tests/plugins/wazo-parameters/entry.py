"""Parameters of a plugin: given when it is made, or set later and kept."""

from __future__ import annotations

import os

from wazo_provd.plugins import FetchfwPluginHelper, StandardPlugin
from wazo_provd.services import JsonConfigPersister, PersistentConfigureServiceDecorator


class Account:
    description = [("username", "Name at the portal"), ("password", "Password at the portal")]

    def __init__(self, downloader, values):
        self._downloader = downloader
        self._values = {name: values.get(name) for name, _ in self.description}
        self._apply()

    def get(self, name):
        return self._values[name]

    def set(self, name, value):
        if name not in self._values:
            raise KeyError(name)
        self._values[name] = value
        self._apply()

    def _apply(self):
        account = (self._values["username"], self._values["password"])
        self._downloader.add_password("portal", "http://portal.example.org/", *account)


class ParametersPlugin(StandardPlugin):
    IS_PLUGIN = True

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.downloaders = FetchfwPluginHelper.new_downloaders(gen_cfg.get("proxies"))
        persister = JsonConfigPersister(os.path.join(self._plugin_dir, "var", "config.json"))
        account = PersistentConfigureServiceDecorator(Account(self.downloaders["auth"], spec_cfg), persister)
        self.services = {"configure": account, **FetchfwPluginHelper(plugin_dir, self.downloaders).services()}
